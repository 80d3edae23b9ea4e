import type { Problem } from "../core/problems";
import { type AlertDefinition, alertRules, checkTuning } from "../monitoring/alert";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import {
  add,
  and,
  changes,
  div,
  eq,
  ge,
  gt,
  increase,
  lt,
  max,
  metric,
  mul,
  range,
  rate,
  sub,
  sum,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

export type PostgresAlert = keyof ReturnType<typeof postgresAlerts>;

const POSTGRES = "PostgreSQL behind {{ $labels.instance }}";
const DATABASE = "{{ $labels.datname }}";
const ratio = valueTemplate("ratio");
const count = valueTemplate("count");
const seconds = valueTemplate("seconds");
/** Releases of the exporter differ in further labels; these two are there always. */
const SERVER = { by: ["job", "instance"] };
const BY_DATABASE = { by: ["job", "instance", "datname"] };

/** The alerts about one PostgreSQL server; `job` is its exporter's. */
export function postgresAlerts(job: string) {
  const matchers = { job };
  return {
    ...serving(matchers),
    ...connections(matchers),
    ...transactions(matchers),
    ...resources(matchers),
    ...writeAhead(matchers),
    ...replication(matchers),
  };
}

function serving(matchers: LabelMatchers) {
  return {
    PostgresDown: {
      severity: "critical",
      for: "2m",
      expr: () => eq(max(metric("pg_up", matchers), SERVER), 0),
      summary: `${POSTGRES} does not answer`,
      description:
        "The exporter runs, but cannot log in: the server is down, recovers, has no connection left, or refuses the exporter's password.",
    },
    PostgresRestarting: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "10m",
      threshold: { default: 2, unit: "count", min: 1 },
      expr: (least: number) => ge(changes(range("pg_postmaster_start_time_seconds", matchers, "30m")), least),
      summary: `${POSTGRES} restarts again and again`,
      description: `${count} restarts within 30 minutes (limit {threshold}). Each one ends all connections.`,
    },
    PostgresCollectorFailing: {
      severity: "warning",
      for: "15m",
      expr: () => eq(metric("pg_scrape_collector_success", matchers), 0),
      summary: "Statistics {{ $labels.collector }} of {{ $labels.instance }} cannot be read",
      description: "Alerts that are made of them are blind: a right is missing, or the question takes too long.",
    },
  } satisfies Record<string, AlertDefinition>;
}

function connections(matchers: LabelMatchers) {
  const open = sum(metric("pg_stat_database_numbackends", matchers), SERVER);
  const most = sub(
    max(metric("pg_settings_max_connections", matchers), SERVER),
    max(metric("pg_settings_superuser_reserved_connections", matchers), SERVER),
  );
  const used = (limit: number): Vector => gt(div(open, most), limit);
  return {
    PostgresConnectionsHigh: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.8, unit: "ratio", min: 0, max: 1 },
      expr: used,
      summary: `${POSTGRES} is running out of connections`,
      description: `${ratio} of them are open (limit {threshold}). Beyond the last one, clients are refused.`,
    },
    PostgresConnectionsExhausted: {
      severity: "critical",
      explains: { alerts: ["PostgresConnectionsHigh"] },
      for: "2m",
      threshold: { default: 0.95, unit: "ratio", min: 0, max: 1 },
      expr: used,
      summary: `${POSTGRES} has hardly a connection left`,
      description: `${ratio} of them are open (limit {threshold}). New clients are refused, and soon the exporter too.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function transactions(matchers: LabelMatchers) {
  const perSecond = (what: string): Vector =>
    sum(rate(range(`pg_stat_database_xact_${what}`, matchers, "5m")), BY_DATABASE);
  return {
    PostgresLongTransaction: {
      severity: "warning",
      for: "5m",
      threshold: { default: 1800, unit: "seconds", min: 1 },
      expr: (most: number) => gt(metric("pg_long_running_transactions_oldest_timestamp_seconds", matchers), most),
      summary: `${POSTGRES} has a transaction that does not end`,
      description: `The oldest runs for ${seconds} (limit {threshold}). What it locks stays locked, and nothing that was deleted since can be cleaned up.`,
    },
    PostgresDeadlocks: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "10m",
      threshold: { default: 5, unit: "count", min: 0 },
      expr: (most: number) =>
        gt(sum(increase(range("pg_stat_database_deadlocks", matchers, "10m")), BY_DATABASE), most),
      summary: `Transactions in ${DATABASE} block each other`,
      description: `${count} deadlocks within 10 minutes (limit {threshold}). Each one ends a transaction with an error.`,
    },
    PostgresRollbacksHigh: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.1, unit: "ratio", min: 0, max: 1 },
      // A few transactions say nothing.
      expr: (most: number) => {
        const back = perSecond("rollback");
        const all = add(back, perSecond("commit"));
        return and(gt(div(back, gt(all, 0)), most), gt(all, 1));
      },
      summary: `Many transactions in ${DATABASE} fail`,
      description: `${ratio} of them are rolled back (limit {threshold}), counted above one a second.`,
    },
    PostgresTransactionIdsRunningOut: {
      severity: "critical",
      for: "10m",
      threshold: { default: 1e9, unit: "count", min: 1e6, max: 2e9 },
      // The exporter calls it seconds; it is a number of transactions.
      expr: (most: number) => gt(metric("pg_database_wraparound_age_datfrozenxid_seconds", matchers), most),
      summary: `Transaction numbers of ${DATABASE} are running out`,
      description: `${count} transactions since its oldest row was frozen (limit {threshold}). At about two thousand million the server refuses every write.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function resources(matchers: LabelMatchers) {
  const blocks = (what: string): Vector =>
    sum(rate(range(`pg_stat_database_blks_${what}`, matchers, "15m")), BY_DATABASE);
  return {
    PostgresCacheHitRatioLow: {
      severity: "info",
      for: "30m",
      threshold: { default: 0.9, unit: "ratio", min: 0, max: 1 },
      expr: (least: number) => {
        const all = add(blocks("hit"), blocks("read"));
        return and(lt(div(blocks("hit"), gt(all, 0)), least), gt(all, 1000));
      },
      summary: `${DATABASE} reads most of its data from disk`,
      description: `${ratio} of the blocks were in shared memory (limit {threshold}), counted above 1,000 a second. Queries are as slow as the disk.`,
    },
    PostgresLocksNearLimit: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.6, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) =>
        gt(
          div(
            sum(metric("pg_locks_count", matchers), SERVER),
            mul(
              max(metric("pg_settings_max_locks_per_transaction", matchers), SERVER),
              max(metric("pg_settings_max_connections", matchers), SERVER),
            ),
          ),
          most,
        ),
      summary: `${POSTGRES} is running out of room for locks`,
      description: `${ratio} of the table are used (limit {threshold}). A query locks every chunk that it may touch; when the table is full it fails with "out of shared memory".`,
    },
    PostgresTemporaryFiles: {
      severity: "info",
      for: "30m",
      threshold: { default: 10 * 2 ** 20, unit: "bytes", min: 1 },
      expr: (most: number) => gt(sum(rate(range("pg_stat_database_temp_bytes", matchers, "15m")), BY_DATABASE), most),
      summary: `Queries in ${DATABASE} spill to disk`,
      description: `${valueTemplate("bytes")} of temporary files a second (limit {threshold}): sorts and joins do not fit in work_mem.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function writeAhead(matchers: LabelMatchers) {
  const checkpoints = (what: string): Vector =>
    increase(range(`pg_stat_checkpointer_num_${what}_total`, matchers, "1h"));
  return {
    PostgresCheckpointsTooFrequent: {
      severity: "warning",
      for: "30m",
      threshold: { default: 6, unit: "count", min: 1 },
      expr: (most: number) =>
        and(gt(checkpoints("requested"), most), gt(checkpoints("requested"), checkpoints("timed"))),
      summary: `${POSTGRES} writes checkpoints before their time`,
      description: `${count} within an hour were forced (limit {threshold}), more than came in time: max_wal_size is too small for what is written.`,
    },
    PostgresWalPilingUp: {
      severity: "critical",
      for: "15m",
      threshold: { default: 3, unit: "count", min: 1 },
      expr: (most: number) =>
        gt(
          div(
            max(metric("pg_wal_size_bytes", matchers), SERVER),
            max(metric("pg_settings_max_wal_size_bytes", matchers), SERVER),
          ),
          most,
        ),
      summary: `The write-ahead log of ${POSTGRES} grows without bound`,
      description:
        'It is {{ $value | printf "%.1f" }} times max_wal_size (limit {threshold}): something keeps it from being removed, and when the volume is full the server stops.',
    },
    PostgresWalArchiveFailing: {
      severity: "warning",
      for: "5m",
      keepFiringFor: "15m",
      expr: () => gt(max(increase(range("pg_stat_archiver_failed_count", matchers, "15m")), SERVER), 0),
      summary: `${POSTGRES} cannot archive its write-ahead log`,
      description: `${count} attempts failed within 15 minutes. The log is kept until it can, and backups cannot be brought up to date.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function replication(matchers: LabelMatchers) {
  return {
    PostgresReplicationLag: {
      severity: "warning",
      for: "5m",
      threshold: { default: 30, unit: "seconds", min: 1 },
      expr: (most: number) =>
        and(
          gt(max(metric("pg_replication_lag_seconds", matchers), SERVER), most),
          eq(max(metric("pg_replication_is_replica", matchers), SERVER), 1),
        ),
      summary: `${POSTGRES} is behind its primary`,
      description: `It is a replica, and ${seconds} behind (limit {threshold}). What it answers is old, and as much would be lost if it had to take over.`,
    },
    PostgresReplicationSlotInactive: {
      severity: "critical",
      for: "30m",
      expr: () => eq(metric("pg_replication_slots_slot_is_active", matchers), 0),
      summary: `Nobody reads replication slot {{ $labels.slot_name }} of ${POSTGRES}`,
      description: "The write-ahead log is kept for it without bound, until the volume is full and the server stops.",
    },
  } satisfies Record<string, AlertDefinition>;
}

export function postgresRules(name: string, tuning?: AlertTuning<PostgresAlert>): RuleGroup[] {
  return [{ name, alerts: alertRules(postgresAlerts(name), tuning, { component: name }) }];
}

export function checkPostgresTuning(path: string, tuning?: AlertTuning<PostgresAlert>): Problem[] {
  return checkTuning(path, postgresAlerts("postgres-exporter"), tuning);
}
