import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "postgres-exporter", instance: "postgres-exporter" };
const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(OWNER, alert, simple);
const DATABASE = { datname: "crypto_viz_ts" };
/** As the statistics of databases have it, beside a number that is different in each. */
const STATISTICS = { ...DATABASE, datid: "16384" };
/** What releases up to 0.19 add to settings. */
const SERVER = { server: "timescaledb:5432" };
const SLOT = { slot_name: "standby", slot_type: "physical" };
const of = (metric: string) => series(metric, { ...OWNER, ...STATISTICS });
const setting = (name: string) => series(`pg_settings_${name}`, { ...OWNER, ...SERVER });
const GIB = 2 ** 30;

const LIMITS = {
  [setting("max_connections")]: "103x40",
  [setting("superuser_reserved_connections")]: "3x40",
};

export const POSTGRES_CASES: readonly AlertCase[] = [
  on("PostgresDown", { metric: "pg_up", fires: "1x5 0x10", quiet: "1x5 0 1x10", at: "10m", value: 0 }),
  on("PostgresRestarting", {
    metric: "pg_postmaster_start_time_seconds",
    fires: "100x4 400x4 700x20",
    quiet: "100x4 400x25",
    at: "15m",
    value: 2,
  }),
  on("PostgresCollectorFailing", {
    metric: "pg_scrape_collector_success",
    labels: { collector: "locks" },
    fires: "0x30",
    quiet: "0x5 1x30",
    at: "20m",
    value: 0,
    alertLabels: { ...OWNER, collector: "locks" },
  }),
  on("PostgresConnectionsHigh", {
    metric: "pg_stat_database_numbackends",
    labels: STATISTICS,
    fires: "90x40",
    quiet: "50x40",
    at: "20m",
    value: 0.9,
    alertLabels: OWNER,
    beside: LIMITS,
  }),
  on("PostgresConnectionsExhausted", {
    metric: "pg_stat_database_numbackends",
    labels: STATISTICS,
    fires: "98x40",
    quiet: "90x40",
    at: "10m",
    value: 0.98,
    alertLabels: OWNER,
    beside: LIMITS,
  }),
  on("PostgresLongTransaction", {
    metric: "pg_long_running_transactions_oldest_timestamp_seconds",
    fires: "3600x20",
    quiet: "3600x3 5x20",
    at: "10m",
    value: 3600,
  }),
  on("PostgresDeadlocks", {
    metric: "pg_stat_database_deadlocks",
    labels: STATISTICS,
    fires: "0+1x40",
    quiet: "0x15 2x30",
    at: "30m",
    value: 10,
    alertLabels: { ...OWNER, ...DATABASE },
  }),
  on("PostgresRollbacksHigh", {
    metric: "pg_stat_database_xact_rollback",
    labels: STATISTICS,
    fires: "0+60x40",
    quiet: "0+6x40",
    at: "30m",
    value: 0.25,
    alertLabels: { ...OWNER, ...DATABASE },
    beside: { [of("pg_stat_database_xact_commit")]: "0+180x40" },
  }),
  on("PostgresTransactionIdsRunningOut", {
    metric: "pg_database_wraparound_age_datfrozenxid_seconds",
    labels: DATABASE,
    fires: "1200000000x30",
    quiet: "200000000x30",
    at: "20m",
    value: 1_200_000_000,
    alertLabels: { ...OWNER, ...DATABASE },
  }),
  on("PostgresCacheHitRatioLow", {
    metric: "pg_stat_database_blks_read",
    labels: STATISTICS,
    fires: "0+60000x90",
    quiet: "0+600x90",
    at: "70m",
    value: 0.5,
    alertLabels: { ...OWNER, ...DATABASE },
    beside: { [of("pg_stat_database_blks_hit")]: "0+60000x90" },
  }),
  on("PostgresLocksNearLimit", {
    metric: "pg_locks_count",
    labels: { ...DATABASE, mode: "accesssharelock" },
    fires: "4800x20",
    quiet: "100x20",
    at: "10m",
    value: 0.75,
    alertLabels: OWNER,
    beside: { [setting("max_locks_per_transaction")]: "64x20", [setting("max_connections")]: "100x20" },
  }),
  on("PostgresTemporaryFiles", {
    metric: "pg_stat_database_temp_bytes",
    labels: STATISTICS,
    fires: `0+${60 * 20 * 2 ** 20}x90`,
    quiet: "0+60x90",
    at: "70m",
    value: 20 * 2 ** 20,
    alertLabels: { ...OWNER, ...DATABASE },
  }),
  on("PostgresCheckpointsTooFrequent", {
    metric: "pg_stat_checkpointer_num_requested_total",
    fires: "0+1x150",
    quiet: "9x150",
    at: "120m",
    value: 60,
    beside: { [series("pg_stat_checkpointer_num_timed_total", OWNER)]: "0x150" },
  }),
  on("PostgresWalPilingUp", {
    metric: "pg_wal_size_bytes",
    fires: `${4 * GIB}x30`,
    quiet: `${GIB}x30`,
    at: "20m",
    value: 4,
    beside: { [setting("max_wal_size_bytes")]: `${GIB}x30` },
  }),
  on("PostgresWalArchiveFailing", {
    metric: "pg_stat_archiver_failed_count",
    labels: SERVER,
    fires: "0+1x40",
    quiet: "3x40",
    at: "30m",
    value: 15,
    alertLabels: OWNER,
  }),
  on("PostgresReplicationLag", {
    metric: "pg_replication_lag_seconds",
    fires: "120x20",
    quiet: "5x20",
    at: "10m",
    value: 120,
    beside: { [series("pg_replication_is_replica", OWNER)]: "1x20" },
  }),
  on("PostgresReplicationSlotInactive", {
    metric: "pg_replication_slots_slot_is_active",
    labels: SLOT,
    fires: "0x60",
    quiet: "0x10 1x50",
    at: "40m",
    value: 0,
    alertLabels: { ...OWNER, ...SLOT },
  }),
];
