import type { Problem } from "../../core/problems";
import { bytes, type Size } from "../../core/units";
import type { Resources } from "../../target/workload";
import type { DjangoWorkers } from "./args";

const MIB = 2 ** 20;

/** gunicorn's first process, which serves nobody. */
const MASTER = 48 * MIB;
const PROCESS: Size = "112Mi";
const THREADS = 4;
const TIMEOUT = 60;

/** Seconds of the stop grace that are left for the end itself, when no request is served any more. */
const AFTER_REQUESTS = 5;

export interface Workers {
  readonly processes: number;
  readonly threads: number;
  readonly timeout: number;
  /** Seconds that requests get to end after the stop signal. */
  readonly graceful: number;
}

export interface WorkerLimits {
  readonly resources: Resources;
  /** Bytes of files in memory, which count against the limit. */
  readonly scratch: number;
  /** Seconds. */
  readonly stopGrace: number;
}

/** Processes for the cores, as far as memory holds them; threads for requests that wait. */
export function workersFor(limits: WorkerLimits, wish: DjangoWorkers = {}): Workers {
  const cores = Math.max(1, Math.ceil(limits.resources.cpu)) + 1;
  return {
    processes: wish.processes ?? Math.max(1, Math.min(cores, processesInMemory(limits, wish))),
    threads: wish.threads ?? THREADS,
    timeout: wish.timeout ?? TIMEOUT,
    graceful: Math.max(1, limits.stopGrace - AFTER_REQUESTS),
  };
}

export function checkWorkers(limits: WorkerLimits, wish: DjangoWorkers = {}): Problem[] {
  const { memory } = limits.resources;
  if (bytes(memory) === undefined || bytes(wish.memory ?? PROCESS) === undefined)
    return wish.memory !== undefined && bytes(wish.memory) === undefined
      ? [
          {
            path: "workers.memory",
            value: wish.memory,
            rule: "must be a size with a binary unit",
            fix: 'Write it like "112Mi"',
          },
        ]
      : [];
  const problems: Problem[] = (["processes", "threads", "timeout"] as const).flatMap((key) => {
    const value = wish[key];
    if (value === undefined || (Number.isInteger(value) && value >= 1)) return [];
    return [{ path: `workers.${key}`, value, rule: "must be a whole number of at least 1" }];
  });
  const fit = processesInMemory(limits, wish);
  const wanted = wish.processes ?? 1;
  if (fit < wanted) {
    const least = MASTER + limits.scratch + wanted * (bytes(wish.memory ?? PROCESS) ?? 0);
    problems.push({
      path: "resources.memory",
      value: memory,
      rule: `must be at least ${Math.ceil(least / MIB)}Mi for ${wanted === 1 ? "one process" : `${wanted} processes`} of ${wish.memory ?? PROCESS}, with ${Math.ceil(limits.scratch / MIB)}Mi of files in memory`,
      fix:
        wanted === 1
          ? "Raise it, or set workers.memory to what a process needs"
          : "Raise it, or lower workers.processes",
    });
  }
  if (limits.stopGrace <= AFTER_REQUESTS)
    problems.push({
      path: "stopGrace",
      value: limits.stopGrace,
      rule: `must be more than ${AFTER_REQUESTS} seconds: requests in progress end within what is left of it`,
    });
  return problems;
}

function processesInMemory({ resources, scratch }: WorkerLimits, wish: DjangoWorkers): number {
  const process = bytes(wish.memory ?? PROCESS) ?? Number.POSITIVE_INFINITY;
  return Math.floor(((bytes(resources.memory) ?? 0) - MASTER - scratch) / process);
}
