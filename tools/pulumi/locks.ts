import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { alive } from "../core/process";

/** What Pulumi writes into a lock of a file backend. */
export interface StateLock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/** Locks of one stack in a local file backend. */
export function stateLocks(backend: string, project: string, stack: string): StateLock[] {
  const dir = path.join(backend, ".pulumi", "locks", "organization", project, stack);
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      try {
        return [JSON.parse(fs.readFileSync(path.join(dir, name), "utf8")) as StateLock];
      } catch {
        // removed by its owner meanwhile, or cut off by a kill while it was written
        return [];
      }
    });
}

/** Whether a process is a Pulumi that runs: process ids are used again. */
export function isPulumi(pid: number): boolean {
  if (!alive(pid)) return false;
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "pulumi";
  } catch {
    // no /proc here, or not ours to read: believe it
    return true;
  }
}

/** Says whether locks are left over by dead processes of this machine; refuses when one of them may be alive. */
export function judgeLocks(
  stack: string,
  locks: readonly StateLock[],
  running: (pid: number) => boolean = isPulumi,
  hostname = os.hostname(),
): "none" | "stale" {
  for (const lock of locks) {
    const since = `since ${lock.timestamp.slice(0, 19).replace("T", " ")} UTC`;
    if (lock.hostname !== hostname) {
      throw new UserError(
        `Stack ${stack} is locked by ${lock.username} on ${lock.hostname} (process ${lock.pid}, ${since}). Wait until that ends; if it ` +
          `is known to be dead, run: npm run toolchain -- pulumi cancel --yes --stack ${stack}`,
      );
    }
    if (running(lock.pid)) {
      throw new UserError(
        `Stack ${stack} is being changed by process ${lock.pid} of ${lock.username} on this machine (${since}). Wait until it ends, ` +
          "or stop it, then run this again.",
      );
    }
  }
  return locks.length > 0 ? "stale" : "none";
}
