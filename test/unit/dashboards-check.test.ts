import { describe, expect, it } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { checkDashboards, collectDashboards, type Dashboard, type Panel } from "../../components/monitoring/dashboard";

const panel: Panel = {
  kind: "timeseries",
  title: "Orders",
  description: "Orders that come in.",
  unit: "per second",
  queries: [{ expr: 'sum(rate(orders_total{job=~"$job"}[$__rate_interval]))', legend: "orders" }],
};
const job = { name: "job", title: "Job", values: { metric: "orders_total", label: "job" } };

function board(change: Partial<Dashboard> = {}): Dashboard {
  return {
    uid: "orders",
    title: "Orders",
    description: "How many orders come in?",
    variables: [job],
    rows: [{ title: "Orders", panels: [panel] }],
    ...change,
  };
}

/** The panel as somebody would write it whom no compiler stops. */
const withPanel = (change: object) =>
  board({ rows: [{ title: "Orders", panels: [{ ...panel, ...change } as Panel] }] });
const query = (change: object) => withPanel({ queries: [{ expr: "sum(up)", legend: "up", ...change }] });
const problems = (...dashboards: Dashboard[]) => checkDashboards("grafana.dashboards", dashboards).map(formatProblem);

describe("what is refused", () => {
  it.each<[string, Dashboard, string]>([
    ["no description", withPanel({ description: " " }), "orders.Orders.description: must be given"],
    ["no title", withPanel({ title: "" }), "orders.panel 1.title: must be given"],
    ["no unit", withPanel({ unit: undefined }), "orders.Orders.unit: must be given. Units are bytes,"],
    ["a unit of Grafana's", withPanel({ unit: "percentunit" }), 'orders.Orders.unit = "percentunit": is not a unit'],
    ["no query", withPanel({ queries: [] }), "orders.Orders.queries: must have a query"],
    [
      "no legend",
      query({ legend: "" }),
      'orders.Orders.queries.1.legend: must be given. Name the series, such as "{{instance}}".',
    ],
    ["half an expression", query({ expr: "sum(up" }), 'queries.1.expr = "sum(up": lacks a ")" at its end'],
    [
      "an unknown variable",
      query({ expr: 'up{x="$shop"}' }),
      "uses $shop, which is no variable of the dashboard. Its variables are datasource, job.",
    ],
    [
      "an unknown datasource",
      query({ datasource: "influx" }),
      'datasource = "influx": is not a datasource that Grafana is given. Use one of prometheus.',
    ],
    [
      "a column too many",
      withPanel({ width: 25 }),
      "orders.Orders.width = 25: must be a whole number of columns, 1 to 24",
    ],
    ["no height", withPanel({ height: 0 }), "orders.Orders.height = 0: must be a whole number from 1 on"],
    [
      "a gauge without bounds",
      withPanel({ kind: "gauge", min: 1, max: 1 }),
      "orders.Orders.max = 1: must be above min (1)",
    ],
    ["states without words", withPanel({ unit: "state" }), "orders.Orders.states: must give words for the values"],
    [
      "limits the wrong way round",
      withPanel({ thresholds: { bad: "above", warning: 5, critical: 3 } }),
      "thresholds.critical = 3: must be above warning (5)",
    ],
    [
      "limits the other way round",
      withPanel({ thresholds: { bad: "below", warning: 5, critical: 7 } }),
      "thresholds.critical = 7: must be below warning (5)",
    ],
    [
      "limits without a value",
      withPanel({ thresholds: { bad: "above" } }),
      "orders.Orders.thresholds: must say from where on",
    ],
    ["a table by nothing", withPanel({ kind: "table", columns: {} }), "orders.Orders.columns: must name the labels"],
    [
      "a table sorted by nothing",
      withPanel({ kind: "table", columns: { shop: "Shop" }, sortBy: "Price" }),
      'sortBy = "Price": is the title of no column',
    ],
    ["a link to nowhere", withPanel({ leadsTo: "shops" }), 'leadsTo = "shops": is the uid of no dashboard'],
    [
      "the same title twice",
      board({ rows: [{ title: "Orders", panels: [panel, panel] }] }),
      'orders.panels = "Orders": is the title of several panels',
    ],
    ["a bad uid", board({ uid: "my orders" }), 'uid = "my orders": must be 1 to 40 letters, digits, "-" and "_"'],
    ["an empty row", board({ rows: [{ title: "Orders", panels: [] }] }), "orders.rows: must have panels"],
    ["a variable twice", board({ variables: [job, job] }), 'name = "job": is the name of several variables'],
    [
      "a variable of Grafana's",
      board({ variables: [job, { ...job, name: "__range" }] }),
      'name = "__range": must be letters',
    ],
    [
      "a variable of no metric",
      board({ variables: [{ ...job, values: { metric: "my-orders", label: "job" } }] }),
      'values.metric = "my-orders": must be the name of a metric',
    ],
    ["a bad span", board({ span: "1 hour" as never }), 'orders.span = "1 hour": must be a whole number above 0'],
    [
      "a link of the page to nowhere",
      board({ links: [{ title: "Shops", dashboard: "shops" }] }),
      'orders.links = "shops": is the uid of no dashboard',
    ],
  ])("%s", (_, dashboard, problem) => {
    const found = problems(dashboard);
    expect(found.join("\n")).toContain(problem);
    expect(found.every((one) => one.startsWith("grafana.dashboards."))).toBe(true);
  });

  it("two dashboards with one uid, or one title in a folder", () => {
    const other = board({ title: "Orders by shop" });
    expect(problems(board(), other)).toEqual([
      'grafana.dashboards.uid = "orders": is the uid of several dashboards ("Orders", "Orders by shop"). Give each a uid of its own; Grafana would keep one of them only.',
    ]);
    expect(problems(board(), board({ uid: "b" }))).toEqual([
      'grafana.dashboards.title = "Stack/Orders": is the title of several dashboards in one folder. Give each a title of its own; Grafana would show one of them only.',
    ]);
    expect(problems(board(), board({ uid: "b", folder: "Shops" }))).toEqual([]);
  });
});

describe("what is taken", () => {
  it("a dashboard that has everything, and variables in each way of writing them", () => {
    expect(problems(board())).toEqual([]);
    expect(
      problems(
        query({
          expr: `up{job=~"\${job:regex}"} and up{job=~"\${job}"} and label_replace(up, "a", "$1", "b", "(.*)")`,
        }),
      ),
    ).toEqual([]);
  });
});

describe("dashboards of several components", () => {
  const of = (...dashboards: Dashboard[]) => ({ targets: [], rules: [], dashboards });

  it("are one where they are equal, and in an order of their own", () => {
    const a = board({ uid: "a", title: "A" });
    expect(collectDashboards([of(board()), of(a, board()), { targets: [], rules: [] }])).toEqual([a, board()]);
  });

  it("stay several where they differ, to be refused", () => {
    expect(collectDashboards([of(board()), of(board({ title: "Other" }))])).toHaveLength(2);
  });
});
