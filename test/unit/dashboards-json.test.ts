import * as fs from "node:fs";
import * as path from "node:path";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import { defaultDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as text from "@grafana/grafana-foundation-sdk/text";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { describe, expect, it } from "vitest";
import {
  type Dashboard,
  dashboardFileName,
  dashboardJson,
  type Panel,
  panelQueries,
} from "../../components/monitoring/dashboard";
import { COLUMNS } from "../../components/monitoring/dashboards/grid";
import { refId } from "../../components/monitoring/dashboards/panels";
import { GRAFANA_UNITS } from "../../components/monitoring/dashboards/units";
import { DASHBOARDS, FOREIGN } from "../support/dashboards";

interface Json {
  readonly [key: string]: unknown;
  readonly panels: readonly JsonPanel[];
}

interface JsonPanel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly datasource: unknown }[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly panels?: readonly JsonPanel[];
  readonly [key: string]: unknown;
}

const parse = (dashboard: Dashboard) => JSON.parse(dashboardJson(dashboard)) as Json;
const all = [...DASHBOARDS, ...FOREIGN].map((dashboard) => ({ uid: dashboard.uid, dashboard, json: parse(dashboard) }));
const flat = (json: Json): JsonPanel[] => json.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

describe("every dashboard's JSON", () => {
  it.each(all)("$uid is what file provisioning takes", ({ uid, dashboard, json }) => {
    expect(json).toMatchObject({
      id: null,
      uid,
      editable: false,
      schemaVersion: 42,
      tags: expect.arrayContaining(["datastack"]),
    });
    expect(json).not.toHaveProperty("__inputs");
    expect(json).not.toHaveProperty("apiVersion");
    expect(dashboardFileName(dashboard)).toBe(`${uid}.json`);
    expect(dashboardJson(structuredClone(dashboard))).toBe(dashboardJson(dashboard));
  });

  it.each(all)("$uid has panels with ids 1 to n, refIds and a datasource that can be chosen", ({ json }) => {
    const panels = flat(json);
    expect(panels.map(({ id }) => id)).toEqual(panels.map((_, i) => i + 1));
    for (const { type, targets = [], datasource } of panels) {
      expect(targets.map((target) => target.refId)).toEqual(targets.map((_, i) => refId(i)));
      const ref = { type: "prometheus", uid: `\${datasource}` };
      expect(targets.every((target) => JSON.stringify(target.datasource) === JSON.stringify(ref))).toBe(true);
      if (!["row", "text"].includes(type)) expect(datasource).toEqual(ref);
    }
  });

  it.each(all)("$uid has no panels over each other or beyond the grid", ({ json }) => {
    const cells = new Set<string>();
    for (const {
      gridPos: { x, y, w, h },
    } of flat(json)) {
      expect(x + w).toBeLessThanOrEqual(COLUMNS);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(cells.has(`${column},${row}`)).toBe(false);
          cells.add(`${column},${row}`);
        }
      }
    }
  });

  it("stays small enough to be files of a pod", () => {
    expect(Math.max(...all.map(({ dashboard }) => dashboardJson(dashboard).length))).toBeLessThan(256 * 1024);
  });
});

/** One panel of each kind, as small as can be. */
const common = { title: "a", description: "b", unit: "seconds", queries: [{ expr: "up", legend: "{{job}}" }] } as const;
const states = { 1: { text: "up", level: "good" } } as const;
const kinds: Readonly<Record<Panel["kind"], Panel>> = {
  timeseries: { kind: "timeseries", ...common },
  stat: { kind: "stat", ...common },
  gauge: { kind: "gauge", ...common, min: 0, max: 1 },
  bargauge: { kind: "bargauge", ...common },
  table: { kind: "table", ...common, columns: { job: "Job" } },
  "state-timeline": { kind: "state-timeline", ...common, states },
  heatmap: { kind: "heatmap", ...common },
  text: { kind: "text", title: "a", description: "b", text: "c" },
};
const schema: Readonly<Record<Panel["kind"], { readonly defaultOptions: () => object }>> = {
  timeseries,
  stat,
  gauge,
  bargauge,
  table,
  "state-timeline": statetimeline,
  heatmap,
  text,
};

function board(...panels: Panel[]): Dashboard {
  return { uid: "a", title: "a", description: "a", variables: [], rows: [{ title: "r", panels }] };
}

describe("each kind of panel", () => {
  it.each(Object.keys(kinds) as Panel["kind"][])(
    "%s sets every option that Grafana's schema has a default for",
    (kind) => {
      const panel = flat(parse(board(kinds[kind])))[1];
      expect(panel?.type).toBe(kind);
      // What the schema has no value for is optional.
      const expected = Object.entries(schema[kind].defaultOptions()).filter(([, value]) => value !== undefined);
      expect(expected.map(([name]) => name).filter((name) => !(name in (panel?.options ?? {})))).toEqual([]);
    },
  );

  it("is in a dashboard that sets all that the schema asks for", () => {
    const required = Object.entries(defaultDashboard()).filter(([, value]) => value !== undefined);
    expect(required.map(([name]) => name).filter((name) => !(name in parse(board(kinds.stat))))).toEqual([]);
  });

  it("has a unit that Grafana knows", () => {
    const known = new Set<unknown>(Object.values(units));
    expect(Object.values(GRAFANA_UNITS).filter((unit) => !known.has(unit))).toEqual([]);
  });

  it("is coloured from its thresholds on", () => {
    const steps = (thresholds: NonNullable<(Panel & { kind: "stat" })["thresholds"]>) => {
      const [, panel] = flat(parse(board({ kind: "stat", ...common, thresholds })));
      const config = panel?.fieldConfig as {
        defaults: { thresholds: { steps: { value: number | null; color: string }[] } };
      };
      return config.defaults.thresholds.steps.map(({ value, color }) => `${value} ${color}`);
    };
    expect(steps({ bad: "above", warning: 2, critical: 5 })).toEqual(["null green", "2 orange", "5 red"]);
    expect(steps({ bad: "above", critical: 1 })).toEqual(["null green", "1 red"]);
    expect(steps({ bad: "below", warning: 5, critical: 2 })).toEqual(["null red", "2 orange", "5 green"]);
    expect(steps({ bad: "below", warning: 5 })).toEqual(["null orange", "5 green"]);
    expect(steps({ bad: "above", warning: 2, critical: 5, warningColour: "yellow" })).toEqual([
      "null green",
      "2 yellow",
      "5 red",
    ]);
    expect(steps({ bad: "below", critical: 1 })).toEqual(["null red", "1 green"]);
  });

  it("of a table names the columns of one query and of several", () => {
    const renamed = (...legends: string[]) => {
      const queries = legends.map((legend) => ({ expr: "up", legend }));
      const [, panel] = flat(parse(board({ kind: "table", ...common, queries, columns: { job: "Job" } })));
      const [, organize] = (panel?.transformations ?? []) as { options: { renameByName: Record<string, string> } }[];
      return organize?.options.renameByName;
    };
    expect(renamed("Up")).toEqual({ job: "Job", Value: "Up" });
    expect(renamed("Up", "Down")).toEqual({ job: "Job", "Value #A": "Up", "Value #B": "Down" });
  });

  it("of a collapsed row is within the row, and takes no room below it", () => {
    const json = parse({
      ...board(kinds.stat),
      rows: [
        { title: "r", collapsed: true, panels: [kinds.stat] },
        { title: "s", panels: [kinds.table] },
      ],
    });
    expect(json.panels.map(({ id, type, gridPos }) => [id, type, gridPos.y])).toEqual([
      [1, "row", 0],
      [3, "row", 1],
      [4, "table", 2],
    ]);
    expect(json.panels[0]?.panels?.map(({ id }) => id)).toEqual([2]);
  });
});

it("refIds go on after Z", () => {
  expect([0, 25, 26, 51, 52].map(refId)).toEqual(["A", "Z", "AA", "AZ", "BA"]);
});

it("panels that may be empty on a running stack are panels, and few", () => {
  const panels = new Set(panelQueries(DASHBOARDS).map(({ dashboard, panel }) => `${dashboard} / ${panel}`));
  const file = path.resolve(__dirname, "../fixtures/panels-without-data.json");
  const excepted = JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, string>;
  expect(Object.keys(excepted).filter((panel) => !panels.has(panel))).toEqual([]);
  expect(Object.values(excepted).filter((reason) => reason.length < 20)).toEqual([]);
  expect(Object.keys(excepted).length).toBeLessThan(panels.size / 10);
});

it("queries for a running Prometheus have no variable left", () => {
  const expr = `sum(rate(a{job=~"$job",x=~"\${job:regex}",y="$1"}[$__rate_interval])) / increase(a[$__range])`;
  const dashboard = {
    ...board({ kind: "stat", ...common, queries: [{ expr, legend: "a" }] }),
    variables: [{ name: "job", title: "Job", values: { metric: "a", label: "job" } }],
  };
  expect(panelQueries([dashboard], { window: "2m", shown: "1h" })).toEqual([
    {
      dashboard: "a",
      panel: "a",
      refId: "A",
      unit: "seconds",
      expr: 'sum(rate(a{job=~".+",x=~".+",y="$1"}[2m])) / increase(a[1h])',
    },
  ]);
});
