import { bytes } from "../core/units";
import type { ServerSetting, TimescaleDBArgs } from "./args";
import { RESERVED } from "./memory";
import { ADMIN, FILES, PORT, RUN, type Spec } from "./spec";

const KI = 2 ** 10;
const MI = 2 ** 20;
const GI = 2 ** 30;

/** Sizes as PostgreSQL writes them. */
function size(value: number): string {
  return value % MI === 0 ? `${value / MI}MB` : `${Math.floor(value / KI)}kB`;
}

/** The component's own settings, by what they are about; `settings` of the arguments cannot contain them. */
export function ownSettings(s: Spec): Readonly<Record<string, ServerSetting>> {
  return { ...access(), ...memory(s), ...writeAhead(s), ...logging(), ...timescaledb(s) };
}

function access(): Record<string, ServerSetting> {
  return {
    listen_addresses: "*",
    port: PORT,
    unix_socket_directories: RUN,
    // Only the user that the server runs as; the image has no other.
    unix_socket_permissions: "0700",
    hba_file: `${RUN}/pg_hba.conf`,
    password_encryption: "scram-sha-256",
    // Settings are code: what ALTER SYSTEM wrote would win over them, and nobody would see it.
    allow_alter_system: false,
    // A client whose host is gone must not keep its locks for two hours.
    tcp_keepalives_idle: 60,
    tcp_keepalives_interval: 10,
    tcp_keepalives_count: 6,
    client_connection_check_interval: "10s",
    idle_in_transaction_session_timeout: "10min",
  };
}

function memory({ memory: m }: Spec): Record<string, ServerSetting> {
  return {
    max_connections: m.connections,
    superuser_reserved_connections: RESERVED.superuser,
    reserved_connections: RESERVED.monitoring,
    shared_buffers: size(m.sharedBuffers),
    // Where the node has huge pages but the container may not use them, the server would die of a bus error.
    huge_pages: "off",
    dynamic_shared_memory_type: "posix",
    effective_cache_size: size(m.effectiveCacheSize),
    maintenance_work_mem: size(m.maintenanceWorkMem),
    autovacuum_work_mem: size(m.autovacuumWorkMem),
    autovacuum_max_workers: m.autovacuumWorkers,
    work_mem: size(m.workMem),
    max_worker_processes: m.workerProcesses,
    max_parallel_workers: m.parallelWorkers,
    max_parallel_workers_per_gather: m.parallelWorkersPerGather,
    max_parallel_maintenance_workers: m.parallelWorkersPerGather,
    // A query over a hypertable locks every chunk that it may touch.
    max_locks_per_transaction: 256,
    random_page_cost: 1.1,
    // Compiling a plan over many chunks takes longer than running it.
    jit: false,
  };
}

/** At most an eighth of the volume between two checkpoints, so that a burst cannot fill it. */
function writeAhead({ storage }: Spec): Record<string, ServerSetting> {
  const volume = bytes(storage) ?? GI;
  const most = Math.min(4 * GI, Math.max(128 * MI, Math.floor(volume / 8 / MI) * MI));
  return {
    max_wal_size: size(most),
    min_wal_size: size(Math.max(80 * MI, Math.floor(most / 4 / MI) * MI)),
    checkpoint_timeout: "15min",
    wal_compression: "lz4",
    default_toast_compression: "lz4",
  };
}

/** To the console, in UTC, and never what a client put into a statement's parameters. */
function logging(): Record<string, ServerSetting> {
  return {
    log_destination: "stderr",
    logging_collector: false,
    log_line_prefix: "%m [%p] %q%u@%d ",
    log_timezone: "UTC",
    timezone: "UTC",
    log_lock_waits: true,
    log_min_duration_statement: "5s",
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_temp_files: "64MB",
  };
}

function timescaledb({ memory: m, edition }: Spec): Record<string, ServerSetting> {
  return {
    shared_preload_libraries: "timescaledb",
    "timescaledb.telemetry_level": "off",
    "timescaledb.max_background_workers": m.backgroundWorkers,
    // On an image that could do more, too: what is declared is what works elsewhere.
    "timescaledb.license": edition === "community" ? "timescale" : "apache",
  };
}

/** postgresql.conf. */
export function postgresqlConf(s: Spec, args: TimescaleDBArgs): string {
  const settings = { ...args.settings, ...ownSettings(s) };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${literal(value)}`);
  return `${lines.sort().join("\n")}\n`;
}

function literal(value: ServerSetting): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

/** While roles, passwords and the extension are reconciled: nobody but the start script. */
export const HBA_CLOSED = `local all postgres peer
local all all reject
host all all all reject
`;

/**
 * By the socket only the user of the server; over the network a password for everybody, and the database of the component, but
 * for its own jobs, which make others when a dump is restored.
 */
export function hbaOpen({ database }: Spec): string {
  return `local all postgres peer
local all all reject
host all postgres all reject
host all ${ADMIN} all scram-sha-256
host ${database} all all scram-sha-256
host all all all reject
`;
}

export const CONFIG_FILES = {
  settings: `${FILES}/postgresql.conf`,
  closed: `${FILES}/pg_hba.closed.conf`,
  open: `${FILES}/pg_hba.open.conf`,
} as const;
