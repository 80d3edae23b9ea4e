import type * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import type { GraphFieldConfig, ReduceDataOptions, VizLegendOptions } from "@grafana/grafana-foundation-sdk/common";
import type * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import type * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import type * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as text from "@grafana/grafana-foundation-sdk/text";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type {
  BarGaugePanel,
  GaugePanel,
  HeatmapPanel,
  Panel,
  Query,
  StateTimelinePanel,
  StatPanel,
  TextPanel,
  TimeSeriesPanel,
} from "../dashboard";
import { mappings, thresholds } from "./colours";
import type { Size } from "./grid";
import type { Plain } from "./plain";
import { renderTable } from "./table";
import { GRAFANA_UNITS } from "./units";

/** A panel without its number, place and frame. */
export type Body = Pick<Plain<grafana.Panel>, "type" | "targets" | "options" | "fieldConfig" | "transformations">;
type Data = Exclude<Panel, TextPanel>;

/** Panels ask what the variable at the top of the dashboard chooses. */
export const DATASOURCE_REF = { type: "prometheus", uid: `\${datasource}` } as const;

const SIZES: Readonly<Record<Panel["kind"], Size>> = {
  timeseries: { width: 12, height: 8 },
  stat: { width: 4, height: 4 },
  gauge: { width: 4, height: 6 },
  bargauge: { width: 8, height: 8 },
  table: { width: 24, height: 8 },
  "state-timeline": { width: 24, height: 6 },
  heatmap: { width: 12, height: 8 },
  text: { width: 24, height: 3 },
};

export function sizeOf(panel: Panel): Size {
  const { width, height } = SIZES[panel.kind];
  return { width: panel.width ?? width, height: panel.height ?? height };
}

export function renderBody(panel: Panel): Body {
  switch (panel.kind) {
    case "timeseries":
      return renderTimeSeries(panel);
    case "stat":
      return renderStat(panel);
    case "gauge":
      return renderGauge(panel);
    case "bargauge":
      return renderBarGauge(panel);
    case "table":
      return renderTable(panel, (how) => targets(panel, how));
    case "state-timeline":
      return renderStateTimeline(panel);
    case "heatmap":
      return renderHeatmap(panel);
    case "text":
      return renderText(panel);
  }
}

/** `A`, `B`, …, `Z`, `AA`. */
export function refId(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : refId(Math.floor(index / 26) - 1) + letter;
}

export type How = Pick<Plain<Dataquery>, "format" | "instant" | "range">;
const NOW: How = { format: "time_series", instant: true, range: false };
const OVER_TIME: How = { format: "time_series", instant: false, range: true };

function targets(panel: Data, how: How): Plain<Dataquery>[] {
  return panel.queries.map((query: Query, i) => ({
    refId: refId(i),
    datasource: DATASOURCE_REF,
    editorMode: "code",
    expr: query.expr,
    legendFormat: query.legend,
    ...how,
  }));
}

const LAST: Plain<ReduceDataOptions> = { calcs: ["lastNotNull"], fields: "", values: false };
const LEGEND: Plain<VizLegendOptions> = { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] };
const NO_LEGEND: Plain<VizLegendOptions> = { ...LEGEND, showLegend: false };

function renderTimeSeries(panel: TimeSeriesPanel): Body {
  const custom: Plain<GraphFieldConfig> = {
    drawStyle: "line",
    lineInterpolation: "linear",
    lineWidth: 1,
    fillOpacity: panel.stacked ? 40 : 8,
    gradientMode: "none",
    showPoints: "auto",
    pointSize: 5,
    // Where scrapes failed there is a gap.
    spanNulls: false,
    insertNulls: false,
    stacking: { mode: panel.stacked ? "normal" : "none", group: "A" },
    axisPlacement: "auto",
    axisLabel: "",
    axisColorMode: "text",
    axisBorderShow: false,
    axisCenteredZero: false,
    scaleDistribution: { type: "linear" },
    hideFrom: { legend: false, tooltip: false, viz: false },
    thresholdsStyle: { mode: panel.thresholds ? "dashed" : "off" },
  };
  const options: Plain<timeseries.Options> = {
    legend: LEGEND,
    tooltip: { mode: "multi", sort: "desc" },
  };
  const { min = 0, max } = panel;
  return {
    type: "timeseries",
    targets: targets(panel, OVER_TIME),
    options,
    fieldConfig: fields(panel, {
      color: { mode: "palette-classic" },
      custom,
      ...(min === "auto" ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    }),
  };
}

function renderStat(panel: StatPanel): Body {
  const sparkline = panel.sparkline ?? true;
  const options: Plain<stat.Options> = {
    graphMode: sparkline ? "area" : "none",
    colorMode: "value",
    justifyMode: "auto",
    textMode: "auto",
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: "standard",
    orientation: "auto",
    reduceOptions: LAST,
  };
  return {
    type: "stat",
    targets: targets(panel, sparkline ? OVER_TIME : NOW),
    options,
    fieldConfig: fields(panel, { noValue: panel.nothing ?? "no data" }),
  };
}

function renderGauge(panel: GaugePanel): Body {
  const options: Plain<gauge.Options> = {
    showThresholdLabels: false,
    showThresholdMarkers: true,
    sizing: "auto",
    minVizWidth: 75,
    minVizHeight: 75,
    orientation: "auto",
    reduceOptions: LAST,
  };
  return {
    type: "gauge",
    targets: targets(panel, NOW),
    options,
    fieldConfig: fields(panel, { min: panel.min, max: panel.max }),
  };
}

function renderBarGauge(panel: BarGaugePanel): Body {
  const options: Plain<bargauge.Options> = {
    displayMode: "basic",
    valueMode: "color",
    namePlacement: "left",
    showUnfilled: true,
    sizing: "auto",
    minVizWidth: 8,
    minVizHeight: 16,
    maxVizHeight: 32,
    legend: NO_LEGEND,
    orientation: "horizontal",
    reduceOptions: LAST,
  };
  const { min = 0, max } = panel;
  return {
    type: "bargauge",
    targets: targets(panel, NOW),
    options,
    fieldConfig: fields(panel, { min, ...(max === undefined ? {} : { max }) }),
  };
}

function renderStateTimeline(panel: StateTimelinePanel): Body {
  const custom: Plain<statetimeline.FieldConfig> = { lineWidth: 0, fillOpacity: 70, spanNulls: false };
  const options: Plain<statetimeline.Options> = {
    showValue: "auto",
    rowHeight: 0.9,
    mergeValues: true,
    alignValue: "left",
    perPage: 20,
    legend: LEGEND,
    tooltip: { mode: "single", sort: "none" },
  };
  return {
    type: "state-timeline",
    targets: targets(panel, OVER_TIME),
    options,
    fieldConfig: fields(panel, { custom }),
  };
}

function renderHeatmap(panel: HeatmapPanel): Body {
  const options: Plain<heatmap.Options> = {
    calculate: false,
    cellGap: 1,
    color: { mode: "scheme", scheme: "Oranges", steps: 64, exponent: 0.5, fill: "dark-orange", reverse: false },
    exemplars: { color: "rgba(255,0,255,0.7)" },
    // Cells without anything stay empty.
    filterValues: { le: 1e-9 },
    legend: { show: true },
    rowsFrame: { layout: "auto" },
    showValue: "never",
    selectionMode: "x",
    tooltip: { mode: "single", yHistogram: false, showColorScale: false },
    yAxis: { axisPlacement: "left", reverse: false, unit: GRAFANA_UNITS[panel.unit] },
  };
  return {
    type: "heatmap",
    targets: targets(panel, { ...OVER_TIME, format: "heatmap" }),
    options,
    fieldConfig: fields(panel, {}),
  };
}

function renderText(panel: TextPanel): Body {
  const options: Plain<text.Options> = { mode: "markdown", content: panel.text };
  return { type: "text", targets: [], options, fieldConfig: { defaults: {}, overrides: [] } };
}

/** What all series of a panel have in common. */
function fields(panel: Data, more: Plain<grafana.FieldConfig>): Plain<grafana.FieldConfigSource> {
  const states = "states" in panel ? panel.states : undefined;
  return {
    defaults: {
      unit: GRAFANA_UNITS[panel.unit],
      color: { mode: "thresholds" },
      mappings: mappings(states),
      thresholds: thresholds("thresholds" in panel ? panel.thresholds : undefined),
      ...more,
    },
    overrides: [],
  };
}
