import type { Problem } from "../core/problems";
import { type AlertDefinition, alertRules, checkTuning } from "../monitoring/alert";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { and, div, eq, gt, increase, maxOverTime, metric, or, range } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import type { Edition } from "../timescaledb/schema/schema";

export type SqlExporterAlert = keyof ReturnType<typeof sqlExporterAlerts>;

const JOB = "{{ $labels.job_id }} ({{ $labels.procedure }} {{ $labels.relation }})";
const HYPERTABLE = "{{ $labels.schema }}.{{ $labels.hypertable }}";
const count = valueTemplate("count");
const ratio = valueTemplate("ratio");
const times = '{{ $value | printf "%.1f" }}';

/** All alerts about TimescaleDB; `job` is its exporter's. */
export function sqlExporterAlerts(job: string) {
  const matchers = { job };
  return { ...always(matchers), ...aggregates(matchers), ...community(matchers) };
}

function always(matchers: LabelMatchers) {
  return {
    TimescaleDBExporterBlind: {
      severity: "warning",
      for: "20m",
      // An answer that failed stands as long as one that did not, five minutes at most, and is told once. A short outage is none of this.
      expr: () =>
        or(
          gt(maxOverTime(range("pg_exporter_last_scrape_error", matchers, "7m")), 0),
          gt(metric("pg_exporter_user_queries_load_error", matchers), 0),
        ),
      summary: "{{ $labels.instance }} cannot ask TimescaleDB",
      description:
        "At least one of its questions fails, so alerts about hypertables, aggregates and jobs are blind: the database does not answer, lacks a right or a table, or takes longer than five seconds.",
    },
    TimescaleDBTooManyChunks: {
      severity: "warning",
      for: "1h",
      threshold: { default: 1000, unit: "count", min: 1 },
      expr: (most: number) => gt(metric("timescaledb_hypertable_chunks", matchers), most),
      summary: `Hypertable ${HYPERTABLE} has very many chunks`,
      description: `${count} chunks (limit {threshold}). Planning takes longer with each, and a query without a bound on time locks them all.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function aggregates(matchers: LabelMatchers) {
  return {
    TimescaleDBAggregateBehind: {
      severity: "warning",
      for: "15m",
      threshold: { default: 1.25, unit: "count", min: 1 },
      expr: (most: number) =>
        gt(
          div(
            metric("timescaledb_aggregate_lag_seconds", matchers),
            gt(metric("timescaledb_aggregate_lag_limit_seconds", matchers), 0),
          ),
          most,
        ),
      summary: "Aggregate {{ $labels.aggregate }} is not up to date",
      description: `It is ${times} times as far behind as its declaration allows (limit {threshold}): it is not refreshed, or no rows come in. What reads it shows old figures.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function community(matchers: LabelMatchers) {
  const since = metric("timescaledb_job_since_success_seconds", matchers);
  return {
    TimescaleDBJobFailing: {
      severity: "warning",
      for: "5m",
      expr: () =>
        and(
          gt(increase(range("timescaledb_job_failures_total", matchers, "1h")), 0),
          eq(metric("timescaledb_job_last_run_success", matchers), 0),
        ),
      summary: `Database job ${JOB} fails`,
      description: `About ${count} runs failed within an hour, the last one too. What it refreshes grows old, what it removes or compresses fills the disk.`,
    },
    TimescaleDBJobOverdue: {
      severity: "critical",
      explains: {
        alerts: ["TimescaleDBJobFailing"],
        same: ["job", "instance", "job_id", "procedure", "relation", "server"],
      },
      for: "10m",
      threshold: { default: 3, unit: "count", min: 1 },
      // Jobs that run every few seconds may wait for a moment.
      expr: (most: number) =>
        and(
          gt(div(since, gt(metric("timescaledb_job_schedule_seconds", matchers), 0)), most),
          and(gt(since, 600), eq(metric("timescaledb_job_scheduled", matchers), 1)),
        ),
      summary: `Database job ${JOB} has not succeeded for long`,
      description: `Its last success is ${times} of its periods ago (limit {threshold}): it fails again and again, or no worker is free to run it.`,
    },
    TimescaleDBJobPaused: {
      severity: "warning",
      for: "1h",
      expr: () => eq(metric("timescaledb_job_scheduled", matchers), 0),
      summary: `Database job ${JOB} is switched off`,
      description:
        "Somebody paused it, and it will not run again by itself: what it refreshes grows old, what it removes or compresses fills the disk.",
    },
    TimescaleDBCompressionWeak: {
      severity: "info",
      for: "1h",
      threshold: { default: 0.7, unit: "ratio", min: 0, max: 1 },
      // Small tables are mostly overhead.
      expr: (most: number) =>
        and(
          gt(
            div(
              metric("timescaledb_compression_after_bytes", matchers),
              metric("timescaledb_compression_before_bytes", matchers),
            ),
            most,
          ),
          gt(metric("timescaledb_compression_before_bytes", matchers), 2 ** 30),
        ),
      summary: `Compression of ${HYPERTABLE} gains little`,
      description: `Compressed chunks take ${ratio} of what they took before (limit {threshold}): they are grouped by the wrong columns.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

/** What there is to be watched. */
export interface Watched {
  readonly edition: Edition;
  readonly aggregates: boolean;
}

/** A rule about what is not there would look like one that watches. */
export function sqlExporterRules(name: string, watched: Watched, tuning?: AlertTuning<SqlExporterAlert>): RuleGroup[] {
  const matchers = { job: name };
  const definitions: Record<string, AlertDefinition> = {
    ...always(matchers),
    ...(watched.aggregates ? aggregates(matchers) : {}),
    ...(watched.edition === "community" ? community(matchers) : {}),
  };
  return [{ name, alerts: alertRules<string>(definitions, tuning, { component: name }) }];
}

export function checkSqlExporterTuning(path: string, tuning?: AlertTuning<SqlExporterAlert>): Problem[] {
  return checkTuning(path, sqlExporterAlerts("sql-exporter"), tuning);
}
