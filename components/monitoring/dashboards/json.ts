import type * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import { stableJson } from "../../core/names";
import {
  DASHBOARD_TAG,
  DATASOURCES,
  type Dashboard,
  type DashboardLink,
  type Panel,
  type Row,
  type Variable,
} from "../dashboard";
import { selector } from "../labels";
import { COLUMNS, type Place, pack } from "./grid";
import { DATASOURCE_REF, renderBody, sizeOf } from "./panels";
import type { Plain } from "./plain";

/** Grafana's classic schema, which file provisioning takes; the newer one is for its API only. */
const SCHEMA_VERSION = 42;

/** A dashboard as Grafana's file provisioning reads it: the same dashboard gives the same bytes. */
export function dashboardJson(dashboard: Dashboard): string {
  const known = rendered.get(dashboard);
  if (known !== undefined) return known;
  const json = `${stableJson(renderDashboard(dashboard), 1)}\n`;
  rendered.set(dashboard, json);
  return json;
}

/** Of dashboards that were asked for before: a program's plan is made several times. */
const rendered = new WeakMap<Dashboard, string>();

/** Name of the file that it is provisioned from. */
export function dashboardFileName(dashboard: Dashboard): string {
  return `${dashboard.uid}.json`;
}

export function renderDashboard(dashboard: Dashboard): Plain<grafana.Dashboard> {
  return {
    // Grafana gives numbers; what makes it the same dashboard is the uid.
    id: null,
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: [...new Set([DASHBOARD_TAG, ...(dashboard.tags ?? [])])],
    editable: false,
    schemaVersion: SCHEMA_VERSION,
    graphTooltip: 1,
    timezone: "browser",
    fiscalYearStartMonth: 0,
    time: { from: `now-${dashboard.span ?? "1h"}`, to: "now" },
    timepicker: {},
    refresh: dashboard.refresh ?? "30s",
    preload: false,
    templating: { list: [datasourceVariable(), ...dashboard.variables.map(queryVariable)] },
    annotations: { list: [] },
    links: [menu(), ...(dashboard.links ?? []).map(link)],
    panels: renderRows(dashboard.rows),
  };
}

type Rendered = Plain<grafana.Panel | grafana.RowPanel>;

function renderRows(rows: readonly Row[]): Rendered[] {
  let id = 0;
  let y = 0;
  return rows.flatMap((row): Rendered[] => {
    const { title, collapsed = false } = row;
    const head = { type: "row" as const, id: ++id, title, collapsed, gridPos: { x: 0, y, w: COLUMNS, h: 1 } };
    const places = pack(row.panels.map(sizeOf), y + 1);
    const panels = row.panels.map((panel, i) => renderPanel(panel, ++id, places[i] as Place));
    y += 1;
    if (collapsed) return [{ ...head, panels }];
    y = Math.max(y, ...places.map((place) => place.y + place.h));
    return [{ ...head, panels: [] }, ...panels];
  });
}

function renderPanel(panel: Panel, id: number, { x, y, w, h }: Place): Plain<grafana.Panel> {
  const { leadsTo } = panel.kind === "text" ? {} : panel;
  return {
    id,
    title: panel.title,
    description: panel.description,
    gridPos: { x, y, w, h },
    transparent: false,
    ...(panel.kind === "text" ? {} : { datasource: DATASOURCE_REF }),
    ...(leadsTo ? { links: [link({ title: "More about it", dashboard: leadsTo })] } : {}),
    ...renderBody(panel),
  };
}

function datasourceVariable(): Plain<grafana.VariableModel> {
  const { type, uid } = DATASOURCES.prometheus;
  return {
    type: "datasource",
    name: "datasource",
    label: "Data source",
    description: "Which Prometheus is asked",
    query: type,
    current: { text: "Prometheus", value: uid, selected: true },
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    refresh: 1,
    regex: "",
    skipUrlSync: false,
  };
}

/** All values are chosen at first, by an expression that matches any. */
function queryVariable({ name, title, values }: Variable): Plain<grafana.VariableModel> {
  const query = `label_values(${selector(values.metric, values.matchers)}, ${values.label})`;
  return {
    type: "query",
    name,
    label: title,
    datasource: DATASOURCE_REF,
    definition: query,
    query: { qryType: 1, query, refId: "PrometheusVariableQueryEditor-VariableQuery" },
    allValue: ".+",
    current: { text: ["All"], value: ["$__all"], selected: true },
    hide: 0,
    includeAll: true,
    multi: true,
    options: [],
    // Whenever the time changes: what runs now need not have run then.
    refresh: 2,
    regex: "",
    skipUrlSync: false,
    sort: 1,
  };
}

/** Every dashboard leads to every other. */
function menu(): Plain<grafana.DashboardLink> {
  return {
    ...PLAIN_LINK,
    type: "dashboards",
    title: "Dashboards",
    tags: [DASHBOARD_TAG],
    asDropdown: true,
    includeVars: false,
  };
}

function link(to: DashboardLink): Plain<grafana.DashboardLink> {
  const url = "url" in to ? to.url : `/d/${to.dashboard}`;
  return { ...PLAIN_LINK, title: to.title, url, targetBlank: "url" in to };
}

const PLAIN_LINK: Plain<grafana.DashboardLink> = {
  type: "link",
  title: "",
  icon: "external link",
  tooltip: "",
  url: "",
  tags: [],
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: true,
};
