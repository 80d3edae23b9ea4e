import type { Dashboard, Panel, StatPanel } from "../components/monitoring/dashboard";
import { jobAndInstance, query, View } from "../components/monitoring/dashboards/view";
import {
  div,
  gt,
  histogramQuantile,
  increase,
  mul,
  or,
  range,
  sum,
  topk,
  type Vector,
} from "../components/monitoring/promql";

const REQUESTS = "http_requests_total";
const DURATION = "http_request_duration_seconds";
const LOGINS = "auth_attempts_total";
const SUCCESS = { re: "2.." };
const ERRORS = { re: "[45].." };

/** Milliseconds from where on a response is slow; FilesLatencyHigh says the same in seconds. */
const SLOW = 1000;

const view = new View();

/** The file-sharing back end in fourteen panels, as its operators know them. */
export const FILES_OVERVIEW: Dashboard = {
  uid: "gauzian-overview",
  title: "Gauzian Overview",
  description:
    "Do people get at their files: how many requests, how many succeed, how fast, what is uploaded and downloaded, and what of that is S3's, Redis's or the database's?",
  tags: ["gauzian"],
  variables: jobAndInstance(REQUESTS),
  rows: [
    { title: "Requests", panels: requests() },
    { title: "Files", panels: files() },
    { title: "Behind it", panels: servers() },
  ],
};

/** What the operators asked beside it, with the labels matched. */
export const FILES_DETAILS: Dashboard = {
  uid: "gauzian-details",
  title: "Gauzian Details",
  description: "How much is uploaded a second, which way of logging in fails, and which endpoint answers with errors?",
  tags: ["gauzian"],
  variables: jobAndInstance(REQUESTS),
  rows: [{ title: "Further questions", panels: further() }],
  links: [{ title: FILES_OVERVIEW.title, dashboard: FILES_OVERVIEW.uid }],
};

/** For the overview of the stack. `job`: of the back end. */
export function filesHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Requests",
      description: "Answered by all replicas.",
      unit: "requests per second",
      queries: [query(sum(own.rate(REQUESTS)), "requests")],
      width: 8,
    },
    { ...successRate(own), width: 8 },
    {
      kind: "stat",
      title: "Response time (p95)",
      description: "One request in twenty takes longer.",
      unit: "milliseconds",
      queries: [query(milliseconds(own, DURATION, 0.95), "p95")],
      thresholds: { bad: "above", warning: SLOW, warningColour: "yellow" },
      width: 8,
    },
  ];
}

function requests(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Requests by method",
      description: "All endpoints together.",
      unit: "requests per second",
      queries: [query(sum(view.rate(REQUESTS), { by: ["method"] }), "{{method}}")],
      stacked: true,
      width: 12,
    },
    {
      kind: "stat",
      title: "Active connections",
      description: "Open to clients. Growing while requests do not: something behind it is slow.",
      unit: "count",
      queries: [query(sum(view.metric("http_connections_active")), "connections")],
      width: 6,
      height: 8,
    },
    { ...successRate(view), width: 6, height: 8 },
    {
      kind: "timeseries",
      title: "Response time",
      description: "One request in two, in twenty, in a hundred takes longer.",
      unit: "milliseconds",
      queries: [0.5, 0.95, 0.99].map((q) => query(milliseconds(view, DURATION, q), `p${q * 100}`)),
      thresholds: { bad: "above", warning: SLOW, warningColour: "yellow" },
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Errors by status",
      description: "4xx: what was asked for cannot be had. 5xx: the back end, or something behind it, failed.",
      unit: "requests per second",
      queries: [query(sum(view.rate(REQUESTS, { status: ERRORS }), { by: ["status"] }), "{{status}}")],
      width: 8,
    },
    {
      kind: "table",
      title: "Slowest endpoints",
      description: "The ten with the highest 95th percentile, of those that were asked for something.",
      unit: "milliseconds",
      // Where nobody asked, the quantile is no number.
      queries: [query(topk(10, gt(milliseconds(view, DURATION, 0.95, ["endpoint"]), 0)), "p95")],
      columns: { endpoint: "Endpoint" },
      sortBy: "p95",
      thresholds: { bad: "above", warning: SLOW, warningColour: "yellow" },
      width: 8,
    },
  ];
}

function files(): readonly Panel[] {
  return [
    {
      kind: "stat",
      title: "Uploads in 1 h",
      description: "Files that were uploaded whole within the last hour.",
      unit: "count",
      queries: [query(lastHour("file_uploads_total"), "uploads")],
      width: 5,
    },
    {
      kind: "stat",
      title: "Downloads in 1 h",
      description: "Files that were downloaded within the last hour.",
      unit: "count",
      queries: [query(lastHour("file_downloads_total"), "downloads")],
      width: 5,
    },
    {
      kind: "stat",
      title: "Bytes uploaded in 1 h",
      description: "What the uploads of the last hour weigh. S3 grows by as much.",
      unit: "bytes",
      queries: [query(lastHour("file_upload_bytes_total"), "bytes")],
      width: 5,
    },
    {
      kind: "timeseries",
      title: "Chunk upload (p95)",
      description: "One chunk in twenty takes longer, from the request to S3's acknowledgement.",
      unit: "milliseconds",
      queries: [query(milliseconds(view, "chunk_upload_duration_seconds", 0.95), "p95")],
      width: 9,
    },
  ];
}

function servers(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Authentication attempts",
      description: "By type and status. Failures that rise alone: somebody tries passwords.",
      unit: "operations per second",
      queries: [query(sum(view.rate(LOGINS), { by: ["type", "status"] }), "{{type}} {{status}}")],
    },
    {
      kind: "stat",
      title: "S3 duration (p95)",
      description: "One operation in twenty takes longer. Uploads and downloads wait for it.",
      unit: "milliseconds",
      queries: [query(milliseconds(view, "s3_operation_duration_seconds", 0.95), "p95")],
      thresholds: { bad: "above", warning: 1000, critical: 3000, warningColour: "yellow" },
      width: 12,
      height: 8,
    },
    {
      kind: "timeseries",
      title: "Redis operations",
      description: "By operation and status.",
      unit: "operations per second",
      queries: [
        query(sum(view.rate("redis_operations_total"), { by: ["operation", "status"] }), "{{operation}} {{status}}"),
      ],
    },
    {
      kind: "timeseries",
      title: "Database duration (p95)",
      description: "One query in twenty takes longer, by its kind.",
      unit: "milliseconds",
      queries: [query(milliseconds(view, "db_query_duration_seconds", 0.95, ["query_type"]), "{{query_type}}")],
    },
  ];
}

function further(): readonly Panel[] {
  const type = { by: ["type"] };
  const endpoint = { by: ["endpoint"] };
  return [
    {
      kind: "timeseries",
      title: "Upload rate",
      description: "What is uploaded a second, in megabytes of a million bytes.",
      unit: "megabytes per second",
      queries: [query(div(sum(view.rate("file_upload_bytes_total")), 1_000_000), "uploads")],
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Successful authentications by type",
      description: "Of the attempts of each type. Below the others: that way of logging in is broken, or attacked.",
      unit: "ratio",
      queries: [
        query(share(sum(view.rate(LOGINS, { status: "success" }), type), sum(view.rate(LOGINS), type)), "{{type}}"),
      ],
      max: 1,
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Error rate by endpoint",
      description: "Answers of 4xx and 5xx, of all that this endpoint gave.",
      unit: "ratio",
      queries: [
        query(
          share(sum(view.rate(REQUESTS, { status: ERRORS }), endpoint), sum(view.rate(REQUESTS), endpoint)),
          "{{endpoint}}",
        ),
      ],
      max: 1,
      width: 8,
    },
  ];
}

function successRate(of: View): StatPanel {
  return {
    kind: "stat",
    title: "Success rate",
    description: "Answers of 2xx, of all. Empty while nobody asks for anything.",
    unit: "ratio",
    queries: [query(share(sum(of.rate(REQUESTS, { status: SUCCESS })), sum(of.rate(REQUESTS))), "2xx")],
    thresholds: { bad: "below", warning: 0.99, critical: 0.95, warningColour: "yellow" },
    nothing: "no requests",
  };
}

/** Both sides keep the same labels. Where nothing is counted it is 0, not nothing; where there is no whole, there is no share. */
function share(part: Vector, whole: Vector): Vector {
  return div(or(part, mul(whole, 0)), gt(whole, 0));
}

/** Quantile of a histogram of seconds. */
function milliseconds(of: View, histogram: string, quantile: number, by: readonly string[] = []): Vector {
  return mul(histogramQuantile(quantile, sum(of.rate(`${histogram}_bucket`), { by: [...by, "le"] })), 1000);
}

function lastHour(counter: string): Vector {
  return sum(increase(range(counter, view.matchers, "1h")));
}
