import { isDeepStrictEqual } from "node:util";
import { type Problem, under } from "../../core/problems";
import { DATASOURCES, type Dashboard, DEFAULT_FOLDER, type Panel, type Thresholds, type Variable } from "../dashboard";
import { isLabelName, isMetricName } from "../labels";
import type { Monitoring } from "../monitoring";
import { isDuration } from "../promql";
import { syntaxError } from "../syntax";
import { COLUMNS } from "./grid";
import { variablesOf } from "./queries";
import { GRAFANA_UNITS } from "./units";

/** What components want to be shown, in an order that does not depend on theirs; equal dashboards once. */
export function collectDashboards(monitoring: readonly Monitoring[]): Dashboard[] {
  const distinct: Dashboard[] = [];
  for (const dashboard of monitoring.flatMap((one) => one.dashboards ?? [])) {
    if (!distinct.some((other) => other === dashboard || isDeepStrictEqual(other, dashboard))) distinct.push(dashboard);
  }
  return distinct.sort((a, b) => (a.uid < b.uid ? -1 : a.uid > b.uid ? 1 : 0));
}

/** What is wrong with dashboards that one Grafana is to have together. */
export function checkDashboards(path: string, dashboards: readonly Dashboard[]): Problem[] {
  const uids = new Set(dashboards.map(({ uid }) => uid));
  return [
    ...dashboards.flatMap((dashboard) => under(`${path}.${dashboard.uid}`, checkDashboard(dashboard, uids))),
    ...duplicates(dashboards, ({ uid }) => uid).map(({ value, titles }) => ({
      path: `${path}.uid`,
      value,
      rule: `is the uid of several dashboards (${titles})`,
      fix: "Give each a uid of its own; Grafana would keep one of them only",
    })),
    ...duplicates(dashboards, ({ folder = DEFAULT_FOLDER, title }) => `${folder}/${title}`).map(({ value }) => ({
      path: `${path}.title`,
      value,
      rule: "is the title of several dashboards in one folder",
      fix: "Give each a title of its own; Grafana would show one of them only",
    })),
  ];
}

function checkDashboard(dashboard: Dashboard, uids: ReadonlySet<string>): Problem[] {
  const { uid, title, description, variables, rows, links = [], span = "1h", refresh = "30s" } = dashboard;
  const known = new Set(["datasource", ...variables.map(({ name }) => name)]);
  return [
    ...(/^[A-Za-z0-9_-]{1,40}$/.test(uid)
      ? []
      : [{ path: "uid", value: uid, rule: 'must be 1 to 40 letters, digits, "-" and "_"' }]),
    ...text("title", title),
    ...text("description", description, "Say which questions it answers"),
    ...(rows.length > 0 && rows.every(({ panels }) => panels.length > 0)
      ? []
      : [{ path: "rows", rule: "must have panels, in each row one at least", fix: "Add panels or remove the row" }]),
    ...variables.flatMap((variable, i) => under(`variables.${variable.name || i}`, checkVariable(variable, variables))),
    ...links.flatMap((link) => ("dashboard" in link ? checkLink("links", link.dashboard, uids) : [])),
    ...Object.entries({ span, refresh }).flatMap(([at, value]) =>
      isDuration(value) ? [] : [{ path: at, value, rule: "must be a whole number above 0 followed by s, m, h or d" }],
    ),
    ...repeated(rows.flatMap(({ panels }) => panels.map((panel) => panel.title))).map((value) => ({
      path: "panels",
      value,
      rule: "is the title of several panels",
      fix: "Give each a title of its own: people and reports name panels by it",
    })),
    ...rows.flatMap(({ panels }) =>
      panels.flatMap((panel, i) => under(panel.title || `panel ${i + 1}`, checkPanel(panel, known, uids))),
    ),
  ];
}

function checkPanel(panel: Panel, variables: ReadonlySet<string>, uids: ReadonlySet<string>): Problem[] {
  const { width = 1, height = 1 } = panel;
  const frame = [
    ...text("title", panel.title),
    ...text("description", panel.description, "Say what it shows and what to look for"),
    ...(Number.isInteger(width) && width >= 1 && width <= COLUMNS
      ? []
      : [{ path: "width", value: width, rule: `must be a whole number of columns, 1 to ${COLUMNS}` }]),
    ...(Number.isInteger(height) && height >= 1
      ? []
      : [{ path: "height", value: height, rule: "must be a whole number from 1 on" }]),
  ];
  if (panel.kind === "text") return [...frame, ...text("text", panel.text)];
  const { queries, unit, leadsTo } = panel;
  return [
    ...frame,
    ...checkUnit("unit", unit),
    ...(queries.length > 0 ? [] : [{ path: "queries", rule: "must have a query", fix: "Add one, or make it a text" }]),
    ...queries.flatMap((query, i) =>
      under(`queries.${i + 1}`, [
        ...checkExpression(query.expr, variables),
        ...text("legend", query.legend, 'Name the series, such as "{{instance}}"'),
        ...(query.unit === undefined ? [] : checkUnit("unit", query.unit)),
        ...checkDatasource(query.datasource),
      ]),
    ),
    ...(leadsTo === undefined ? [] : checkLink("leadsTo", leadsTo, uids)),
    ...("thresholds" in panel && panel.thresholds ? checkThresholds(panel.thresholds) : []),
    ...checkKind(panel),
  ];
}

function checkKind(panel: Exclude<Panel, { kind: "text" }>): Problem[] {
  const problems: Problem[] = [];
  const { min, max } = panel as { min?: number; max?: number };
  if (panel.kind === "gauge" && !(panel.max > panel.min)) {
    problems.push({ path: "max", value: max, rule: `must be above min (${min})`, fix: "A gauge needs its bounds" });
  }
  const states = "states" in panel ? panel.states : undefined;
  if (panel.unit === "state" && Object.keys(states ?? {}).length === 0) {
    problems.push({ path: "states", rule: 'must give words for the values of the unit "state"' });
  }
  if (panel.kind === "table") {
    const legends = panel.queries.map(({ legend }) => legend);
    if (Object.keys(panel.columns).length === 0) {
      problems.push({ path: "columns", rule: "must name the labels that the lines are told apart by" });
    }
    if (new Set(legends).size < legends.length) {
      problems.push({ path: "queries", rule: "must have legends that differ: they are the columns' titles" });
    }
    if (panel.sortBy !== undefined && ![...legends, ...Object.values(panel.columns)].includes(panel.sortBy)) {
      problems.push({ path: "sortBy", value: panel.sortBy, rule: "is the title of no column" });
    }
  }
  return problems;
}

function checkExpression(expr: string, variables: ReadonlySet<string>): Problem[] {
  const wrong = syntaxError(expr);
  if (wrong) return [{ path: "expr", value: expr, rule: wrong }];
  const unknown = variablesOf(expr).filter((name) => !name.startsWith("__") && !variables.has(name));
  return [...new Set(unknown)].map((name) => ({
    path: "expr",
    value: expr,
    rule: `uses $${name}, which is no variable of the dashboard`,
    fix: `Its variables are ${[...variables].sort().join(", ")}`,
  }));
}

function checkVariable({ name, title, values }: Variable, all: readonly Variable[]): Problem[] {
  const problems = text("title", title);
  if (!isLabelName(name) || name.startsWith("__")) {
    problems.push({ path: "name", value: name, rule: "must be letters, digits and _, and not begin with __" });
  }
  if (name === "datasource" || all.filter((other) => other.name === name).length > 1) {
    problems.push({ path: "name", value: name, rule: "is the name of several variables", fix: "Rename one of them" });
  }
  if (!isMetricName(values.metric))
    problems.push({ path: "values.metric", value: values.metric, rule: "must be the name of a metric" });
  if (!isLabelName(values.label))
    problems.push({ path: "values.label", value: values.label, rule: "must be the name of a label" });
  return problems;
}

function checkThresholds({ bad, warning, critical }: Thresholds): Problem[] {
  if (warning === undefined && critical === undefined) {
    return [{ path: "thresholds", rule: "must say from where on a value is bad: warning, critical or both" }];
  }
  if (warning === undefined || critical === undefined) return [];
  const ordered = bad === "above" ? critical > warning : critical < warning;
  if (ordered) return [];
  return [
    {
      path: "thresholds.critical",
      value: critical,
      rule: `must be ${bad} warning (${warning})`,
      fix: "Swap them, or change `bad`",
    },
  ];
}

function checkUnit(path: string, unit: string | undefined): Problem[] {
  if (unit !== undefined && unit in GRAFANA_UNITS) return [];
  const fix = `Units are ${Object.keys(GRAFANA_UNITS).sort().join(", ")}`;
  return unit ? [{ path, value: unit, rule: "is not a unit", fix }] : [{ path, rule: "must be given", fix }];
}

function checkDatasource(datasource: string | undefined): Problem[] {
  if (datasource === undefined || datasource in DATASOURCES) return [];
  const rule = "is not a datasource that Grafana is given";
  return [{ path: "datasource", value: datasource, rule, fix: `Use one of ${Object.keys(DATASOURCES).join(", ")}` }];
}

function checkLink(path: string, uid: string, uids: ReadonlySet<string>): Problem[] {
  return uids.has(uid)
    ? []
    : [{ path, value: uid, rule: "is the uid of no dashboard", fix: "Remove the link or correct it" }];
}

function text(path: string, value: string | undefined, fix?: string): Problem[] {
  return value?.trim() ? [] : [{ path, rule: "must be given", ...(fix ? { fix } : {}) }];
}

function repeated(titles: readonly string[]): string[] {
  return [...new Set(titles.filter((title, i) => titles.indexOf(title) < i))];
}

function duplicates(dashboards: readonly Dashboard[], key: (of: Dashboard) => string) {
  const groups = new Map<string, Dashboard[]>();
  for (const dashboard of dashboards) groups.set(key(dashboard), [...(groups.get(key(dashboard)) ?? []), dashboard]);
  return [...groups]
    .filter(([, same]) => same.length > 1)
    .map(([value, same]) => ({ value, titles: same.map(({ title }) => JSON.stringify(title)).join(", ") }));
}
