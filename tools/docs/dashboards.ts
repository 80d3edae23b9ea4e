import { alertmanagerDashboards, alertmanagerHighlights } from "../../components/alertmanager/dashboards";
import { appDashboards, appHighlights } from "../../components/app/dashboards";
import { HTTP_DIALECTS } from "../../components/app/http-dialect";
import { kafkaExporterDashboards, kafkaExporterHighlights } from "../../components/exporters/kafka-exporter-dashboards";
import { kubeStateDashboards, kubeStateHighlights } from "../../components/exporters/kube-state-dashboards";
import { nodeDashboards, nodeHighlights } from "../../components/exporters/node-dashboards";
import {
  postgresExporterDashboards,
  postgresExporterHighlights,
} from "../../components/exporters/postgres-exporter-dashboards";
import { redisExporterDashboards, redisExporterHighlights } from "../../components/exporters/redis-exporter-dashboards";
import { sqlExporterDashboards, sqlExporterHighlights } from "../../components/exporters/sql-exporter-dashboards";
import { kafkaDashboards, kafkaHighlights } from "../../components/kafka/dashboards";
import { type Dashboard, OVERVIEW_UID, overviewDashboard, type Panel } from "../../components/monitoring/dashboard";
import { jvmDashboard } from "../../components/monitoring/dashboards/jvm";
import { LINT_EXCLUSIONS } from "../../components/monitoring/dashboards/lint-exclusions";
import { formatQuantity } from "../../components/monitoring/quantity";
import { prometheusDashboards, prometheusHighlights } from "../../components/prometheus/dashboards";
import { kubeletDashboards } from "../../components/prometheus/dashboards-kubelet";
import { feedHighlights, MARKET_DASHBOARD, sinkHighlights } from "../../stacks/crypto-viz-dashboards";
import { FILES_DETAILS, FILES_OVERVIEW, filesHighlights } from "../../stacks/gauzian-dashboards";

interface Entry {
  readonly dashboards: readonly Dashboard[];
  readonly highlights: readonly Panel[];
  /** Pages of test/fixtures/scrapes that its metrics are held against. */
  readonly recorded: readonly string[];
}

const COMMUNITY = { edition: "community", aggregates: true } as const;

/** Dashboards by what brings them. */
const CATALOGUE: Readonly<Record<string, Entry>> = {
  Kafka: {
    dashboards: [...kafkaDashboards(), jvmDashboard()],
    highlights: kafkaHighlights("kafka"),
    recorded: ["kafka-jmx"],
  },
  KafkaExporter: {
    dashboards: kafkaExporterDashboards(),
    highlights: kafkaExporterHighlights("kafka-exporter"),
    recorded: ["kafka-exporter"],
  },
  RedisExporter: {
    dashboards: redisExporterDashboards(),
    highlights: redisExporterHighlights("redis-exporter"),
    recorded: ["redis-exporter"],
  },
  SqlExporter: {
    dashboards: sqlExporterDashboards(COMMUNITY),
    highlights: sqlExporterHighlights("sql-exporter", COMMUNITY),
    recorded: ["sql-exporter"],
  },
  PostgresExporter: {
    dashboards: postgresExporterDashboards(),
    highlights: postgresExporterHighlights("postgres-exporter"),
    recorded: ["postgres-exporter"],
  },
  NodeExporter: {
    dashboards: nodeDashboards(),
    highlights: nodeHighlights("node-exporter"),
    recorded: ["node-exporter"],
  },
  DjangoApp: {
    dashboards: appDashboards(HTTP_DIALECTS.django, false),
    highlights: appHighlights("market-api", HTTP_DIALECTS.django, false),
    recorded: ["django"],
  },
  App: {
    dashboards: appDashboards(undefined, true),
    highlights: appHighlights("worker", undefined, true),
    recorded: ["market-feed", "market-sink"],
  },
  "The stack crypto-viz": {
    dashboards: [MARKET_DASHBOARD],
    highlights: [...feedHighlights("market-feed"), ...sinkHighlights("market-sink")],
    recorded: ["market-feed", "market-sink"],
  },
  "The stack gauzian": {
    dashboards: [FILES_OVERVIEW, FILES_DETAILS],
    highlights: filesHighlights("files"),
    recorded: ["files"],
  },
  KubeStateMetrics: {
    dashboards: kubeStateDashboards(),
    highlights: kubeStateHighlights("kube-state-metrics"),
    recorded: ["kube-state-metrics"],
  },
  "Prometheus, of kubelets": {
    dashboards: kubeletDashboards({ volumes: true, containers: true }),
    highlights: [],
    recorded: ["kubelet", "cadvisor"],
  },
  Prometheus: {
    dashboards: prometheusDashboards(),
    highlights: prometheusHighlights("prometheus", 10 * 2 ** 30),
    recorded: ["prometheus"],
  },
  Alertmanager: {
    dashboards: alertmanagerDashboards(),
    highlights: alertmanagerHighlights("alertmanager"),
    recorded: ["alertmanager"],
  },
};

/** Every dashboard that the page describes. */
export function documentedDashboards(): readonly Dashboard[] {
  return [overviewDashboard([]), ...Object.values(CATALOGUE).flatMap(({ dashboards }) => dashboards)];
}

/** docs/dashboards.md. */
export function dashboardsMarkdown(): string {
  const entries = Object.entries(CATALOGUE);
  return `# Dashboards

What Grafana shows of a stack. Each component brings its own dashboards, Grafana collects them as Prometheus collects targets and rules, and
an overview is made from what is deployed. They are read-only, with fixed addresses (\`/d/<uid>\`); people's own live in a folder beside them.
This page is generated from the code by \`npm run docs\`.

\`\`\`mermaid
flowchart LR
  subgraph components
    kafka[Kafka] & exporters[exporters] & apps[apps] & prom[Prometheus, Alertmanager]
  end
  components -- "dashboards, highlights" --> check["checked at preview:<br/>uids, units, descriptions,<br/>expressions, links"]
  check --> json["JSON, the same bytes<br/>for the same stack"] --> grafana[Grafana]
  components -- "all highlights" --> overview[Overview] --> check
  grafana -- "panels ask" --> prometheus[(Prometheus)]
\`\`\`

| dashboard | answers | brought by | address |
|---|---|---|---|
${[
  `| [Overview](#overview) | ${cell(overviewDashboard([]).description)} | Grafana | \`${OVERVIEW_UID}\` |`,
  ...entries.flatMap(([component, { dashboards }]) =>
    dashboards.map(
      ({ uid, title, description }) =>
        `| [${title}](#${anchor(title)}) | ${cell(description)} | ${component} | \`${uid}\` |`,
    ),
  ),
].join("\n")}

All have the variable *Data source*, most *Job* and *Instance*: with two Kafka clusters there is still one dashboard, and the clusters are
chosen at the top. Apps of other HTTP dialects than Django's (see \`AppHttp.dialect\`) get one per dialect, with the first two rows of Django's.
TimescaleDB's leaves out jobs and compression in the Apache edition, which has none.

## One of your own

\`\`\`ts
import { dashboards, promql } from "datastack";

const { sum } = promql;
// What the variables job and instance at the top choose; counters are seen as rates over Grafana's own window.
const view = new dashboards.View();

const ORDERS: dashboards.Dashboard = {
  uid: "orders",
  title: "Orders",
  description: "How many orders come in, and how many fail?",
  variables: dashboards.jobAndInstance("shop_orders_total"),
  rows: [
    {
      title: "Orders",
      panels: [
        {
          kind: "timeseries",
          title: "Orders by result",
          description: "A rising share that fails wants a look at the payment service.",
          unit: "per second",
          queries: [dashboards.query(sum(view.rate("shop_orders_total"), { by: ["result"] }), "{{result}}")],
        },
      ],
    },
  ],
};

stack.add(Grafana, "grafana", { images, monitoring: stack.monitoring, prometheus: prometheus.connection, dashboards: [ORDERS] });
\`\`\`

Where it belongs to an app, give it to the app (\`monitoring: { dashboards, highlights }\`): then the overview leads to it. Sizes are optional: panels
fill their line. Before anything is created, all dashboards are checked together; a uid twice, a panel without unit or description, an
expression that ends in the middle, a variable or a link that does not exist are refused with what to do.

In this repository a component's dashboards are in its \`dashboards.ts\`, made from its signals, so that alerts and panels cannot disagree; add them to
\`tools/docs/dashboards.ts\`, then \`npm run docs\` and \`npm test\`.

## How they are tested

| what | how | where |
|---|---|---|
| every query is PromQL | Prometheus's own grammar | [test/unit/dashboards.test.ts](../test/unit/dashboards.test.ts) |
| every metric and label exists | held against [recorded pages](../test/fixtures/scrapes/README.md) of the real programs; what is there only sometimes is listed with the reason | the same |
| counters are never shown as they stand | by the types on the recorded pages | the same |
| the 17 rules of Grafana's dashboard linter | our own, over the generated JSON; each rule has a case that breaks it | the same |
| no overlap, no overflow, no hole on the grid | for any sizes (property test) | [test/unit/dashboards-grid.test.ts](../test/unit/dashboards-grid.test.ts) |
| JSON as Grafana's file provisioning takes it | ids, refIds, datasource, options of each kind of panel against Grafana's foundation SDK; the same bytes again | [test/unit/dashboards-json.test.ts](../test/unit/dashboards-json.test.ts) |
| panels turn colour where the alert about the same fires | by the alerts' defaults | [test/unit/dashboards-thresholds.test.ts](../test/unit/dashboards-thresholds.test.ts) |
| mistakes are refused at preview | one row per mistake | [test/unit/dashboards-check.test.ts](../test/unit/dashboards-check.test.ts) |
| panels have data on a running stack | all queries asked, at least 95 % of the panels with data; [the others](../test/fixtures/panels-without-data.json) with the reason | end-to-end suite |

The linter's rules that do not fit somewhere are left out there, each with its reason (and a test that each is still needed):

| rule | dashboard | panel | reason |
|---|---|---|---|
${LINT_EXCLUSIONS.map(({ rule, dashboard, panel, reason }) => `| ${rule} | \`${dashboard}\` | ${panel ?? "all"} | ${cell(reason)} |`).join("\n")}

## Overview

${overviewDashboard([]).description} The first rows are the same everywhere, then each component that is deployed has one with these panels; each leads
to the component's own dashboard.

${panelTable(overviewDashboard([]).rows.flatMap(({ title, panels }) => panels.map((panel) => [title, panel] as const)))}
${panelTable(
  entries.flatMap(([component, { highlights }]) => highlights.map((panel) => [component, panel] as const)),
  "component",
)}
${entries.flatMap(([component, entry]) => entry.dashboards.map((dashboard) => section(component, entry, dashboard))).join("\n")}`;
}

function section(component: string, { recorded }: Entry, dashboard: Dashboard): string {
  const variables = dashboard.variables.map(({ title }) => `*${title}*`).join(", ");
  const pages = recorded.map((page) => `[${page}.prom](../test/fixtures/scrapes/${page}.prom)`).join(", ");
  return `## ${dashboard.title}

${dashboard.description} Brought by ${component}; chosen by ${variables}. Its metrics are held against ${pages}.

${panelTable(dashboard.rows.flatMap(({ title, panels }) => panels.map((panel) => [title, panel] as const)))}`;
}

function panelTable(panels: readonly (readonly [string, Panel])[], first = "row"): string {
  let before = "";
  const rows = panels.map(([group, panel]) => {
    const shown = group === before ? "" : group;
    before = group;
    const unit = panel.kind === "text" ? "" : panel.unit;
    return `| ${shown} | ${cell(panel.title)} | ${panel.kind} | ${unit} | ${cell(panel.description)}${limits(panel)} |`;
  });
  return `| ${first} | panel | kind | unit | shows |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

/** From where on a panel is coloured. */
function limits(panel: Panel): string {
  if (!("thresholds" in panel) || !panel.thresholds) return "";
  const { bad, warning, critical, warningColour = "orange" } = panel.thresholds;
  const value = (limit: number) => formatted(limit, panel.unit);
  const parts = [
    ...(warning === undefined ? [] : [`${warningColour} ${value(warning)}`]),
    ...(critical === undefined ? [] : [`red ${value(critical)}`]),
  ];
  return ` *${bad === "above" ? "From" : "Below"}: ${parts.join(", ")}.*`;
}

function formatted(value: number, unit: string): string {
  return unit === "ratio" || unit === "seconds" || unit === "milliseconds" || unit === "bytes"
    ? formatQuantity(value, unit)
    : String(value);
}

/** A heading's anchor, as GitHub and most others make it. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replace(/\s/g, "-");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
