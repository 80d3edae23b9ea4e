import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../core/errors";
import { lastLines } from "../core/exec";
import { startOf } from "../core/process";
import type { Layout } from "./settings";

/** A process is its number and its start: numbers are given again, after a reboot soon. */
interface Recorded {
  readonly pid: number;
  readonly started: string;
  /** What it was started with; another one means another version or configuration. */
  readonly fingerprint: string;
}

/** Seconds that a process has to end before it is killed. The API server keeps nothing itself, and waits for its watchers. */
const GRACE = 30;
const GRACES: Readonly<Record<string, number>> = { "kube-apiserver": 5 };

/** Long-running programs of the cluster that outlive this one, found again by a file that records them. */
export class Processes {
  constructor(private readonly layout: Layout) {}

  /** Whether the process that was recorded under this name is alive. */
  running(name: string): boolean {
    const recorded = this.read()[name];
    return recorded !== undefined && startOf(recorded.pid) === recorded.started;
  }

  pid(name: string): number | undefined {
    return this.running(name) ? this.read()[name]?.pid : undefined;
  }

  /**
   * Starts a program, and restarts one that runs with other arguments, another binary or another `config`. Both streams
   * go to `<logs>/<name>.log`; the log of the run before is kept.
   */
  async start(name: string, program: string, args: readonly string[], config = ""): Promise<void> {
    const text = JSON.stringify([fs.realpathSync(program), args, config]);
    const fingerprint = createHash("sha256").update(text).digest("hex");
    if (this.running(name)) {
      if (this.read()[name]?.fingerprint === fingerprint) return;
      await this.stop(name);
    }
    const file = this.log(name);
    if (fs.existsSync(file)) fs.renameSync(file, `${file}.1`);
    const log = fs.openSync(file, "a", 0o600);
    try {
      const child = spawn(program, [...args], { cwd: this.layout.root, detached: true, stdio: ["ignore", log, log] });
      child.on("error", () => undefined); // seen as "not running"
      child.unref();
      const started = child.pid === undefined ? undefined : startOf(child.pid);
      if (child.pid !== undefined && started !== undefined) {
        this.write({ ...this.read(), [name]: { pid: child.pid, started, fingerprint } });
      }
    } finally {
      fs.closeSync(log);
    }
  }

  /** Ends the process and waits for it. */
  async stop(name: string): Promise<void> {
    const pid = this.pid(name);
    if (pid !== undefined) {
      signal(pid, "SIGTERM");
      const killAt = Date.now() + (GRACES[name] ?? GRACE) * 1000;
      let killed = false;
      while (this.running(name)) {
        if (!killed && Date.now() > killAt) {
          signal(pid, "SIGKILL");
          killed = true;
        }
        await sleep(50);
      }
    }
    const { [name]: _, ...rest } = this.read();
    this.write(rest);
  }

  /**
   * Waits until `ready` says so, at most `timeout` seconds.
   * @throws UserError with the end of the process's log when it ends before, or is not ready in time
   */
  async ready(name: string, timeout: number, ready: () => Promise<boolean>): Promise<void> {
    const until = Date.now() + timeout * 1000;
    while (!(await ready())) {
      if (!this.running(name)) throw this.failure(name, "ended as soon as it was started");
      if (Date.now() > until) throw this.failure(name, `was not ready within ${timeout} s`);
      await sleep(200);
    }
  }

  log(name: string): string {
    return path.join(this.layout.logs, `${name}.log`);
  }

  failure(name: string, what: string): UserError {
    const log = this.log(name);
    const text = fs.existsSync(log) ? fs.readFileSync(log, "utf8").trimEnd() : "";
    return new UserError(`${name} ${what}. The end of ${log}:\n${lastLines(text, 20)}`);
  }

  private read(): Record<string, Recorded> {
    try {
      return JSON.parse(fs.readFileSync(this.layout.processes, "utf8")) as Record<string, Recorded>;
    } catch {
      return {};
    }
  }

  private write(processes: Record<string, Recorded>): void {
    if (!fs.existsSync(path.dirname(this.layout.processes))) return;
    fs.writeFileSync(`${this.layout.processes}.new`, `${JSON.stringify(processes, null, 2)}\n`, { mode: 0o600 });
    fs.renameSync(`${this.layout.processes}.new`, this.layout.processes);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}
