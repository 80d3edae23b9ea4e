import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, once, query, View } from "../monitoring/dashboards/view";
import { add, count, div, eq, max, metric, min, or, since, sum, topk, type Vector, vector } from "../monitoring/promql";

export const PROMETHEUS_UID = "datastack-prometheus";

const INSTANCE = { by: ["job", "instance"] };
const SERVER = "{{instance}}";
const view = new View();
const one = (name: string) => max(view.metric(name), INSTANCE);

/** Prometheus itself: what it scrapes, stores and evaluates. */
export const prometheusDashboards = once((): readonly Dashboard[] => [
  {
    uid: PROMETHEUS_UID,
    title: "Prometheus",
    description:
      "Does monitoring itself work: is everything scraped and evaluated in time, and will memory and disk last?",
    tags: ["prometheus"],
    variables: jobAndInstance("prometheus_build_info"),
    rows: [
      { title: "State", panels: state() },
      { title: "Scrapes", panels: scrapes() },
      { title: "Rules and alerts", panels: rules() },
      { title: "Storage", panels: storage() },
      { title: "Queries", panels: queries() },
    ],
  },
]);

/** For the overview of a stack. `volume`: bytes of its volume. */
export function prometheusHighlights(job: string, volume: number): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Open series",
      description: "Memory grows with them.",
      unit: "count",
      queries: [query(max(own.metric("prometheus_tsdb_head_series")), "series")],
    },
    {
      kind: "stat",
      title: "Samples stored",
      description: "0: nothing is recorded, and no alert can fire.",
      unit: "per second",
      queries: [query(sum(own.rate("prometheus_tsdb_head_samples_appended_total")), "samples")],
      thresholds: { bad: "below", critical: 1 },
    },
    {
      kind: "stat",
      title: "Failed rule evaluations",
      description: "Within the time shown. The alerts concerned cannot fire.",
      unit: "count",
      queries: [query(sum(own.increase("prometheus_rule_evaluation_failures_total")), "failed")],
      thresholds: { bad: "above", critical: 1 },
      sparkline: false,
    },
    {
      kind: "stat",
      title: "Volume used",
      description: "By samples, write-ahead log and open chunks. When it is full, nothing is recorded.",
      unit: "ratio",
      queries: [query(div(diskUse(own), volume), "used")],
      thresholds: { bad: "above", warning: 0.85, critical: 0.92 },
    },
  ];
}

function state(): readonly Panel[] {
  return [
    {
      kind: "stat",
      title: "Up for",
      description: "Since its start.",
      unit: "seconds",
      queries: [query(since(one("process_start_time_seconds")), SERVER)],
      sparkline: false,
    },
    {
      kind: "stat",
      title: "Configuration",
      description: "Whether the last one could be loaded; if not, it goes on with the one before.",
      unit: "state",
      queries: [query(min(view.metric("prometheus_config_last_reload_successful"), INSTANCE), SERVER)],
      states: { 0: { text: "refused", level: "critical" }, 1: { text: "loaded", level: "good" } },
      sparkline: false,
    },
    {
      kind: "stat",
      title: "Targets down",
      description: "Of all jobs. Their other numbers and alerts are blind.",
      unit: "count",
      queries: [query(or(count(eq(metric("up"), 0)), vector(0)), "down")],
      thresholds: { bad: "above", critical: 1 },
    },
    {
      kind: "stat",
      title: "Open series",
      description: "Memory grows with them, about 1 GiB per 200,000.",
      unit: "count",
      queries: [query(one("prometheus_tsdb_head_series"), SERVER)],
      thresholds: { bad: "above", warning: 500_000 },
    },
    {
      kind: "stat",
      title: "Samples stored",
      description: "0: nothing is recorded, and no alert can fire.",
      unit: "per second",
      queries: [query(sum(view.rate("prometheus_tsdb_head_samples_appended_total"), INSTANCE), SERVER)],
      thresholds: { bad: "below", critical: 1 },
    },
    {
      kind: "stat",
      title: "Memory",
      description: "Of the process, as the kernel counts it against its limit.",
      unit: "bytes",
      queries: [query(one("process_resident_memory_bytes"), SERVER)],
    },
  ];
}

function scrapes(): readonly Panel[] {
  return [
    {
      kind: "state-timeline",
      title: "Targets",
      description: "Which instance answered when.",
      unit: "state",
      queries: [query(min(metric("up"), INSTANCE), "{{job}} {{instance}}")],
      states: { 0: { text: "down", level: "critical" }, 1: { text: "up", level: "good" } },
      height: 10,
    },
    {
      kind: "timeseries",
      title: "Slowest scrapes",
      description: "The ten targets that take longest to answer. At the timeout their numbers are lost.",
      unit: "seconds",
      queries: [query(topk(10, max(metric("scrape_duration_seconds"), INSTANCE)), "{{job}} {{instance}}")],
    },
    {
      kind: "timeseries",
      title: "Largest scrapes",
      description: "The ten targets with most series. Growing without end: a label with ever new values.",
      unit: "count",
      queries: [
        query(topk(10, max(metric("scrape_samples_post_metric_relabeling"), INSTANCE)), "{{job}} {{instance}}"),
      ],
    },
    {
      kind: "timeseries",
      title: "Refused samples",
      description:
        "Twice for the same time, or older than what is stored: two targets with the same labels, or a clock that is wrong.",
      unit: "per second",
      queries: [
        query(
          sum(view.rate("prometheus_target_scrapes_sample_duplicate_timestamp_total"), INSTANCE),
          `${SERVER} twice`,
        ),
        query(
          sum(view.rate("prometheus_target_scrapes_sample_out_of_order_total"), INSTANCE),
          `${SERVER} out of order`,
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "New series",
      description:
        "Series that were not there before. A lasting number: labels with ever new values, or containers that restart.",
      unit: "per second",
      queries: [query(sum(view.rate("prometheus_tsdb_head_series_created_total"), INSTANCE), SERVER)],
    },
  ];
}

function rules(): readonly Panel[] {
  const share = div(
    view.metric("prometheus_rule_group_last_duration_seconds"),
    view.metric("prometheus_rule_group_interval_seconds"),
  );
  return [
    {
      kind: "timeseries",
      title: "Time of rule groups",
      description:
        "Share of their interval that the ten slowest groups take. At 100 % evaluations are left out and alerts come late.",
      unit: "ratio",
      queries: [query(topk(10, max(share, { by: ["rule_group"] })), "{{rule_group}}")],
      thresholds: { bad: "above", warning: 0.8 },
    },
    {
      kind: "timeseries",
      title: "Failed and missed evaluations",
      description: "Any: the alerts concerned cannot fire, or come late.",
      unit: "per second",
      queries: [
        query(sum(view.rate("prometheus_rule_evaluation_failures_total"), INSTANCE), `${SERVER} failed`),
        query(sum(view.rate("prometheus_rule_group_iterations_missed_total"), INSTANCE), `${SERVER} missed`),
      ],
    },
    {
      kind: "timeseries",
      title: "Firing alerts",
      description: "By severity, the one that fires always left out.",
      unit: "count",
      queries: [
        query(
          count(metric("ALERTS", { alertstate: "firing", alertname: { ne: "Watchdog" } }), { by: ["severity"] }),
          "{{severity}}",
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "Sent to Alertmanager",
      description: "Alerts sent, and those that could not be. Without Alertmanagers there is nothing.",
      unit: "per second",
      queries: [
        query(sum(view.rate("prometheus_notifications_sent_total"), INSTANCE), `${SERVER} sent`),
        query(sum(view.rate("prometheus_notifications_errors_total"), INSTANCE), `${SERVER} failed`),
        query(sum(view.rate("prometheus_notifications_dropped_total"), INSTANCE), `${SERVER} dropped`),
      ],
    },
  ];
}

/** Bytes of its volume that it takes. */
function diskUse(of: View): Vector {
  const [blocks, log, chunks] = [
    "storage_blocks_bytes",
    "wal_storage_size_bytes",
    "head_chunks_storage_size_bytes",
  ].map((name) => max(of.metric(`prometheus_tsdb_${name}`), INSTANCE)) as [Vector, Vector, Vector];
  return add(blocks, add(log, chunks));
}

function storage(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Size of the samples",
      description: "Blocks, write-ahead log and open chunks, and the size from which on the oldest are deleted.",
      unit: "bytes",
      queries: [
        query(diskUse(view), `${SERVER} size`),
        query(one("prometheus_tsdb_retention_limit_bytes"), `${SERVER} limit`),
      ],
    },
    {
      kind: "stat",
      title: "Oldest sample",
      description: "How far back one can look.",
      unit: "seconds",
      queries: [query(since(min(view.metric("prometheus_tsdb_lowest_timestamp_seconds"), INSTANCE)), SERVER)],
      sparkline: false,
      width: 6,
      height: 8,
    },
    {
      kind: "stat",
      title: "Storage errors",
      description: "Within the time shown: failed compactions and reloads, and damage of the write-ahead log.",
      unit: "count",
      queries: [
        query(sum(view.increase("prometheus_tsdb_compactions_failed_total"), INSTANCE), "compactions"),
        query(sum(view.increase("prometheus_tsdb_reloads_failures_total"), INSTANCE), "reloads"),
        query(sum(view.increase("prometheus_tsdb_wal_corruptions_total"), INSTANCE), "damage"),
      ],
      thresholds: { bad: "above", warning: 1 },
      sparkline: false,
      width: 6,
      height: 8,
    },
  ];
}

function queries(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Requests",
      description: "By status. 4xx: wrong queries, 5xx: Prometheus is overloaded.",
      unit: "requests per second",
      queries: [query(sum(view.rate("prometheus_http_requests_total"), { by: ["code"] }), "{{code}}")],
    },
    {
      kind: "timeseries",
      title: "Queries at a time",
      description: "Running, and how many may run. At the limit rules and dashboards wait.",
      unit: "count",
      queries: [
        query(one("prometheus_engine_queries"), `${SERVER} running`),
        query(one("prometheus_engine_queries_concurrent_max"), `${SERVER} limit`),
      ],
    },
    {
      kind: "heatmap",
      title: "Time of requests",
      description: "How many requests took how long.",
      unit: "seconds",
      queries: [query(sum(view.rate("prometheus_http_request_duration_seconds_bucket"), { by: ["le"] }), "{{le}}")],
    },
  ];
}
