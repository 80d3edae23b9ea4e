import * as pulumi from "@pulumi/pulumi";

/** One thing that is wrong with an input: where it is, what was given, which rule it breaks and what to do. */
export interface Problem {
  /** Property path, such as `kafka.topics.rawticker.replication` or `datastack:kafkaBrokers`. */
  readonly path: string;
  /** The offending value. Never a secret: leave it out instead. */
  readonly value?: unknown;
  /** The rule, as a sentence without a full stop: "must be at most the number of brokers (1)". */
  readonly rule: string;
  /** What to do about it, as a sentence without a full stop. */
  readonly fix?: string;
}

/**
 * All problems of one run together. A `RunError`, because Pulumi prints the message of a `RunError` as it stands and any
 * other error as an object dump with a stack.
 */
export class ProblemsError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const distinct = [...new Map(problems.map((p) => [formatProblem(p), p])).values()];
    super(formatProblems(distinct));
    this.problems = distinct;
  }
}

export function formatProblem(problem: Problem): string {
  const value = "value" in problem && problem.value !== undefined ? ` = ${render(problem.value)}` : "";
  const fix = problem.fix ? `. ${problem.fix}` : "";
  return `${problem.path}${value}: ${problem.rule}${fix}.`;
}

export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [
    `${count} in the configuration; nothing was changed.`,
    ...problems.map((p) => `  - ${formatProblem(p)}`),
  ].join("\n");
}

/** Throws one `ProblemsError` with everything in `problems`, or returns when there is nothing. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemsError(problems);
}

/** The same problems seen from one level up: `path` becomes `prefix.path`. */
export function under(prefix: string, problems: readonly Problem[]): Problem[] {
  return problems.map((p) => ({ ...p, path: p.path ? `${prefix}.${p.path}` : prefix }));
}

function render(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
}
