import type { TableFieldOptions } from "@grafana/grafana-foundation-sdk/common";
import type * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type { TablePanel } from "../dashboard";
import { mappings, thresholds } from "./colours";
import type { Body, How } from "./panels";
import type { Plain } from "./plain";
import { GRAFANA_UNITS } from "./units";

/** One line per combination of labels: the queries' tables are merged by them, and their columns named and put in order. */
export function renderTable(panel: TablePanel, targets: (how: How) => Plain<Dataquery>[]): Body {
  const queries = targets({ format: "table", instant: true, range: false });
  // A single query's column is called "Value", several ones' "Value #A" and so on.
  const values = panel.queries.map((query, i) => ({
    query,
    name: panel.queries.length === 1 ? "Value" : `Value #${queries[i]?.refId}`,
  }));
  const order = [...Object.keys(panel.columns), ...values.map(({ name }) => name)];
  const options: Plain<table.Options> = {
    frameIndex: 0,
    showHeader: true,
    showTypeIcons: false,
    footer: { show: false, reducer: [], countRows: false },
    cellHeight: "sm",
    sortBy: [sorting(panel)],
  };
  const custom: Plain<TableFieldOptions> = {
    align: "auto",
    cellOptions: { type: "auto" },
    inspect: false,
    filterable: false,
  };
  return {
    type: "table",
    targets: queries,
    options,
    transformations: [
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true },
          indexByName: Object.fromEntries(order.map((name, i) => [name, i])),
          renameByName: {
            ...panel.columns,
            ...Object.fromEntries(values.map(({ name, query }) => [name, query.legend])),
          },
        },
      },
    ],
    fieldConfig: {
      defaults: {
        color: { mode: "thresholds" },
        custom,
        mappings: mappings(panel.states),
        thresholds: thresholds(panel.thresholds),
        unit: GRAFANA_UNITS[panel.unit],
      },
      overrides: values.map(({ query }) => column(panel, query.legend, GRAFANA_UNITS[query.unit ?? panel.unit])),
    },
  };
}

function column(panel: TablePanel, title: string, unit: string): Plain<grafana.FieldConfigSource>["overrides"][number] {
  const coloured = panel.thresholds || panel.states;
  return {
    matcher: { id: "byName", options: title },
    properties: [
      { id: "unit", value: unit },
      ...(coloured ? [{ id: "custom.cellOptions", value: { type: "color-text" } }] : []),
    ],
  };
}

function sorting(panel: TablePanel) {
  const first = Object.values(panel.columns)[0] ?? "";
  return panel.sortBy === undefined ? { displayName: first, desc: false } : { displayName: panel.sortBy, desc: true };
}
