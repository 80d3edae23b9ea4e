import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withLock } from "../../tools/core/lock";
import { alive, startOf } from "../../tools/core/process";

describe("locks", () => {
  let dir: string;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-lock-"));
  });
  afterEach(() => {
    vi.useRealTimers();
    fs.rmSync(dir, { recursive: true });
  });

  it("let one at a time through a lock, and take over that of a dead process", async () => {
    const file = path.join(dir, "a.lock");
    // process ids end far below this
    fs.writeFileSync(file, "999999999\n");
    expect(alive(999999999)).toBe(false);
    expect(alive(process.pid)).toBe(true);
    let inside = 0;
    let most = 0;
    const work = () =>
      withLock(file, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside--;
      });
    await Promise.all([work(), work()]);
    expect(most).toBe(1);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it("tell once whom a lock waits for, however long that takes", async () => {
    const file = path.join(dir, "a.lock");
    // as earlier versions wrote it, and as it is where there is no /proc
    fs.writeFileSync(file, `${process.ppid}\n`);
    setTimeout(() => fs.rmSync(file), 1200);
    const told: number[] = [];
    await withLock(
      file,
      async () => undefined,
      (pid) => told.push(pid),
    );
    expect(told).toEqual([process.ppid]);
  });

  it("wait for a process that is the one in the lock, and take over that of one before us with our number", async () => {
    const file = path.join(dir, "a.lock");
    const enter = async (content: string): Promise<number[]> => {
      fs.writeFileSync(file, content);
      const told: number[] = [];
      await withLock(
        file,
        async () => expect(fs.readFileSync(file, "utf8")).toBe(`${process.pid} ${startOf(process.pid) ?? ""}\n`),
        (pid) => {
          told.push(pid);
          fs.rmSync(file);
        },
      );
      expect(fs.readdirSync(dir)).toEqual([]);
      return told;
    };
    expect(await enter(`${process.ppid} ${startOf(process.ppid) ?? ""}\n`)).toEqual([process.ppid]);
    for (const stale of [
      `${process.pid}\n`,
      `${process.pid} boot/1\n`,
      "999999999 boot/1\n",
      "",
      "0\n",
      "-1\n",
      "?\n",
    ]) {
      expect(await enter(stale), JSON.stringify(stale)).toEqual([]);
    }
  });

  it.runIf(process.platform === "linux")("know a process by its start: numbers are given again", async () => {
    const file = path.join(dir, "a.lock");
    fs.writeFileSync(file, `${process.ppid} boot/1\n`);
    await withLock(
      file,
      async () => undefined,
      () => expect.unreachable("nobody holds it"),
    );
    const started = startOf(process.ppid);
    expect(started).toMatch(/^[0-9a-f-]{36}\/\d+$/);
    expect(alive(process.ppid, started)).toBe(true);
    expect(alive(process.ppid, `${started}0`)).toBe(false);
    expect(alive(999999999, started)).toBe(false);
    // macOS
    expect(startOf(process.ppid, dir)).toBeUndefined();
    expect(alive(process.ppid, `${started}0`, dir)).toBe(true);
    expect(alive(999999999, started, dir)).toBe(false);
  });

  it.runIf(process.platform === "linux")("count a zombie among the dead", async () => {
    const parent = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
      // from then on its parent is one that reaps nobody
      await vi.waitFor(() => expect(fs.readFileSync(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n"));
      expect(alive(pid)).toBe(true);
      process.kill(pid, "SIGKILL");
      await vi.waitFor(() => expect(fs.readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z "));
      expect(startOf(pid)).toBeUndefined();
      expect(alive(pid)).toBe(false);
    } finally {
      parent.kill();
    }
  });

  it("remove a dead process's lock one at a time, so that none removes what another took after that", async () => {
    const file = path.join(dir, "a.lock");
    const stale = "999999999 boot/1\n";
    fs.writeFileSync(file, stale);
    // another process found it too, and is about to remove it
    fs.writeFileSync(`${file}.stale`, `${process.ppid}\n`);
    let inside = false;
    const told: number[] = [];
    const entered = withLock(
      file,
      async () => {
        inside = true;
      },
      (pid) => {
        told.push(pid);
        fs.rmSync(file);
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(inside).toBe(false);
    expect(fs.readFileSync(file, "utf8")).toBe(stale);
    // it did, and took the lock
    fs.writeFileSync(file, `${process.ppid}\n`);
    fs.rmSync(`${file}.stale`);
    await entered;
    expect(told).toEqual([process.ppid]);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it("take over a lock whose removal was killed", async () => {
    const file = path.join(dir, "a.lock");
    for (const name of [file, `${file}.stale`, `${file}.stale.stale`]) fs.writeFileSync(name, "999999999 boot/1\n");
    await withLock(file, async () => undefined);
    expect(fs.readdirSync(dir)).toEqual([]);
  });
});
