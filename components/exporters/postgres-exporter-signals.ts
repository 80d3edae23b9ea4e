import type { Counter, Gauge } from "../monitoring/signal";

const gauge = (title: string, metric: string, unit: Gauge["unit"], across?: Gauge["across"]): Gauge => ({
  type: "gauge",
  title,
  metric,
  unit,
  ...(across ? { across } : {}),
});
const counter = (title: string, metric: string, unit: Counter["unit"] = "per second"): Counter => ({
  type: "counter",
  title,
  metric,
  unit,
});

/** What postgres_exporter says of one server. Labels `datname` of what belongs to a database. */
export const POSTGRES = {
  up: gauge("server answers", "pg_up", "count", "min"),
  startTime: gauge("started", "pg_postmaster_start_time_seconds", "seconds"),
  connections: gauge("connections", "pg_stat_database_numbackends", "count", "sum"),
  /** Releases of the exporter differ in whether settings have a label for the server: never joined by it. */
  maxConnections: gauge("connections at most", "pg_settings_max_connections", "count"),
  reservedConnections: gauge("connections for superusers", "pg_settings_superuser_reserved_connections", "count"),
  activity: gauge("connections by state", "pg_stat_activity_count", "count", "sum"),
  oldestTransaction: gauge("oldest transaction", "pg_long_running_transactions_oldest_timestamp_seconds", "seconds"),
  commits: counter("commits", "pg_stat_database_xact_commit"),
  rollbacks: counter("rollbacks", "pg_stat_database_xact_rollback"),
  deadlocks: counter("deadlocks", "pg_stat_database_deadlocks"),
  blocksHit: counter("blocks found in memory", "pg_stat_database_blks_hit"),
  blocksRead: counter("blocks read", "pg_stat_database_blks_read"),
  rowsInserted: counter("rows inserted", "pg_stat_database_tup_inserted"),
  rowsUpdated: counter("rows updated", "pg_stat_database_tup_updated"),
  rowsDeleted: counter("rows deleted", "pg_stat_database_tup_deleted"),
  rowsFetched: counter("rows fetched", "pg_stat_database_tup_fetched"),
  temporaryBytes: counter("temporary files", "pg_stat_database_temp_bytes", "bytes"),
  databaseSize: gauge("size of the database", "pg_database_size_bytes", "bytes"),
  locks: gauge("locks", "pg_locks_count", "count", "sum"),
  walSize: gauge("write-ahead log", "pg_wal_size_bytes", "bytes"),
  checkpointsTimed: counter("checkpoints in time", "pg_stat_checkpointer_num_timed_total"),
  checkpointsRequested: counter("checkpoints on demand", "pg_stat_checkpointer_num_requested_total"),
  checkpointBuffers: counter("buffers written by checkpoints", "pg_stat_checkpointer_buffers_written_total"),
  replicationLag: gauge("replication lag", "pg_replication_lag_seconds", "seconds"),
  transactionAge: gauge("age of the oldest row version", "pg_database_wraparound_age_datfrozenxid_seconds", "count"),
} as const;
