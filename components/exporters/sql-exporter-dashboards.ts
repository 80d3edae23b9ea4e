import type { Dashboard, Panel, Row } from "../monitoring/dashboard";
import { jobAndInstance, query, View } from "../monitoring/dashboards/view";
import { div, gt, max, min, sub, sum } from "../monitoring/promql";
import type { Watched } from "./sql-exporter-alerts";

const view = new View();
const HYPERTABLE = { by: ["schema", "hypertable"] };
const NAME = "{{hypertable}}";
const JOB = { by: ["job_id", "procedure", "relation"] };
const JOB_NAME = "{{procedure}} {{relation}} ({{job_id}})";
const LAG = "timescaledb_aggregate_lag_seconds";
const LIMIT = "timescaledb_aggregate_lag_limit_seconds";

/** Differs by what there is: panels of jobs that do not exist would be empty for ever. */
export function timescaledbUid({ edition, aggregates }: Watched): string {
  return ["datastack-timescaledb", ...(edition === "apache" ? ["apache"] : []), ...(aggregates ? [] : ["tables"])].join(
    "-",
  );
}

/** TimescaleDB's own figures: hypertables and aggregates, in the community edition jobs and compression. */
export function sqlExporterDashboards(watched: Watched): readonly Dashboard[] {
  const { edition, aggregates } = watched;
  const notes = [...(edition === "apache" ? ["Apache edition"] : []), ...(aggregates ? [] : ["without aggregates"])];
  return [
    {
      uid: timescaledbUid(watched),
      title: `TimescaleDB${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`,
      description:
        "How large are the hypertables, how many chunks have they, are aggregates up to date, and do the database's jobs do their work?",
      tags: ["timescaledb"],
      variables: jobAndInstance("timescaledb_hypertable_chunks"),
      rows: [
        hypertables(),
        ...(aggregates ? [aggregateRow()] : []),
        ...(edition === "community" ? [jobs(), compression()] : []),
      ],
    },
  ];
}

/** For the overview of a stack. */
export function sqlExporterHighlights(job: string, { edition, aggregates }: Watched): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Hypertables",
      description: "Their size, with indexes and all chunks.",
      unit: "bytes",
      queries: [query(sum(own.metric("timescaledb_hypertable_size_bytes")), "bytes")],
    },
    {
      kind: "stat",
      title: "Chunks",
      description: "Of all hypertables. Planning takes longer with each.",
      unit: "count",
      queries: [query(sum(own.metric("timescaledb_hypertable_chunks")), "chunks")],
      thresholds: { bad: "above", warning: 1000 },
    },
    ...(aggregates ? [behind(own)] : []),
    ...(edition === "community" ? [failing(own)] : []),
  ];
}

function behind(of: View): Panel {
  return {
    kind: "stat",
    title: "Aggregates behind",
    description:
      "The one that is furthest behind, as a share of what its declaration allows. Above 100 % it is not refreshed, or no rows come in.",
    unit: "ratio",
    queries: [query(max(div(of.metric(LAG), gt(of.metric(LIMIT), 0))), "worst")],
    thresholds: { bad: "above", warning: 1.25 },
    nothing: "no buckets yet",
  };
}

function failing(of: View): Panel {
  return {
    kind: "stat",
    title: "Jobs fine",
    description: "Whether the last run of every job of the database succeeded.",
    unit: "state",
    queries: [query(min(of.metric("timescaledb_job_last_run_success")), "jobs")],
    states: { 0: { text: "one fails", level: "critical" }, 1: { text: "all", level: "good" } },
  };
}

function hypertables(): Row {
  const size = max(view.metric("timescaledb_hypertable_size_bytes"), HYPERTABLE);
  const chunks = max(view.metric("timescaledb_hypertable_chunks"), HYPERTABLE);
  return {
    title: "Hypertables",
    panels: [
      {
        kind: "timeseries",
        title: "Size",
        description: "Of each hypertable, with indexes and all chunks. A step down: retention removed a chunk.",
        unit: "bytes",
        queries: [query(size, NAME)],
        stacked: true,
      },
      {
        kind: "timeseries",
        title: "Chunks",
        description: "Growing without end: retention does not run. Above a thousand, planning is slow.",
        unit: "count",
        queries: [query(chunks, NAME)],
        thresholds: { bad: "above", warning: 1000 },
      },
      {
        kind: "table",
        title: "Hypertables now",
        description: "The largest first.",
        unit: "bytes",
        columns: { schema: "Schema", hypertable: "Hypertable" },
        queries: [query(size, "Size"), query(chunks, "Chunks", "count"), query(div(size, gt(chunks, 0)), "Per chunk")],
        sortBy: "Size",
      },
    ],
  };
}

function aggregateRow(): Row {
  const by = { by: ["aggregate"] };
  return {
    title: "Aggregates",
    panels: [
      {
        kind: "timeseries",
        title: "Behind",
        description:
          "Time since the newest bucket of each aggregate began. It climbs until the next refresh: a saw is normal, a line that only climbs is not.",
        unit: "seconds",
        queries: [
          query(max(view.metric(LAG), by), "{{aggregate}}"),
          query(max(view.metric(LIMIT), by), "{{aggregate}} allowed"),
        ],
        width: 16,
      },
      { ...behind(view), height: 8, width: 8 } as Panel,
    ],
  };
}

function jobs(): Row {
  return {
    title: "Jobs",
    panels: [
      {
        kind: "state-timeline",
        title: "Last run",
        description: "Of each job of the database: policies of refresh, retention and compression, and others.",
        unit: "state",
        queries: [query(min(view.metric("timescaledb_job_last_run_success"), JOB), JOB_NAME)],
        states: { 0: { text: "failed", level: "critical" }, 1: { text: "succeeded", level: "good" } },
        height: 8,
      },
      {
        kind: "timeseries",
        title: "Without success",
        description: "Time since the last success, in periods of the job's own schedule. Above 3 it is overdue.",
        unit: "count",
        queries: [
          query(
            div(
              max(view.metric("timescaledb_job_since_success_seconds"), JOB),
              gt(max(view.metric("timescaledb_job_schedule_seconds"), JOB), 0),
            ),
            JOB_NAME,
          ),
        ],
        thresholds: { bad: "above", critical: 3 },
      },
      {
        kind: "timeseries",
        title: "Duration of the last run",
        description: "Growing: more to refresh or to compress each time.",
        unit: "seconds",
        queries: [query(max(view.metric("timescaledb_job_last_duration_seconds"), JOB), JOB_NAME)],
      },
      {
        kind: "table",
        title: "Runs",
        description: "Since each job was made. A job that is not scheduled was switched off.",
        unit: "count",
        columns: { job_id: "Job", procedure: "Runs", relation: "For" },
        queries: [
          query(max(view.increase("timescaledb_job_runs_total"), JOB), "In the time shown"),
          query(max(view.increase("timescaledb_job_failures_total"), JOB), "Failed in the time shown"),
          query(max(view.metric("timescaledb_job_schedule_seconds"), JOB), "Every", "seconds"),
          query(min(view.metric("timescaledb_job_scheduled"), JOB), "Scheduled"),
        ],
        sortBy: "Failed in the time shown",
      },
    ],
  };
}

function compression(): Row {
  const before = max(view.metric("timescaledb_compression_before_bytes"), HYPERTABLE);
  const after = max(view.metric("timescaledb_compression_after_bytes"), HYPERTABLE);
  return {
    title: "Compression",
    panels: [
      {
        kind: "bargauge",
        title: "Size after compression",
        description: "Share of what the compressed chunks took before. Above 70 %: grouped by the wrong columns.",
        unit: "ratio",
        queries: [query(div(after, gt(before, 0)), NAME)],
        max: 1,
        thresholds: { bad: "above", warning: 0.7 },
      },
      {
        kind: "timeseries",
        title: "Saved",
        description: "What compression saves on disk.",
        unit: "bytes",
        queries: [query(sub(before, after), NAME)],
        width: 8,
      },
      {
        kind: "timeseries",
        title: "Compressed chunks",
        description: "Not growing though chunks do: the policy does not run.",
        unit: "count",
        queries: [query(max(view.metric("timescaledb_compression_chunks"), HYPERTABLE), NAME)],
        width: 8,
      },
    ],
  };
}
