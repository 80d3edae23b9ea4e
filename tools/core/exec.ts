import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text or bytes for standard input. @default nothing */
  readonly input?: string | Uint8Array;
  /** Called with each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string, from: "stdout" | "stderr") => void;
  /** File that receives both streams, appended. */
  readonly log?: string;
  /** Milliseconds after which the process is killed. @default none */
  readonly timeout?: number;
  /** Gives way to everything else that wants the processor: compilers beside a stack or its tests. @default false */
  readonly background?: boolean;
  /** Exit codes that are no error. @default [0] */
  readonly ok?: readonly number[];
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that failed: which one, how, and the end of what it wrote. */
export class CommandError extends Error {
  override name = "CommandError";
  constructor(
    readonly command: string,
    readonly code: number,
    readonly stdout: string,
    readonly stderr: string,
    readonly how: string,
  ) {
    const tail = lastLines(stderr.trim() || stdout.trim(), 25);
    super(`${command.length > 300 ? `${command.slice(0, 300)} …` : command}\n${how}${tail ? `:\n${tail}` : "."}`);
  }
}

/** Runs a program to its end and returns what it wrote; rejects with a `CommandError` when it fails. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      ...(options.cwd ? { cwd: options.cwd } : {}),
      env: environment(options.env),
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    adopt(child);
    if (options.background && child.pid) os.setPriority(child.pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
    const log = options.log ? fs.createWriteStream(options.log, { flags: "a" }) : undefined;
    const output = { stdout: "", stderr: "" };
    const listen = (from: "stdout" | "stderr"): (() => void) => {
      let rest = "";
      child[from]?.setEncoding("utf8").on("data", (chunk: string) => {
        output[from] += chunk;
        log?.write(chunk);
        if (!options.onLine) return;
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) options.onLine(line, from);
      });
      return () => rest && options.onLine?.(rest, from);
    };
    const flush = [listen("stdout"), listen("stderr")];
    let timedOut = false;
    const timer = options.timeout
      ? setTimeout(() => {
          timedOut = true;
          child.kill("SIGKILL");
        }, options.timeout)
      : undefined;
    child.stdin?.on("error", () => undefined).end(options.input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      log?.end();
      reject(error.code === "ENOENT" ? new CommandError(program, 127, "", "", `${program} is not installed`) : error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      for (const f of flush) f();
      log?.end();
      const result = { code: code ?? 128, ...output };
      if (code !== null && (options.ok ?? [0]).includes(code)) return resolve(result);
      const how = timedOut
        ? `did not end within ${(options.timeout ?? 0) / 1000} s`
        : signal
          ? `was stopped by ${signal}`
          : `ended with exit code ${code}`;
      reject(new CommandError([program, ...args].join(" "), result.code, output.stdout, output.stderr, how));
    });
  });
}

/** Standard output of a program, trimmed. */
export async function capture(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return (await run(program, args, options)).stdout.trim();
}

/** Whether a program can be run and ends well; its output is dropped. */
export async function succeeds(program: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  try {
    await run(program, args, options);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program on this terminal and returns its exit code. */
export function interactive(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      ...(options.cwd ? { cwd: options.cwd } : {}),
      env: environment(options.env),
      stdio: "inherit",
    });
    adopt(child);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 128));
  });
}

/** Full path of a program on PATH (or on the given one), if there is one. */
export function which(program: string, searchPath = process.env.PATH ?? ""): string | undefined {
  for (const dir of searchPath.split(path.delimiter)) {
    if (!dir) continue;
    const file = path.join(dir, program);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // not there
    }
  }
  return undefined;
}

export function lastLines(text: string, count: number): string {
  return text.split("\n").slice(-count).join("\n");
}

function environment(extra: RunOptions["env"]): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

const children = new Set<ChildProcess>();
let forwarding = false;

/**
 * A program that we started ends when we are told to end, and we end after it. On Ctrl-C the terminal has told it already;
 * telling it twice would make Pulumi stop at once instead of in order.
 */
function adopt(child: ChildProcess): void {
  children.add(child);
  child.on("close", () => children.delete(child));
  if (forwarding) return;
  forwarding = true;
  const endAfterChildren = (signal: NodeJS.Signals, code: number, tell: boolean): void => {
    process.once(signal, () => {
      const end = (): void => {
        if (children.size === 0) process.exit(code);
      };
      end();
      for (const c of children) {
        c.once("close", () => setImmediate(end));
        if (tell) c.kill(signal);
      }
    });
  };
  endAfterChildren("SIGINT", 130, false);
  endAfterChildren("SIGTERM", 143, true);
}
