import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether a process of this machine is alive. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Runs `work` while holding a lock file that carries our process id; waits for another run that holds it. A lock whose
 * process is gone is taken over, so a killed run blocks nobody.
 *
 * @param waiting told once of each process that is waited for
 */
export async function withLock<T>(file: string, work: () => Promise<T>, waiting?: (pid: number) => void): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let told: number | undefined;
  while (!take(file)) {
    const owner = ownerOf(file);
    if (owner === undefined || !alive(owner)) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (owner !== told) waiting?.(owner);
    told = owner;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/** Links a complete file into place, so that no reader ever sees a lock without an owner. */
function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, `${process.pid}\n`);
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function ownerOf(file: string): number | undefined {
  try {
    const pid = Number.parseInt(fs.readFileSync(file, "utf8"), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
