import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { EVERY, MARKS, METRICS, ONCE, type Script } from "../../components/target/docker/scripts";
import { checkTime, timing } from "../../components/target/every";

/** The shells that images have. */
const SHELLS = [["dash"], ["bash"], ["busybox", "sh"]].filter(([program]) => program && has(program));

function has(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** A directory in the place of the container's, and the processes that were started there. */
class Box {
  readonly #directory = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-scripts-"));
  readonly #running: ChildProcess[] = [];

  constructor(readonly shell: readonly string[]) {}

  file(name: string): string {
    return path.join(this.#directory, name);
  }

  read(name: string): string {
    return fs.existsSync(this.file(name)) ? fs.readFileSync(this.file(name), "utf8") : "";
  }

  start(script: Script, ...args: string[]): ChildProcess {
    const [program = "sh", ...first] = this.shell;
    const text = script.file.content.replaceAll(MARKS, this.#directory).replaceAll(METRICS, this.#directory);
    fs.writeFileSync(this.file("script"), text);
    const child = spawn(program, [...first, this.file("script"), ...args], { stdio: "ignore" });
    this.#running.push(child);
    return child;
  }

  every(period: number, command: string, limit = 10): ChildProcess {
    return this.start(EVERY, "sweep", String(period), "0", String(limit), "sh", "-c", command);
  }

  metric(name: string): number {
    const line = new RegExp(`^datastack_schedule_${name}{schedule="sweep"} (\\d+)$`, "m");
    return Number(line.exec(this.read("sweep.prom"))?.[1] ?? -1);
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill("SIGKILL");
    await sleep(50);
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }
}

describe.concurrent.each(SHELLS)("scripts under %s", (...shell) => {
  const inBox = (what: string, test: (box: Box) => Promise<void>) =>
    it.concurrent(what, async () => {
      const box = new Box(shell);
      try {
        await test(box);
      } finally {
        await box.close();
      }
    });

  inBox("marks a job's success and stays for a while", async (box) => {
    const child = box.start(ONCE, "10", "sh", "-c", `test "$1" = "a b"`, "sh", "a b");
    await until(() => fs.existsSync(box.file("mark")));
    expect(child.exitCode).toBeNull();
  });

  inBox("ends with a job's failure, unmarked", async (box) => {
    expect(await ended(box.start(ONCE, "10", "sh", "-c", "exit 7"))).toBe(7);
    expect(fs.existsSync(box.file("mark"))).toBe(false);
  });

  inBox("kills a job and its children when time is up", async (box) => {
    const child = box.start(ONCE, "1", "sh", "-c", `sleep 987 & echo $! > ${box.file("pid")}; wait`);
    expect(await ended(child)).toBe(124);
    expect(fs.existsSync(box.file("mark"))).toBe(false);
    const pid = Number(box.read("pid"));
    await until(() => !alive(pid));
  });

  inBox("ends a job with its container", async (box) => {
    const child = box.start(ONCE, "60", "sh", "-c", `echo $$ > ${box.file("pid")}; exec sleep 987`);
    await until(() => box.read("pid") !== "");
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(143);
    expect(alive(Number(box.read("pid")))).toBe(false);
  });

  inBox("waits for the first slot, then runs in each and reports it", async (box) => {
    const period = 3;
    box.every(period, `date +%s >> ${box.file("runs")}`);
    const begun = Math.floor(Date.now() / 1000 / period);
    await until(() => box.read("runs").split("\n").length > 2, 15_000);
    const slots = box
      .read("runs")
      .split("\n")
      .slice(0, 2)
      .map((run) => Math.floor(Number(run) / period));
    expect(slots[0]).toBeGreaterThan(begun - 1);
    expect((slots[1] ?? 0) - (slots[0] ?? 0)).toBeGreaterThanOrEqual(1);
    await until(() => box.metric("last_success_timestamp_seconds") >= (slots[1] ?? 0) * period);
    expect(box.metric("last_exit_code")).toBe(0);
    expect(box.metric("period_seconds")).toBe(period);
  });

  inBox("makes up once for what passed while it was down, and repeats nothing", async (box) => {
    const slot = current(DAY);
    fs.writeFileSync(box.file(".sweep.slot"), `${DAY}+0 ${slot - 5 * DAY} 42\n`);
    const child = box.every(DAY, `echo x >> ${box.file("runs")}`);
    await until(() => box.metric("last_exit_code") === 0);
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(143);
    box.every(DAY, `echo x >> ${box.file("runs")}`);
    await sleep(1500);
    expect(box.read("runs")).toBe("x\n");
    expect(box.read(".sweep.slot")).toMatch(new RegExp(`^86400\\+0 ${slot} \\d+\n$`));
  });

  inBox("does not run at once because it is to run at other times", async (box) => {
    fs.writeFileSync(box.file(".sweep.slot"), "86400+7200 0 42\n");
    box.every(HOUR, `echo x >> ${box.file("runs")}`);
    await until(() => box.read(".sweep.slot").startsWith("3600+0 "));
    await sleep(500);
    expect(box.read("runs")).toBe("");
    expect(box.read(".sweep.slot")).toMatch(/ 42\n$/);
  });

  inBox("keeps the last success when a run fails or takes too long", async (box) => {
    fs.writeFileSync(box.file(".sweep.slot"), `${HOUR}+0 ${current(HOUR) - HOUR} 42\n`);
    box.every(HOUR, "sleep 987", 1);
    await until(() => box.metric("last_exit_code") === 124);
    expect(box.metric("last_success_timestamp_seconds")).toBe(42);
    expect(box.metric("last_duration_seconds")).toBeGreaterThanOrEqual(1);
  });

  inBox("has no success before the first", async (box) => {
    fs.writeFileSync(box.file(".sweep.slot"), `${HOUR}+0 0 \n`);
    box.every(HOUR, "exit 3");
    await until(() => box.metric("last_exit_code") === 3);
    expect(box.read("sweep.prom")).not.toContain("last_success");
  });
});

describe("times of schedules", () => {
  const runs = (period: number, offset: number, at: string) => {
    const now = Date.parse(at) / 1000;
    return new Date((Math.floor((now - offset) / period) * period + offset + period) * 1000).toISOString();
  };

  it.each([
    [{ minutes: 15 }, "2026-11-21T12:16:00Z", "2026-11-21T12:30:00.000Z"],
    [{ minutes: 120 }, "2026-11-21T12:16:00Z", "2026-11-21T14:00:00.000Z"],
    [{ dailyAt: "02:30" }, "2026-11-21T02:29:59Z", "2026-11-21T02:30:00.000Z"],
    [{ dailyAt: "02:30" }, "2026-11-21T02:30:00Z", "2026-11-22T02:30:00.000Z"],
    // 2026-11-21 is a Saturday.
    [{ weekly: "saturday", at: "23:00" }, "2026-11-21T12:00:00Z", "2026-11-21T23:00:00.000Z"],
    [{ weekly: "sunday", at: "00:00" }, "2026-11-21T12:00:00Z", "2026-11-22T00:00:00.000Z"],
    [{ weekly: "thursday", at: "01:00" }, "2026-11-21T12:00:00Z", "2026-11-26T01:00:00.000Z"],
    [{ weekly: "friday", at: "12:00" }, "2026-11-21T12:00:00Z", "2026-11-27T12:00:00.000Z"],
  ] as const)("%j after %s is %s", (every, now, next) => {
    const { period, offset } = timing(every);
    expect(runs(period, offset, now)).toBe(next);
  });

  it.each([{ minutes: 7 }, { minutes: 90 }, { minutes: 1.5 }, { minutes: -5 }, { minutes: 2880 }])(
    "refuses %j",
    (every) => {
      expect(checkTime("every", every)).toHaveLength(1);
    },
  );

  it("refuses a day that is none", () => {
    const every = { weekly: "funday", at: "01:00" } as unknown as Parameters<typeof checkTime>[1];
    expect(checkTime("every", every).map((p) => p.path)).toEqual(["every.weekly"]);
  });
});

const HOUR = 3600;
const DAY = 24 * HOUR;

function current(period: number): number {
  return Math.floor(Date.now() / 1000 / period) * period;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.on("exit", (code) => resolve(code));
  });
}

async function until(done: () => boolean, milliseconds = 8000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!done()) {
    if (Date.now() > end) throw new Error("not in time");
    await sleep(50);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended.
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
