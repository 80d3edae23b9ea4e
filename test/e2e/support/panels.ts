import * as fs from "node:fs";
import { Grafana } from "../../../components/grafana";
import { dashboardsOf } from "../../../components/grafana/settings";
import { type PanelQuery, panelQueries } from "../../../components/monitoring/dashboard";
import { metricNameFinder } from "../../../tools/check/prometheus/metric-names";
import { inRoot } from "../../../tools/core/paths";
import type { E2eStack } from "./stack";

/** Panels that show nothing on a stack to which nothing happens, with the reason. */
const WITHOUT_DATA = inRoot("test", "fixtures", "panels-without-data.json");

export interface Judged {
  /** Queries whose metric Prometheus does not have, and which are not expected to have none. */
  readonly unknown: readonly string[];
  /** Panels without data that are not listed in panels-without-data.json. */
  readonly empty: readonly string[];
  /** Number of panels. */
  readonly total: number;
  /** Share of panels that have data, 0 to 1. */
  readonly filled: number;
}

/** Asks a running Prometheus every query of every panel, but for those that had data already, to which it adds. */
export async function judgePanels(stack: E2eStack, filled: Set<string>): Promise<Judged> {
  const [grafana] = stack.declaration.all(Grafana);
  if (!grafana) throw new Error("the stack has no Grafana");
  const queries = panelQueries(dashboardsOf(grafana.args));
  const names = new Set(await stack.prometheus.metricNames());
  const metricsOf = await metricNameFinder();
  const unknown = new Map<string, string[]>();
  const pending = queries.filter((query) => !filled.has(keyOf(query)));
  const work = async (): Promise<void> => {
    for (let query = pending.shift(); query; query = pending.shift()) {
      const key = keyOf(query);
      if ((await stack.prometheus.query(query.expr)).length > 0) filled.add(key);
      else unknown.set(key, [...(unknown.get(key) ?? []), ...metricsOf(query.expr).filter((name) => !names.has(name))]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  const expected = JSON.parse(fs.readFileSync(WITHOUT_DATA, "utf8")) as Readonly<Record<string, string>>;
  const panels = new Set(queries.map(keyOf));
  const open = [...panels].filter((key) => !filled.has(key) && !(key in expected));
  return {
    unknown: open.flatMap((key) => (unknown.get(key) ?? []).map((name) => `${key}: ${name}`)),
    empty: open,
    total: panels.size,
    filled: filled.size / panels.size,
  };
}

/** As the list of panels without data names them. */
function keyOf({ dashboard, panel }: PanelQuery): string {
  return `${dashboard} / ${panel}`;
}
