import { type AlertCase, oneSeries, series } from "./case";

const SINK = { job: "market-sink", instance: "market-sink" };
const JOB = { job: "market-sink" };
const API = { job: "market-api", instance: "market-api" };
const WEB = { job: "market-api" };
const process = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(SINK, alert, simple);

/** The other apps of the stack, which are up. */
const OTHERS = Object.fromEntries(
  ["files", "market-api", "market-feed"].map((job) => [series("up", { job, instance: job }), "1x20"]),
);
const up = (replicas: Readonly<Record<string, string>>) => ({
  ...OTHERS,
  ...Object.fromEntries(
    Object.entries(replicas).map(([instance, values]) => [series("up", { job: "market-sink", instance }), values]),
  ),
});

const APPS: AlertCase[] = [
  {
    alert: "AppDown",
    firing: [
      { input: up({ "market-sink": "0x10" }), at: "5m", labels: JOB, value: 0 },
      { input: up({ "market-sink-0": "0x10", "market-sink-1": "0x10" }), at: "5m", labels: JOB, value: 0 },
      // Discovery finds no replica any more.
      { input: up({}), at: "5m", labels: JOB, value: 1 },
    ],
    silent: [
      { input: up({ "market-sink": "1x10" }), at: "5m" },
      // One of two is enough.
      { input: up({ "market-sink-0": "0x10", "market-sink-1": "1x10" }), at: "5m" },
      { input: up({ "market-sink": "1x8 0x1 1x5" }), at: "10m" },
    ],
  },
  process("AppRestarting", {
    metric: "process_start_time_seconds",
    fires: "100x5 200x5 300x5 400x15",
    quiet: "100x10 200x20",
    at: "20m",
    value: 3,
  }),
  process("AppFileDescriptors", {
    metric: "process_open_fds",
    fires: "95x10",
    quiet: "85x10",
    at: "8m",
    value: 0.95,
    beside: { [series("process_max_fds", SINK)]: "100x10" },
  }),
];

const RESPONSES = "django_http_responses_total_by_status_view_method_total";
const answers = (status: string, view = "prices") => series(RESPONSES, { ...API, method: "GET", status, view });
const bucket = (le: string, view = "prices") =>
  series("django_http_requests_latency_seconds_by_view_method_bucket", { ...API, method: "GET", view, le });

/** `good` and `bad` answers a minute. */
const ratio = (good: number, bad: number, view = "prices") => ({
  [answers("200", view)]: `0+${good}x30`,
  [answers("500", view)]: `0+${bad}x30`,
});

const errorRatio = (alert: string, fires: [number, number], quiet: [number, number], value: number): AlertCase => ({
  alert,
  firing: [{ input: ratio(...fires), at: "15m", labels: WEB, value }],
  silent: [
    { input: ratio(...quiet), at: "15m" },
    // Not its own fault.
    { input: { [answers("404")]: "0+60x30", [answers("200")]: "0+60x30" }, at: "15m" },
    // One request in five minutes, and that fails.
    { input: { [answers("500")]: "0x4 1x4 2x4 3x4 4x4" }, at: "15m" },
    // Scrapes do not count.
    { input: { ...ratio(60, 0), ...ratio(0, 60, "prometheus-django-metrics") }, at: "15m" },
  ],
});

/** Requests a minute: of them `fast` within a quarter of a second, the others between `le` and the next bucket. */
const latency = (alert: string, below: string, next: string, share: number, value: number): AlertCase => {
  const requests = (slow: number) => ({
    [answers("200")]: "0+100x40",
    [bucket("0.25")]: `0+${100 - slow}x40`,
    [bucket(below)]: `0+${100 - slow}x40`,
    [bucket(next)]: "0+100x40",
    [bucket("+Inf")]: "0+100x40",
  });
  return {
    alert,
    firing: [{ input: requests(share), at: "25m", labels: WEB, value }],
    silent: [
      { input: requests(0), at: "25m" },
      // Slow for a moment.
      {
        input: {
          [answers("200")]: "0+100x40",
          [bucket("0.25")]: "0+100x20 2000x2 2200+100x18",
          [bucket(next)]: "0+100x40",
          [bucket("+Inf")]: "0+100x40",
        },
        at: "27m",
      },
    ],
  };
};

const HTTP: AlertCase[] = [
  errorRatio("HttpErrorRatioHigh", [90, 10], [99, 1], 0.1),
  errorRatio("HttpErrorRatioCritical", [80, 20], [95, 5], 0.2),
  // A tenth lies evenly between 1 and 2.5 seconds: half of it is above the 95th percentile.
  latency("HttpLatencyHigh", "1.0", "2.5", 10, 1.75),
  latency("HttpLatencyCritical", "5.0", "7.5", 2, 6.25),
  {
    alert: "HttpNoTraffic",
    firing: [
      { input: { [series("up", API)]: "1x40", [answers("200")]: "5x40" }, at: "30m", labels: WEB, value: 1 },
      // Nobody ever asked: there is nothing to count.
      { input: { [series("up", API)]: "1x40" }, at: "30m", labels: WEB, value: 1 },
    ],
    silent: [
      { input: { [series("up", API)]: "1x40", [answers("200")]: "0+1x40" }, at: "30m" },
      // It is down, which AppDown says.
      { input: { [series("up", API)]: "0x40", [answers("200")]: "5x40" }, at: "30m" },
    ],
  },
];

const django = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(API, alert, simple);
const DEFAULT = { alias: "default", vendor: "postgresql" };
const query = (le: string) => series("django_db_query_duration_seconds_bucket", { ...API, ...DEFAULT, le });
const queries = (slow: number) => ({
  [query("0.5")]: `0+${100 - slow}x40`,
  [query("1.0")]: "0+100x40",
  [query("+Inf")]: "0+100x40",
});

const DJANGO: AlertCase[] = [
  {
    alert: "DjangoMigrationsUnapplied",
    firing: [
      {
        // Each process says so for itself.
        input: {
          [series("django_migrations_unapplied_total", { ...API, connection: "default", pid: "7" })]: "2x10",
          [series("django_migrations_unapplied_total", { ...API, connection: "default", pid: "8" })]: "2x10",
        },
        at: "8m",
        labels: { ...API, connection: "default" },
        value: 2,
      },
    ],
    silent: [
      {
        input: { [series("django_migrations_unapplied_total", { ...API, connection: "default", pid: "7" })]: "0x10" },
        at: "8m",
      },
    ],
  },
  django("DjangoExceptions", {
    metric: "django_http_exceptions_total_by_type_total",
    labels: { type: "OperationalError" },
    fires: "0+6x20",
    quiet: "0x5 1x15",
    at: "12m",
    value: 0.1,
    alertLabels: { ...WEB, type: "OperationalError" },
  }),
  django("DjangoDatabaseErrors", {
    metric: "django_db_errors_total",
    labels: { ...DEFAULT, type: "OperationalError" },
    fires: "0+6x20",
    quiet: "0x5 1x15",
    at: "12m",
    value: 0.1,
    alertLabels: { ...WEB, alias: "default", type: "OperationalError" },
  }),
  django("DjangoDatabaseUnreachable", {
    metric: "django_db_new_connection_errors_total",
    labels: DEFAULT,
    fires: "0+3x20",
    quiet: "9x20",
    at: "10m",
    value: 15,
    alertLabels: { ...WEB, alias: "default" },
  }),
  {
    alert: "DjangoDatabaseSlow",
    firing: [{ input: queries(10), at: "25m", labels: { ...WEB, alias: "default" }, value: 0.75 }],
    silent: [{ input: queries(0), at: "25m" }],
  },
];

export const APP_CASES: readonly AlertCase[] = [...APPS, ...HTTP, ...DJANGO];
