import * as fs from "node:fs";

/**
 * Whether a process of this machine is alive and, where its start is known, still the one that was started then. A zombie
 * is not: it works no more, and in a container often nobody reaps it.
 */
export function alive(pid: number, started?: string, proc = "/proc"): boolean {
  const now = startOf(pid, proc);
  if (now !== undefined) return started === undefined || now === started;
  if (statOf(pid, proc)?.state === "Z") return false;
  // no /proc here, or another user's process that it hides: the number alone says it
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a live process was started: this boot and the clock ticks since; `undefined` when there is none, it is a zombie, or there is no /proc. */
export function startOf(pid: number, proc = "/proc"): string | undefined {
  const stat = statOf(pid, proc);
  if (stat === undefined || stat.state === "Z") return undefined;
  try {
    return `${fs.readFileSync(`${proc}/sys/kernel/random/boot_id`, "utf8").trim()}/${stat.startTicks}`;
  } catch {
    return undefined;
  }
}

function statOf(pid: number, proc: string): { state: string; startTicks: string } | undefined {
  try {
    return parseStat(fs.readFileSync(`${proc}/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** State and start time of a line of /proc/<pid>/stat; the program's name in it may hold spaces and brackets. */
export function parseStat(text: string): { state: string; startTicks: string } {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
}
