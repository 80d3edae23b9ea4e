import { counter, gauge } from "../monitoring/signal";

/** What postgres_exporter says of one server. Labels `datname` of what belongs to a database. */
export const POSTGRES = {
  up: gauge("server answers", "pg_up", { unit: "count", across: "min" }),
  startTime: gauge("started", "pg_postmaster_start_time_seconds", { unit: "seconds" }),
  connections: gauge("connections", "pg_stat_database_numbackends", { unit: "count", across: "sum" }),
  /** Releases of the exporter differ in whether settings have a label for the server: never joined by it. */
  maxConnections: gauge("connections at most", "pg_settings_max_connections", { unit: "count" }),
  reservedConnections: gauge("connections for superusers", "pg_settings_superuser_reserved_connections", {
    unit: "count",
  }),
  activity: gauge("connections by state", "pg_stat_activity_count", { unit: "count", across: "sum" }),
  oldestTransaction: gauge("oldest transaction", "pg_long_running_transactions_oldest_timestamp_seconds", {
    unit: "seconds",
  }),
  commits: counter("commits", "pg_stat_database_xact_commit", { unit: "per second" }),
  rollbacks: counter("rollbacks", "pg_stat_database_xact_rollback", { unit: "per second" }),
  deadlocks: counter("deadlocks", "pg_stat_database_deadlocks", { unit: "per second" }),
  blocksHit: counter("blocks found in memory", "pg_stat_database_blks_hit", { unit: "per second" }),
  blocksRead: counter("blocks read", "pg_stat_database_blks_read", { unit: "per second" }),
  rowsInserted: counter("rows inserted", "pg_stat_database_tup_inserted", { unit: "per second" }),
  rowsUpdated: counter("rows updated", "pg_stat_database_tup_updated", { unit: "per second" }),
  rowsDeleted: counter("rows deleted", "pg_stat_database_tup_deleted", { unit: "per second" }),
  rowsFetched: counter("rows fetched", "pg_stat_database_tup_fetched", { unit: "per second" }),
  temporaryBytes: counter("temporary files", "pg_stat_database_temp_bytes", { unit: "bytes" }),
  databaseSize: gauge("size of the database", "pg_database_size_bytes", { unit: "bytes" }),
  locks: gauge("locks", "pg_locks_count", { unit: "count", across: "sum" }),
  walSize: gauge("write-ahead log", "pg_wal_size_bytes", { unit: "bytes" }),
  checkpointsTimed: counter("checkpoints in time", "pg_stat_checkpointer_num_timed_total", { unit: "per second" }),
  checkpointsRequested: counter("checkpoints on demand", "pg_stat_checkpointer_num_requested_total", {
    unit: "per second",
  }),
  checkpointBuffers: counter("buffers written by checkpoints", "pg_stat_checkpointer_buffers_written_total", {
    unit: "per second",
  }),
  replicationLag: gauge("replication lag", "pg_replication_lag_seconds", { unit: "seconds" }),
  transactionAge: gauge("age of the oldest row version", "pg_database_wraparound_age_datfrozenxid_seconds", {
    unit: "count",
  }),
} as const;
