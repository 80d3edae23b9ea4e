import type { Counter, Gauge } from "../monitoring/signal";

const gauge = (title: string, metric: string, unit: Gauge["unit"], across?: Gauge["across"]): Gauge => ({
  type: "gauge",
  title,
  metric: `timescaledb_${metric}`,
  unit,
  ...(across ? { across } : {}),
});
const counter = (title: string, metric: string): Counter => ({
  type: "counter",
  title,
  metric: `timescaledb_${metric}`,
  unit: "per second",
});

/** TimescaleDB's own figures. Labels `schema`, `hypertable` and `aggregate`. */
export const TIMESCALEDB = {
  size: gauge("size of the hypertable", "hypertable_size_bytes", "bytes", "sum"),
  chunks: gauge("chunks", "hypertable_chunks", "count", "sum"),
  aggregateLag: gauge("lag of the aggregate", "aggregate_lag_seconds", "seconds"),
  aggregateLagLimit: gauge("lag that its declaration allows", "aggregate_lag_limit_seconds", "seconds"),
} as const;

/** What only the community edition has. Labels `job_id`, `procedure` and `relation` of jobs, those of hypertables of compression. */
export const TIMESCALEDB_COMMUNITY = {
  jobRuns: counter("runs of jobs", "job_runs_total"),
  jobFailures: counter("failed runs of jobs", "job_failures_total"),
  jobLastRunSuccess: gauge("last run succeeded", "job_last_run_success", "count", "min"),
  jobSinceSuccess: gauge("time since the last success", "job_since_success_seconds", "seconds"),
  jobDuration: gauge("duration of the last run", "job_last_duration_seconds", "seconds"),
  jobSchedule: gauge("time between two runs", "job_schedule_seconds", "seconds"),
  compressedChunks: gauge("compressed chunks", "compression_chunks", "count", "sum"),
  beforeCompression: gauge("size before compression", "compression_before_bytes", "bytes", "sum"),
  afterCompression: gauge("size after compression", "compression_after_bytes", "bytes", "sum"),
} as const;
