import { stringify } from "yaml";
import { ident, literal } from "../timescaledb/schema/names";
import { BUCKET, type DatabaseSchema, type Edition } from "../timescaledb/schema/schema";
import { spanSeconds } from "../timescaledb/schema/span";

/** What is exported for one question: its columns become labels, or metrics called `<question>_<column>`. */
interface Question {
  readonly sql: string;
  /** Seconds for which the answer stands: however often it is scraped, the database is asked no more often. */
  readonly every: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly gauges?: Readonly<Record<string, string>>;
  readonly counters?: Readonly<Record<string, string>>;
}

/** Only names in the catalogue are compared, so that no right on the table's schema is needed. */
const HYPERTABLES = `FROM timescaledb_information.hypertables h
JOIN pg_catalog.pg_namespace n ON n.nspname = h.hypertable_schema
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = h.hypertable_name`;

const OF_HYPERTABLE = { schema: "Schema of the hypertable.", hypertable: "Name of the hypertable." };

const EXTENSION: Question = {
  sql: "SELECT extversion AS version, 1 AS info FROM pg_catalog.pg_extension WHERE extname = 'timescaledb'",
  every: 300,
  labels: { version: "Version of the extension in this database." },
  gauges: { info: "Always 1." },
};

const HYPERTABLE: Question = {
  sql: `SELECT h.hypertable_schema AS schema, h.hypertable_name AS hypertable, h.num_chunks AS chunks,
  coalesce(public.hypertable_size(c.oid::regclass), 0) AS size_bytes
${HYPERTABLES}`,
  every: 300,
  labels: OF_HYPERTABLE,
  gauges: { chunks: "Number of chunks.", size_bytes: "Size of all chunks with their indexes and TOAST." },
};

const COMPRESSION: Question = {
  sql: `SELECT h.hypertable_schema AS schema, h.hypertable_name AS hypertable, s.number_compressed_chunks AS chunks,
  s.before_compression_total_bytes AS before_bytes, s.after_compression_total_bytes AS after_bytes
${HYPERTABLES}
CROSS JOIN LATERAL public.hypertable_compression_stats(c.oid::regclass) s
WHERE h.compression_enabled AND s.number_compressed_chunks > 0`,
  every: 300,
  labels: OF_HYPERTABLE,
  gauges: {
    chunks: "Number of compressed chunks.",
    before_bytes: "What they took before.",
    after_bytes: "What they take compressed.",
  },
};

/**
 * Not the job that reports usage to the vendor, which fails where there is no way out. `since_success_seconds` counts only while the server
 * runs: a job is not late because everything was switched off. `job_errors` would need ownership of the database.
 */
const JOB: Question = {
  sql: `SELECT j.job_id::text AS job_id, j.proc_name AS procedure,
  coalesce(a.view_name, j.hypertable_name, '') AS relation,
  coalesce(s.total_runs, 0) AS runs_total, coalesce(s.total_failures, 0) AS failures_total,
  CASE s.last_run_status WHEN 'Failed' THEN 0 ELSE 1 END AS last_run_success,
  coalesce(extract(epoch FROM nullif(s.last_successful_finish, '-infinity')), 0)::float8 AS last_success_timestamp_seconds,
  extract(epoch FROM now() - greatest(s.last_successful_finish, pg_postmaster_start_time()))::float8 AS since_success_seconds,
  coalesce(extract(epoch FROM s.last_run_duration), 0)::float8 AS last_duration_seconds,
  extract(epoch FROM j.schedule_interval)::float8 AS schedule_seconds,
  j.scheduled::int AS scheduled
FROM timescaledb_information.jobs j
LEFT JOIN timescaledb_information.job_stats s ON s.job_id = j.job_id
LEFT JOIN timescaledb_information.continuous_aggregates a
  ON a.materialization_hypertable_schema = j.hypertable_schema AND a.materialization_hypertable_name = j.hypertable_name
WHERE j.proc_name <> 'policy_telemetry'`,
  every: 60,
  labels: {
    job_id: "Number of the job.",
    procedure: "What it runs.",
    relation: "Hypertable or continuous aggregate that it is for.",
  },
  counters: { runs_total: "Runs so far.", failures_total: "Failed runs so far." },
  gauges: {
    last_run_success: "Whether the last run succeeded; 1 before the first.",
    last_success_timestamp_seconds: "When it last succeeded; 0: never.",
    since_success_seconds: "Time without a success, counted while the server runs.",
    last_duration_seconds: "How long the last run took.",
    schedule_seconds: "Time between two runs.",
    scheduled: "Whether it runs at all.",
  },
};

/**
 * How far the newest bucket is behind, and how far it may be: with rows coming in, a bucket is there two widths, the time for late rows and
 * one period after it began. The same question in both editions: `bucket` leads the index of the view's table and of the roll-up table.
 */
function aggregates(schema: DatabaseSchema): Question | undefined {
  const names = Object.keys(schema.aggregates ?? {}).sort();
  if (names.length === 0) return undefined;
  const bucket = ident(BUCKET);
  const selects = names.map((name) => {
    const { bucket: width, refresh } = schema.aggregates?.[name] ?? {
      bucket: "0s",
      refresh: { end: "0s", every: "0s" },
    };
    const limit = 2 * (spanSeconds(width) ?? 0) + (spanSeconds(refresh.end) ?? 0) + (spanSeconds(refresh.every) ?? 0);
    return `SELECT ${literal(name)} AS aggregate,
  extract(epoch FROM least(now() - max(${bucket}), now() - pg_postmaster_start_time()))::float8 AS lag_seconds,
  ${limit} AS lag_limit_seconds
FROM public.${ident(name)} HAVING max(${bucket}) IS NOT NULL`;
  });
  return {
    sql: selects.join("\nUNION ALL\n"),
    every: 60,
    labels: { aggregate: "Name of the aggregate." },
    gauges: {
      lag_seconds: "Time since its newest bucket began, counted while the server runs.",
      lag_limit_seconds: "What that may be by its declaration.",
    },
  };
}

/** The exporter's file of queries. */
export function sqlExporterQueries(schema: DatabaseSchema, edition: Edition): string {
  const aggregate = aggregates(schema);
  const questions: Record<string, Question> = {
    timescaledb_extension: EXTENSION,
    timescaledb_hypertable: HYPERTABLE,
    ...(aggregate ? { timescaledb_aggregate: aggregate } : {}),
    ...(edition === "community" ? { timescaledb_compression: COMPRESSION, timescaledb_job: JOB } : {}),
  };
  const file = Object.entries(questions).map(([name, { sql, every, labels, gauges = {}, counters = {} }]) => [
    name,
    {
      query: `${sql}\n`,
      master: true,
      cache_seconds: every,
      metrics: [...columns("LABEL", labels), ...columns("COUNTER", counters), ...columns("GAUGE", gauges)],
    },
  ]);
  return stringify(Object.fromEntries(file), { lineWidth: 0 });
}

function columns(usage: "LABEL" | "COUNTER" | "GAUGE", described: Readonly<Record<string, string>>) {
  return Object.entries(described).map(([column, description]) => ({ [column]: { usage, description } }));
}
