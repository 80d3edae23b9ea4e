/** What became of one check. */
export type Outcome =
  | { readonly status: "pass"; readonly detail: string }
  /** `detail` may have several lines: one for each thing that is wrong. */
  | { readonly status: "fail"; readonly detail: string }
  /** `expected`: the stack is declared so that there is nothing to check. Otherwise it counts as a failure of the run. */
  | { readonly status: "not-run"; readonly detail: string; readonly expected: boolean };

export type Status = Outcome["status"];

/** One question that is asked of a running stack. */
export interface Check {
  /** Short name of what is checked, such as `kafka`. */
  readonly family: string;
  /** What holds when it passes, such as "topics are as declared". */
  readonly title: string;
  /**
   * Seconds since the beginning of the run until which a failure is asked again: what is scraped or evaluated every so often
   * takes its time. @default 0
   */
  readonly settle?: number;
  /** Title of a check of the same family without which this one says nothing. */
  readonly after?: string;
  /** Whether no later check of any family says anything without it. @default false */
  readonly gate?: boolean;
  readonly run: () => Promise<Outcome>;
}

export interface Result {
  readonly check: Check;
  readonly outcome: Outcome;
  readonly milliseconds: number;
}

export function pass(detail: string): Outcome {
  return { status: "pass", detail };
}

export function fail(...problems: readonly string[]): Outcome {
  return { status: "fail", detail: problems.join("\n") };
}

/** The stack is declared so that there is nothing to check; `reason` says which part of it. */
export function nothingToCheck(reason: string): Outcome {
  return { status: "not-run", detail: reason, expected: true };
}

/** Fails with all problems, or passes when there are none. */
export function verdict(problems: readonly string[], whenGood: string): Outcome {
  return problems.length === 0 ? pass(whenGood) : fail(...problems);
}

/** "1 topic", "4 topics". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The whole list, or its beginning and how many more there are. */
export function some(items: readonly string[], most = 8): string {
  const shown = items.slice(0, most).join(", ");
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
