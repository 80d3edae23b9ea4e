import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../core/errors";
import type { Instance, Running } from "../running";

export interface Visit {
  /** With the port, such as http://127.0.0.1:8000. */
  readonly base: string;
  readonly paths: readonly string[];
  /** Logs in to the admin pages, rightly and wrongly. */
  readonly user?: string;
  readonly password?: string;
}

export interface Visited {
  /** Status 0 when nothing answered; the body is then why. */
  readonly pages: Readonly<Record<string, { readonly status: number; readonly body: string }>>;
  readonly login?: "in" | "out" | "no form";
  readonly wrong?: "in" | "out" | "no form";
}

const SCRIPT = path.join(__dirname, "visit.py");

/** Visits a Python application from inside its own container: that needs no published port, on either target. */
export async function visit(running: Running, instance: Instance, python: string, asked: Visit): Promise<Visited> {
  const command = [python, "-c", fs.readFileSync(SCRIPT, "utf8")];
  const { code, stdout, stderr } = await running.exec(instance, command, { input: JSON.stringify(asked) });
  if (code === 0) return JSON.parse(stdout) as Visited;
  throw new UserError(
    `a visit from inside ${instance.workload} ended with ${code}: ${stderr.trim().split("\n").at(-1)}`,
  );
}
