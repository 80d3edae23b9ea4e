import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../core/errors";
import { type Check, fail, type Outcome, type Result } from "./outcome";

export interface RunnerOptions {
  /** Called with each result as it comes. */
  readonly onResult?: (result: Result) => void;
  /** Milliseconds between two tries while a check may still settle. @default 2000 */
  readonly pause?: number;
  /** Ask each check once, without time to settle. @default false */
  readonly once?: boolean;
}

/**
 * Runs the checks one after the other, in their order. One that throws has failed; one that comes after what did not pass is
 * not run, and says because of what.
 */
export async function runChecks(checks: readonly Check[], options: RunnerOptions = {}): Promise<Result[]> {
  const results: Result[] = [];
  const start = Date.now();
  for (const check of checks) {
    const begun = Date.now();
    const blocked = blocker(check, results);
    const outcome = blocked ?? (options.once ? await ask(check) : await settled(check, start, options.pause ?? 2000));
    const result = { check, outcome, milliseconds: Date.now() - begun };
    results.push(result);
    options.onResult?.(result);
  }
  return results;
}

/** Whether everything passed, but for what there was nothing to check of. */
export function allGood(results: readonly Result[]): boolean {
  return results.every(
    ({ outcome }) => outcome.status === "pass" || (outcome.status === "not-run" && outcome.expected),
  );
}

function blocker(check: Check, results: readonly Result[]): Outcome | undefined {
  const gate = results.find((r) => r.check.gate && r.outcome.status !== "pass");
  if (gate) return notRun(gate, false);
  if (check.after === undefined) return undefined;
  const before = results.find((r) => r.check.family === check.family && r.check.title === check.after);
  if (!before) throw new Error(`the check "${check.title}" comes before "${check.after}", which it needs`);
  if (before.outcome.status === "pass") return undefined;
  return notRun(before, before.outcome.status === "not-run" && before.outcome.expected);
}

function notRun(because: Result, expected: boolean): Outcome {
  return { status: "not-run", detail: `needs "${because.check.title}"`, expected };
}

async function settled(check: Check, start: number, pause: number): Promise<Outcome> {
  const end = start + (check.settle ?? 0) * 1000;
  for (;;) {
    const outcome = await ask(check);
    if (outcome.status !== "fail" || Date.now() + pause > end) return outcome;
    await sleep(pause);
  }
}

async function ask(check: Check): Promise<Outcome> {
  try {
    return await check.run();
  } catch (error) {
    return fail(messageOf(error));
  }
}
