import { elapsed } from "../core/progress";
import type { Check, Result, Status } from "./outcome";

/** Widths of the columns, known before the first check has run, so that rows can be printed as they come. */
export interface Layout {
  readonly family: number;
  readonly title: number;
  /** Adds colours. */
  readonly colour: boolean;
}

const STATUS_WIDTH = "not-run".length;
const ELAPSED_WIDTH = "1 min 59 s".length;
const COLOUR: Readonly<Record<Status, number>> = { pass: 32, fail: 31, "not-run": 33 };

export function layoutOf(checks: readonly Check[], colour = false): Layout {
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  return { family: widest(checks.map((c) => c.family)), title: widest(checks.map((c) => c.title)), colour };
}

/** One line for a check, and below it one for each further line of its detail. */
export function formatRow({ check, outcome, milliseconds }: Result, layout: Layout): string {
  const status = paint(outcome.status, outcome.status.padEnd(STATUS_WIDTH), layout);
  const time = elapsed(milliseconds).padStart(ELAPSED_WIDTH);
  const head = `  ${status}  ${check.family.padEnd(layout.family)}  ${check.title.padEnd(layout.title)}  ${time}`;
  const lines = outcome.detail.split("\n");
  if (outcome.status !== "fail") return `${head}  ${lines.join(" ")}`.trimEnd();
  const indent = " ".repeat(2 + STATUS_WIDTH + 2);
  return [head, ...lines.map((line) => `${indent}${line}`)].join("\n");
}

/** "17 of 18 passed (1 failed) in 41.2 s". */
export function formatSummary(results: readonly Result[], milliseconds: number): string {
  const of = (status: Status): number => results.filter((r) => r.outcome.status === status).length;
  const rest = [
    ...(of("fail") > 0 ? [`${of("fail")} failed`] : []),
    ...(of("not-run") > 0 ? [`${of("not-run")} not run`] : []),
  ];
  const others = rest.length > 0 ? ` (${rest.join(", ")})` : "";
  return `${of("pass")} of ${results.length} passed${others} in ${elapsed(milliseconds)}`;
}

function paint(status: Status, text: string, layout: Layout): string {
  return layout.colour ? `\x1b[${COLOUR[status]}m${text}\x1b[0m` : text;
}
