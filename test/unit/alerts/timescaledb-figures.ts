import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "sql-exporter", instance: "sql-exporter" };
const SERVER = { server: "timescaledb:5432" };
const HYPERTABLE = { ...SERVER, schema: "public", hypertable: "ticker_data" };
const AGGREGATE = { ...SERVER, aggregate: "ticker_ohlc_hourly" };
const JOB = {
  ...SERVER,
  job_id: "1002",
  procedure: "policy_refresh_continuous_aggregate",
  relation: "ticker_ohlc_hourly",
};

function of(labels: Readonly<Record<string, string>>) {
  return {
    on: (alert: string, simple: Parameters<typeof oneSeries>[2]) =>
      oneSeries(OWNER, alert, { labels, alertLabels: { ...OWNER, ...labels }, ...simple }),
    series: (metric: string) => series(metric, { ...OWNER, ...labels }),
  };
}

/** What SqlExporter brings. */
export const TIMESCALEDB_FIGURES_CASES: readonly AlertCase[] = [
  of({}).on("TimescaleDBExporterBlind", {
    metric: "pg_exporter_last_scrape_error",
    fires: "1 0x4 1 0x4 1 0x4 1 0x4 1 0x4 1 0x4 1 0x10",
    quiet: "0x5 1x9 0x40",
    at: "28m",
    value: 1,
  }),
  of(HYPERTABLE).on("TimescaleDBTooManyChunks", {
    metric: "timescaledb_hypertable_chunks",
    fires: "1500x90",
    quiet: "90x90",
    at: "70m",
    value: 1500,
  }),
  of(AGGREGATE).on("TimescaleDBAggregateBehind", {
    metric: "timescaledb_aggregate_lag_seconds",
    fires: "20000x40",
    quiet: "9000x40",
    at: "30m",
    value: 20_000 / 12_600,
    beside: { [of(AGGREGATE).series("timescaledb_aggregate_lag_limit_seconds")]: "12600x40" },
  }),
  of(JOB).on("TimescaleDBJobFailing", {
    metric: "timescaledb_job_failures_total",
    fires: "0+1x100",
    quiet: "9x100",
    at: "80m",
    value: 60,
    beside: { [of(JOB).series("timescaledb_job_last_run_success")]: "0x100" },
  }),
  of(JOB).on("TimescaleDBJobOverdue", {
    metric: "timescaledb_job_since_success_seconds",
    fires: "7200x30",
    quiet: "2000x30",
    at: "20m",
    value: 4,
    beside: {
      [of(JOB).series("timescaledb_job_schedule_seconds")]: "1800x30",
      [of(JOB).series("timescaledb_job_scheduled")]: "1x30",
    },
  }),
  of(JOB).on("TimescaleDBJobPaused", {
    metric: "timescaledb_job_scheduled",
    fires: "0x90",
    quiet: "0x10 1x80",
    at: "70m",
    value: 0,
  }),
  of(HYPERTABLE).on("TimescaleDBCompressionWeak", {
    metric: "timescaledb_compression_after_bytes",
    fires: "2000000000x90",
    quiet: "200000000x90",
    at: "70m",
    value: 2e9 / 2 ** 31,
    beside: { [of(HYPERTABLE).series("timescaledb_compression_before_bytes")]: `${2 ** 31}x90` },
  }),
];
