import type { Dashboard, Panel, Row, States } from "../dashboard";
import { escapeRegex } from "../labels";
import type { Monitoring } from "../monitoring";
import { count, eq, metric, min, or, sum, type Vector, vector } from "../promql";
import { collectDashboards } from "./check";
import { query } from "./view";

export const OVERVIEW_UID = "datastack-overview";

const UP: States = { 0: { text: "down", level: "critical" }, 1: { text: "up", level: "good" } };

/** The first page of a stack, made from what is deployed: what runs, what fires, and of each component what matters most. */
export function overviewDashboard(monitoring: readonly Monitoring[]): Dashboard {
  const components = [...monitoring].filter(({ targets }) => targets.length > 0).sort(byJob);
  const dashboards = collectDashboards(monitoring);
  return {
    uid: OVERVIEW_UID,
    title: "Overview",
    description: "What is deployed: does all of it run, which alerts fire, and how does each component fare?",
    tags: ["overview"],
    variables: [],
    rows: distinct([
      health(components),
      alerts(),
      ...components.flatMap(component),
      ...(dashboards.length > 0 ? [index(dashboards)] : []),
    ]),
  };
}

const jobOf = ({ targets }: Monitoring): string => targets[0]?.job ?? "";
const byJob = (a: Monitoring, b: Monitoring) => (jobOf(a) < jobOf(b) ? -1 : 1);

/** Nothing firing is a number as well. */
const orZero = (expr: Vector): Vector => or(expr, vector(0));

function health(components: readonly Monitoring[]): Row {
  const jobs = components.flatMap(({ targets }) => targets.map(({ job }) => job)).sort();
  const up = metric("up", { job: { re: jobs.map(escapeRegex).join("|") } });
  const firing = (severity: string): Vector =>
    orZero(count(metric("ALERTS", { alertstate: "firing", severity, alertname: { ne: "Watchdog" } })));
  return {
    title: "Stack",
    panels: [
      {
        kind: "stat",
        title: "Targets up",
        description: "Processes that answer Prometheus.",
        unit: "count",
        queries: [query(sum(up), "up")],
      },
      {
        kind: "stat",
        title: "Targets down",
        description: "Processes that Prometheus cannot scrape: their other numbers and alerts are blind.",
        unit: "count",
        queries: [query(orZero(count(eq(up, 0))), "down")],
        thresholds: { bad: "above", critical: 1 },
      },
      {
        kind: "stat",
        title: "Critical alerts",
        description: "Firing now. Each wants somebody at once; its runbook says what to do.",
        unit: "count",
        queries: [query(firing("critical"), "critical")],
        thresholds: { bad: "above", critical: 1 },
      },
      {
        kind: "stat",
        title: "Warnings",
        description: "Alerts for working hours that fire now.",
        unit: "count",
        queries: [query(firing("warning"), "warning")],
        thresholds: { bad: "above", warning: 1 },
      },
      {
        kind: "state-timeline",
        title: "Services",
        description: "Whether every process of a job answered. A gap: Prometheus itself did not run.",
        unit: "state",
        queries: [query(min(up, { by: ["job"] }), "{{job}}")],
        states: UP,
        height: Math.max(4, Math.ceil(jobs.length * 0.8) + 2),
      },
    ],
  };
}

function alerts(): Row {
  const labels = ["alertname", "severity", "job", "instance"];
  return {
    title: "Alerts",
    panels: [
      {
        kind: "table",
        title: "Firing alerts",
        description: "Empty is good. The alert's name is the name of its runbook.",
        unit: "count",
        columns: { alertname: "Alert", severity: "Severity", job: "Job", instance: "Instance" },
        queries: [
          query(
            count(metric("ALERTS", { alertstate: "firing", alertname: { ne: "Watchdog" } }), { by: labels }),
            "Series",
          ),
        ],
        height: 6,
      },
    ],
  };
}

/** A component's row: its own choice of panels, each of which leads to its first dashboard. */
function component(of: Monitoring): Row[] {
  const panels = of.highlights ?? [];
  if (panels.length === 0) return [];
  const leadsTo = of.dashboards?.[0]?.uid;
  return [{ title: jobOf(of), panels: leadsTo ? panels.map((panel) => linked(panel, leadsTo)) : panels }];
}

/** What to open for which question. */
function index(dashboards: readonly Dashboard[]): Row {
  const lines = dashboards.map(({ uid, title, description }) => `- [${title}](/d/${uid}): ${description}`);
  return {
    title: "Dashboards",
    panels: [
      {
        kind: "text",
        title: "Where to look",
        description: "All dashboards of the stack; the menu at the top has them, too.",
        text: lines.join("\n"),
        height: Math.max(4, Math.ceil(dashboards.length * 1.2) + 2),
      },
    ],
  };
}

function linked(panel: Panel, leadsTo: string): Panel {
  return panel.kind === "text" || panel.leadsTo ? panel : { ...panel, leadsTo };
}

/** Panels that several components call the same are told apart by the component's name. */
function distinct(rows: readonly Row[]): Row[] {
  const titles = rows.flatMap(({ panels }) => panels.map(({ title }) => title));
  const often = new Set(titles.filter((title, i) => titles.indexOf(title) < i));
  return rows.map((row) => ({
    ...row,
    panels: row.panels.map((panel) =>
      often.has(panel.title) ? { ...panel, title: `${panel.title} (${row.title})` } : panel,
    ),
  }));
}
