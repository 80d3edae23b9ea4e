import type { RunResult } from "../core/exec";

/** What has the dumps, and the script that restores them. */
export interface Source {
  readonly schedule: string;
  /** Path of the script, and seconds that it may take. */
  readonly script: string;
  readonly timeout: number;
}

/** Where the dumps are, and what restores them. */
export interface Place {
  readonly where: string;
  /** Where a script that was begun goes on when nobody waits for it any more, and how to see that. */
  readonly goesOn: string;
  /** Runs the restore script beside the dumps. Its exit code is part of the result. */
  script(args: readonly string[]): Promise<RunResult>;
  /** Runs a job of the stack once more, to its end; rejects when it fails. */
  repeat(job: string): Promise<void>;
  /** A command line that talks to a database as the owner of everything, for people. */
  psql(server: string, database: string): string;
}

/** Milliseconds between two looks at what is waited for. */
export const PERIOD = 1000;
