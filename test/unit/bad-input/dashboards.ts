import { imageCatalogue } from "../../../components/core/images";
import { Grafana, type GrafanaArgs } from "../../../components/grafana";
import type { Dashboard } from "../../../components/monitoring/dashboard";
import { type Case, component } from "./case";

const shop: Dashboard = {
  uid: "shop",
  title: "Shop",
  description: "How does the shop do?",
  variables: [],
  rows: [
    {
      title: "Orders",
      panels: [
        {
          kind: "timeseries",
          title: "Orders",
          description: "That come in.",
          unit: "per second",
          queries: [{ expr: "sum(rate(orders_total[$__rate_interval]))", legend: "orders" }],
        },
      ],
    },
  ],
};
const [panel] = shop.rows.flatMap(({ panels }) => panels);

const grafana = (title: string, dashboard: Partial<Dashboard>) =>
  component(title, Grafana, {
    images: imageCatalogue(),
    monitoring: [],
    prometheus: {
      id: "prometheus",
      kind: "prometheus",
      port: 9090,
      peer: { cidrs: ["192.0.2.3/32"] },
      host: "prometheus.example.com",
      endpoints: ["prometheus.example.com:9090"],
    },
    dashboards: [{ ...shop, ...dashboard }],
  } as Omit<GrafanaArgs, "target">);

/** The shop's panel with a mistake that types would catch, but not a file that was read. */
const changed = (change: object): Partial<Dashboard> => ({
  rows: [{ title: "Orders", panels: [{ ...panel, ...change } as never] }],
});

export const CASES: readonly Case[] = [
  grafana(
    "panel that asks a data source that nobody has",
    changed({ queries: [{ expr: "up", legend: "up", datasource: "influx" }] }),
  ),
  grafana(
    "panel with a variable that the dashboard lacks",
    changed({ queries: [{ expr: 'up{job=~"$jbo"}', legend: "up" }] }),
  ),
  grafana("panel with a unit of Grafana's", changed({ unit: "percentunit" })),
  grafana("panel that is red before it is orange", changed({ thresholds: { bad: "above", warning: 10, critical: 5 } })),
  grafana("panel that leads nowhere", changed({ leadsTo: "orders" })),
  grafana("gauge without bounds", changed({ kind: "gauge", min: 0, max: 0 })),
  grafana("panels with one title", { rows: [{ title: "Orders", panels: [panel as never, panel as never] }] }),
  grafana("dashboard with a uid that Grafana would refuse", { uid: "the shop's orders, by day and country, all" }),
];
