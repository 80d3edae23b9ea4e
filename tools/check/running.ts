import type { RunResult } from "../core/exec";

/** One running copy of a workload. */
export interface Instance {
  readonly workload: string;
  /** Ordinal, where the workload has identity. */
  readonly replica: number | undefined;
}

export interface ExecOptions {
  /** Added to the environment of the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input of the command: what must not be seen in a list of processes. @default none */
  readonly input?: string;
  /** Milliseconds. @default 60000 */
  readonly timeout?: number;
}

/** A stack that runs somewhere, as far as both targets are asked the same things about it. */
export interface Running {
  readonly kind: "docker" | "kubernetes";
  /** Where it runs, for people: `Docker engine at unix:///var/run/docker.sock`. */
  readonly where: string;
  /** Runs a program in an instance's own container. Its exit code is part of the result, whatever it is. */
  exec(instance: Instance, command: readonly string[], options?: ExecOptions): Promise<RunResult>;
}
