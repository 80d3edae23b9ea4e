import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { alive, startOf } from "./process";

/** What a lock file names: a process is its number and its start, as numbers are given again. */
interface Owner {
  readonly pid: number;
  /** Missing where there is no /proc, and in the locks of earlier versions. */
  readonly started?: string;
}

/** Locks of this process. One that has our number and is not among them was left by a process before us, as in a new container. */
const held = new Set<string>();

/**
 * Runs `work` while holding a lock file that names our process; waits for another run that holds it. A lock whose
 * process is gone is taken over, so a killed run blocks nobody.
 *
 * @param waiting told once of each process that is waited for
 */
export async function withLock<T>(file: string, work: () => Promise<T>, waiting?: (pid: number) => void): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let told: number | undefined;
  while (!take(file)) {
    const owner = ownerOf(file);
    if (owner === undefined) continue;
    if (isHeld(file, owner)) {
      if (owner.pid !== told) waiting?.(owner.pid);
      told = owner.pid;
    } else if (removeStale(file)) continue;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    release(file);
  }
}

/** Links a complete file into place, so that no reader ever sees a lock without an owner. */
function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? ""}\n`);
  try {
    fs.linkSync(own, file);
    held.add(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function release(file: string): void {
  held.delete(file);
  fs.rmSync(file, { force: true });
}

/**
 * Removes the lock of a process that is gone, and says whether it could. Under a lock of its own, and looking again: of two
 * that found the old one, the second would remove what the first has taken meanwhile.
 */
function removeStale(file: string): boolean {
  const guard = `${file}.stale`;
  if (!take(guard)) {
    // held for a moment only, unless its process was killed in that moment
    if (isStale(guard)) removeStale(guard);
    return false;
  }
  try {
    if (isStale(file)) fs.rmSync(file, { force: true });
    return true;
  } finally {
    release(guard);
  }
}

function isStale(file: string): boolean {
  const owner = ownerOf(file);
  return owner !== undefined && !isHeld(file, owner);
}

function isHeld(file: string, { pid, started }: Owner): boolean {
  if (pid === process.pid) return held.has(file);
  return pid > 0 && alive(pid, started);
}

/** `undefined` when there is no lock; no process has the number of one that cannot be read, such as one that a power cut emptied. */
function ownerOf(file: string): Owner | undefined {
  try {
    const [pid, started] = fs.readFileSync(file, "utf8").trim().split(" ");
    return { pid: Number(pid), ...(started ? { started } : {}) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
