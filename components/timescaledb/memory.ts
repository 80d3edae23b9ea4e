import type { Resources } from "../target/workload";

const MI = 2 ** 20;
const KI = 2 ** 10;

/** Below this nothing useful is left beside the server's own processes. */
export const LEAST_MEMORY = 256 * MI;

/** Fewer would not do for the schema's job, an exporter and the server's own reserve beside one client. */
export const LEAST_CONNECTIONS = 10;
export const MOST_CONNECTIONS = 1000;

/** Of `maxConnections`: kept for the superuser, and for roles that watch, so that a full server can still be asked and helped. */
export const RESERVED = { superuser: 3, monitoring: 2 } as const;

/** The server's permanent processes: postmaster, checkpointer, writers, launchers, asynchronous input and output. */
const FIXED = 24 * MI;
/** What one process has of its own before it sorts anything: catalogue caches, and its share of the table of locks. */
const PROCESS = 5 * MI;
/** The least that a sort or a hash table can do with. */
const LEAST_WORK = MI;
/** A hash table may take twice `work_mem` (`hash_mem_multiplier`). */
const WORK_FACTOR = 2;
const AUTOVACUUM_WORKERS = 3;

/** How the memory limit is divided. Sizes in bytes. */
export interface Memory {
  readonly sharedBuffers: number;
  /** Size of /dev/shm, where parallel queries exchange rows. */
  readonly shm: number;
  readonly effectiveCacheSize: number;
  readonly maintenanceWorkMem: number;
  readonly autovacuumWorkMem: number;
  readonly autovacuumWorkers: number;
  readonly workMem: number;
  readonly connections: number;
  readonly parallelWorkers: number;
  readonly parallelWorkersPerGather: number;
  /** Workers of TimescaleDB: a scheduler for each database, and the jobs that run at the same time. */
  readonly backgroundWorkers: number;
  /** All of these together, and TimescaleDB's launcher. */
  readonly workerProcesses: number;
}

/** The division of `limit` bytes; `connections` as given, or the default for that limit. */
export function divideMemory(limit: number, { cpu }: Pick<Resources, "cpu">, connections?: number): Memory {
  const { shares, workers, left } = before(limit, cpu);
  const count = connections ?? defaultConnections(limit, cpu);
  const each = left / (count + workers.parallelWorkers + workers.backgroundWorkers);
  return {
    ...shares,
    ...workers,
    connections: count,
    workMem: clamp(roundDown((each - PROCESS) / WORK_FACTOR, 64 * KI), LEAST_WORK, 64 * MI),
  };
}

/** The most connections for which `work_mem` is still a useful size. */
export function mostConnections(limit: number, { cpu }: Pick<Resources, "cpu">): number {
  const { workers, left } = before(limit, cpu);
  const processes = Math.floor(left / (PROCESS + WORK_FACTOR * LEAST_WORK));
  return Math.min(MOST_CONNECTIONS, processes - workers.parallelWorkers - workers.backgroundWorkers);
}

/** The most that the server may take when all of it is used at once: below the limit for every division that is allowed. */
export function atMost(memory: Memory): number {
  const { connections, parallelWorkers, backgroundWorkers, workMem } = memory;
  return (
    FIXED +
    memory.sharedBuffers +
    memory.shm +
    memory.maintenanceWorkMem +
    memory.autovacuumWorkers * memory.autovacuumWorkMem +
    (connections + parallelWorkers + backgroundWorkers) * (PROCESS + WORK_FACTOR * workMem)
  );
}

function defaultConnections(limit: number, cpu: number): number {
  return Math.min(clamp(Math.floor(limit / (32 * MI)), LEAST_CONNECTIONS, 100), mostConnections(limit, { cpu }));
}

/** What does not depend on the number of connections, and the rest for all that run queries. */
function before(limit: number, cpu: number) {
  const shares = {
    sharedBuffers: clamp(roundDown(limit / 4, MI), MI, 16 * 2 ** 30),
    shm: clamp(roundDown(limit / 16, MI), MI, 2 ** 30),
    // Also the page cache, which the limit counts but gives back.
    effectiveCacheSize: roundDown((limit * 3) / 4, MI),
    maintenanceWorkMem: clamp(roundDown(limit / 16, MI), MI, 2 ** 30),
    autovacuumWorkMem: clamp(roundDown(limit / 64, MI), MI, 256 * MI),
    autovacuumWorkers: AUTOVACUUM_WORKERS,
  };
  // As many as there are cores, but not more than the memory can feed.
  const parallelWorkers = clamp(Math.min(Math.ceil(cpu), Math.floor(limit / (128 * MI))), 2, 16);
  const backgroundWorkers = clamp(Math.min(2 + Math.ceil(cpu), Math.floor(limit / (64 * MI))), 4, 16);
  const workers = {
    parallelWorkers,
    parallelWorkersPerGather: clamp(Math.floor(cpu / 2), 1, 4),
    backgroundWorkers,
    workerProcesses: 1 + backgroundWorkers + parallelWorkers,
  };
  const taken =
    FIXED +
    shares.sharedBuffers +
    shares.shm +
    shares.maintenanceWorkMem +
    AUTOVACUUM_WORKERS * shares.autovacuumWorkMem;
  return { shares, workers, left: limit - taken };
}

function roundDown(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
