import { type ChildProcess, spawn } from "node:child_process";
import { inRoot } from "../../../tools/core/paths";

export interface Ended {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Looked at after each piece of output, and every quarter of a second; once true, the program and its children are killed. */
  readonly killWhen?: (output: string) => Promise<boolean> | boolean;
}

/**
 * Runs the project's command line as a user would, in a process group of its own, and shows what it prints as it comes. Never
 * rejects: a test looks at the exit code.
 */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return program(process.execPath, [inRoot("tools", "datastack.mjs"), ...args], options);
}

/** Runs any program like that. */
export function program(file: string, args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const begun = Date.now();
  const shown = [file === process.execPath ? "datastack" : file, ...args].filter((arg) => !arg.endsWith(".mjs"));
  say(`$ ${shown.join(" ")}`);
  return new Promise((resolve, reject) => {
    // a group of its own, so that a kill reaches everything that it started
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: environment(options.env),
    });
    groups.add(child);
    let output = "";
    const take = (chunk: string): void => {
      output += chunk;
      say(chunk.replace(/\n$/, ""));
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    const watch = options.killWhen ? watcher(child, options.killWhen, () => output) : undefined;
    child.on("error", reject);
    child.on("close", (code) => {
      groups.delete(child);
      clearInterval(watch);
      const seconds = (Date.now() - begun) / 1000;
      say(`  exit code ${code ?? "none (killed)"}, ${seconds.toFixed(1)} s`);
      resolve({ code, output });
    });
  });
}

/** SIGKILL to a whole process group: nothing in it can clean up. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

function watcher(child: ChildProcess, when: NonNullable<CliOptions["killWhen"]>, output: () => string) {
  let asking = false;
  return setInterval(async () => {
    if (asking) return;
    asking = true;
    try {
      if (await when(output())) killGroup(child);
    } finally {
      asking = false;
    }
  }, 250);
}

const groups = new Set<ChildProcess>();
const killAll = (): void => {
  for (const child of groups) killGroup(child);
};
process.on("exit", killAll);
// the runner ends its workers so; without this what they started would go on
process.once("SIGTERM", () => {
  killAll();
  process.exit(143);
});

/** A line of progress on the console, beside the runner's own. */
export function say(text: string): void {
  process.stderr.write(`${text.replace(/^/gm, "    | ")}\n`);
}

/** Without what the test runner has set for itself. */
function environment(extra: CliOptions["env"] = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, VITEST: __, NODE_ENV: ___, PULUMI_ERROR_OUTPUT_STRING: ____, ...rest } = process.env;
  const env: NodeJS.ProcessEnv = { ...rest, NO_COLOR: "1" };
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}
