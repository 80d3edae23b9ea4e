import { sha256, stableJson } from "../core/names";
import type { Dashboard, Panel, Row } from "../monitoring/dashboard";
import { jobAndInstance, labelVariable, query, View } from "../monitoring/dashboards/view";
import type { LabelMatchers } from "../monitoring/labels";
import { div, gt, histogramQuantile, mul, or, sum, topk, type Vector } from "../monitoring/promql";
import { processesDashboard, processPanels } from "./dashboard-processes";
import { djangoRows } from "./django/dashboard-rows";
import { counted, HTTP_DIALECTS, type HttpDialect } from "./http-dialect";

export const DJANGO_UID = "datastack-django";

const view = new View();

/** Of an app: its processes where it exports them, and the requests that it answers. */
export function appDashboards(dialect: HttpDialect | undefined, process: boolean): readonly Dashboard[] {
  return [...(dialect ? [httpDashboard(dialect)] : []), ...(process ? [processesDashboard()] : [])];
}

/** For the overview of a stack. */
export function appHighlights(job: string, dialect: HttpDialect | undefined, process: boolean): readonly Panel[] {
  const own = new View({ job });
  if (dialect) return red(own, dialect).slice(0, 3);
  return process
    ? processPanels(own)
        .slice(0, 3)
        .map((panel) => ({ ...panel, width: 8, height: 5 }))
    : [];
}

/** Apps of one dialect share a dashboard. */
function httpDashboard(dialect: HttpDialect): Dashboard {
  const name = Object.entries(HTTP_DIALECTS).find(([, one]) => stableJson(one) === stableJson(dialect))?.[0];
  const django = name === "django";
  return {
    uid: django ? DJANGO_UID : `datastack-http-${name ?? sha256(stableJson(dialect)).slice(0, 8)}`,
    title: django ? "Django" : `HTTP services (${name ?? dialect.requests})`,
    description: django
      ? "How many requests, how many of them fail, how long do they take, and what do the database and the cache contribute?"
      : "How many requests, how many of them fail, and how long do they take?",
    tags: ["http", ...(django ? ["django"] : [])],
    variables: [
      ...jobAndInstance(dialect.requests),
      ...(dialect.route ? [labelVariable("route", "Route", dialect.requests, dialect.route)] : []),
    ],
    rows: [
      { title: "Requests", panels: red(view, dialect) },
      ...(dialect.route ? [routes(dialect, dialect.route)] : []),
      ...(django ? djangoRows() : []),
    ],
  };
}

/** Rate, errors, duration; the first three for the overview, too. */
function red(of: View, dialect: HttpDialect): readonly Panel[] {
  const { status, duration, method } = dialect;
  const chosen: LabelMatchers = counted(dialect, {});
  const requests = (more: LabelMatchers = {}, by: readonly string[] = ["job"]): Vector =>
    sum(of.rate(dialect.requests, { ...chosen, ...more }), { by });
  // An error is a series only once it has happened.
  const failed = or(requests({ [status.label]: status.errors }), mul(requests(), 0));
  const quantile = (q: number): Vector =>
    histogramQuantile(
      q,
      sum(of.rate(`${duration.metric}_bucket`, dialect.durationWithoutRoute ? {} : chosen), { by: ["job", "le"] }),
    );
  return [
    {
      kind: "stat",
      title: "Requests",
      description: "Answered, those of Prometheus left out.",
      unit: "requests per second",
      queries: [query(requests(), "{{job}}")],
      width: 8,
    },
    {
      kind: "stat",
      title: "Failed requests",
      description: "Share that ended in an error of the service itself (5xx).",
      unit: "ratio",
      queries: [query(div(failed, gt(requests(), 0)), "{{job}}")],
      thresholds: { bad: "above", warning: 0.05, critical: 0.1 },
      nothing: "no requests",
      width: 8,
    },
    {
      kind: "stat",
      title: "Response time (p95)",
      description: "One request in twenty takes this long or longer.",
      unit: "seconds",
      queries: [query(quantile(0.95), "{{job}}")],
      thresholds: { bad: "above", warning: 1, critical: 5 },
      nothing: "no requests",
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Requests by status",
      description: "4xx is the clients' fault, 5xx the service's.",
      unit: "requests per second",
      queries: [query(requests({}, [status.label]), `{{${status.label}}}`)],
      stacked: true,
    },
    {
      kind: "timeseries",
      title: "Response time",
      description: "Half of the requests, nineteen of twenty, and all but one in a hundred are faster.",
      unit: "seconds",
      queries: [
        query(quantile(0.5), "{{job}} p50"),
        query(quantile(0.95), "{{job}} p95"),
        query(quantile(0.99), "{{job}} p99"),
      ],
    },
    {
      kind: "heatmap",
      title: "Distribution of response times",
      description: "How many requests took how long. Two bands: two kinds of requests, such as cached and not.",
      unit: "seconds",
      queries: [
        query(
          sum(of.rate(`${duration.metric}_bucket`, dialect.durationWithoutRoute ? {} : chosen), { by: ["le"] }),
          "{{le}}",
        ),
      ],
    },
    ...(method
      ? [
          {
            kind: "timeseries",
            title: "Requests by method",
            description: "Reading and writing ones.",
            unit: "requests per second",
            queries: [query(requests({}, [method]), `{{${method}}}`)],
          } satisfies Panel,
        ]
      : []),
  ];
}

function routes(dialect: HttpDialect, route: string): Row {
  const chosen: LabelMatchers = { [route]: { re: "$route" } };
  const { status, duration } = dialect;
  const by = { by: [route] };
  const requests = sum(view.rate(dialect.requests, chosen), by);
  const failed = sum(view.rate(dialect.requests, { ...chosen, [status.label]: status.errors }), by);
  const p95 = histogramQuantile(0.95, sum(view.rate(`${duration.metric}_bucket`, chosen), { by: [route, "le"] }));
  const timed = !dialect.durationWithoutRoute;
  return {
    title: "Routes",
    panels: [
      {
        kind: "timeseries",
        title: "Requests by route",
        description: "The ten most frequent.",
        unit: "requests per second",
        queries: [query(topk(10, requests), `{{${route}}}`)],
      },
      ...(timed
        ? [
            {
              kind: "timeseries",
              title: "Response time by route (p95)",
              description: "The ten slowest.",
              unit: "seconds",
              queries: [query(topk(10, p95), `{{${route}}}`)],
            } satisfies Panel,
          ]
        : []),
      {
        kind: "table",
        title: "Routes now",
        description: "Failed: requests that ended in an error of the service itself; empty where there were none.",
        unit: "requests per second",
        columns: { [route]: "Route" },
        queries: [
          query(requests, "Requests"),
          query(failed, "Failed"),
          ...(timed ? [query(p95, "p95", "seconds")] : []),
        ],
        sortBy: "Requests",
      },
    ],
  };
}
