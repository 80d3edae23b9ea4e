import type { RunResult } from "../core/exec";

/** Where the dumps are, and what restores them. */
export interface Place {
  readonly where: string;
  /** Runs the restore script beside the dumps. Its exit code is part of the result. */
  script(args: readonly string[]): Promise<RunResult>;
  /** Runs a job of the stack once more, to its end; rejects when it fails. */
  repeat(job: string): Promise<void>;
}

/** Milliseconds between two looks at what is waited for. */
export const PERIOD = 1000;
