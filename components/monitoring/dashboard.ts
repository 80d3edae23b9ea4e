import type { Duration } from "../core/units";
import type { LabelMatchers } from "./labels";
import type { Quantity } from "./quantity";

export { checkDashboards, collectDashboards } from "./dashboards/check";
export { dashboardFileName, dashboardJson } from "./dashboards/json";
export { OVERVIEW_UID, overviewDashboard } from "./dashboards/overview";
export { type PanelQuery, panelQueries } from "./dashboards/queries";

/** What the numbers of a panel are. `state`: numbers that stand for words, which `states` gives. */
export type PanelUnit =
  | Quantity
  | "bytes per second"
  | "megabytes per second"
  | "messages per second"
  | "requests per second"
  | "operations per second"
  | "rows per second"
  | "packets per second"
  | "cores"
  | "state";

/** Datasources that panels may ask, with the type and the fixed uid under which Grafana is given them. */
export const DATASOURCES = { prometheus: { type: "prometheus", uid: "prometheus" } } as const;
export type Datasource = keyof typeof DATASOURCES;

export interface Query {
  /** PromQL, with `$job` and other variables of its dashboard; `$__rate_interval` is the window of rates. */
  readonly expr: string;
  /** Name of the series, with labels as `{{instance}}`; in a table the title of the column. */
  readonly legend: string;
  /** For one column of a table that differs. @default the panel's */
  readonly unit?: PanelUnit;
  /** @default "prometheus" */
  readonly datasource?: Datasource;
}

/** From where on a value is not good: at and above these, or, with `bad: "below"`, below them. */
export interface Thresholds {
  readonly bad: "above" | "below";
  readonly warning?: number;
  readonly critical?: number;
  /** @default "orange" */
  readonly warningColour?: "orange" | "yellow";
}

export type Level = "good" | "warning" | "critical" | "neutral";

/** Words for values. */
export type States = Readonly<Record<number, { readonly text: string; readonly level: Level }>>;

interface PanelBase {
  readonly title: string;
  /** What it shows, and what to look for; Markdown. */
  readonly description: string;
  /** Columns of 24 at least; a line that is not full is widened. @default by kind */
  readonly width?: number;
  /** Grid rows of 30 pixels. @default by kind */
  readonly height?: number;
}

interface DataPanel extends PanelBase {
  readonly unit: PanelUnit;
  readonly queries: readonly Query[];
  /** Another dashboard that says more, by its uid. */
  readonly leadsTo?: string;
}

/** Values over time. */
export interface TimeSeriesPanel extends DataPanel {
  readonly kind: "timeseries";
  /** Areas on top of each other, for parts of a whole. @default false */
  readonly stacked?: boolean;
  /** Drawn as lines. @default none */
  readonly thresholds?: Thresholds;
  /** @default 0 */
  readonly min?: number | "auto";
  /** @default by the data */
  readonly max?: number;
}

/** The last value, large; with a line of its past behind it. */
export interface StatPanel extends DataPanel {
  readonly kind: "stat";
  readonly thresholds?: Thresholds;
  readonly states?: States;
  /** @default true */
  readonly sparkline?: boolean;
  /** Shown where there is nothing. @default "no data" */
  readonly nothing?: string;
}

/** The last value within its bounds. */
export interface GaugePanel extends DataPanel {
  readonly kind: "gauge";
  readonly min: number;
  readonly max: number;
  readonly thresholds?: Thresholds;
}

/** The last values beside each other, the greatest first. */
export interface BarGaugePanel extends DataPanel {
  readonly kind: "bargauge";
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: Thresholds;
}

/** One line per combination of labels, one column per query. */
export interface TablePanel extends DataPanel {
  readonly kind: "table";
  /** Labels in their order, with the titles of their columns. Queries keep these labels and no other. */
  readonly columns: Readonly<Record<string, string>>;
  /** Title of the column by which it is sorted, the greatest first. @default by the first label */
  readonly sortBy?: string;
  /** Colours of the values. */
  readonly thresholds?: Thresholds;
  readonly states?: States;
}

/** Which state each series had when. */
export interface StateTimelinePanel extends DataPanel {
  readonly kind: "state-timeline";
  readonly states: States;
}

/** How a distribution changes; its query is the rate of a histogram's buckets by `le`. */
export interface HeatmapPanel extends DataPanel {
  readonly kind: "heatmap";
}

export interface TextPanel extends PanelBase {
  readonly kind: "text";
  /** Markdown. */
  readonly text: string;
}

export type Panel =
  | TimeSeriesPanel
  | StatPanel
  | GaugePanel
  | BarGaugePanel
  | TablePanel
  | StateTimelinePanel
  | HeatmapPanel
  | TextPanel;

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Its panels ask nothing until it is opened. @default false */
  readonly collapsed?: boolean;
}

/** A choice at the top of a dashboard: some or all values that a label has. */
export interface Variable {
  /** `job` is used as `$job`. */
  readonly name: string;
  readonly title: string;
  readonly values: { readonly metric: string; readonly label: string; readonly matchers?: LabelMatchers };
}

export type DashboardLink =
  | { readonly title: string; readonly dashboard: string }
  | { readonly title: string; readonly url: string };

/** A page of panels. Two components that bring equal ones share one. */
export interface Dashboard {
  /** Its address; at most 40 letters, digits, `-` and `_`. Never change it: links and favourites hold it. */
  readonly uid: string;
  readonly title: string;
  /** Which questions it answers. */
  readonly description: string;
  /** Besides `datastack`, which all have. */
  readonly tags?: readonly string[];
  /** @default "Stack" */
  readonly folder?: string;
  /** Besides `datasource`, which all have. */
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
  /** Besides the menu of all dashboards. */
  readonly links?: readonly DashboardLink[];
  /** How far back it looks. @default "1h" */
  readonly span?: Duration;
  /** @default "30s" */
  readonly refresh?: Duration;
}

/** Tag of every dashboard that components bring. */
export const DASHBOARD_TAG = "datastack";
export const DEFAULT_FOLDER = "Stack";
