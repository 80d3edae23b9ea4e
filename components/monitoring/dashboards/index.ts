// What `dashboards` of "datastack" offers: to write dashboards of one's own.

export type {
  Dashboard,
  DashboardLink,
  Datasource,
  Level,
  Panel,
  PanelUnit,
  Query,
  Row,
  States,
  Thresholds,
  Variable,
} from "../dashboard";
export type { Counter, Gauge, Histogram, Signal } from "../signal";
export { checkDashboards, collectDashboards } from "./check";
export { dashboardJson } from "./json";
export { overviewDashboard } from "./overview";
export { type PanelQuery, panelQueries } from "./queries";
export { jobAndInstance, labelVariable, query, type Series, View } from "./view";
