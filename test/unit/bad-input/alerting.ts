import { Alertmanager, type AlertmanagerArgs, type Receivers } from "../../../components/alertmanager";
import { imageCatalogue } from "../../../components/core/images";
import { Grafana, type GrafanaArgs } from "../../../components/grafana";
import type { Dashboard } from "../../../components/monitoring/dashboard";
import type { Connection } from "../../../components/target/connection";
import { type Case, component } from "./case";

const images = imageCatalogue();

const alertmanager = (title: string, args: Partial<Omit<AlertmanagerArgs, "target">>) =>
  component(title, Alertmanager, { images, ...args } as Omit<AlertmanagerArgs, "target">);

const grafana = (title: string, args: Partial<Omit<GrafanaArgs, "target">>) =>
  component(title, Grafana, { images, monitoring: [], prometheus, ...args } as Omit<GrafanaArgs, "target">);

const receivers = (ops: unknown): { receivers: Receivers } => ({ receivers: { ops } as Receivers });
const ops = { kind: "webhook", url: "https://ops.example.com/hook" };
const mail = { kind: "email", to: ["ops@example.com"], from: "alerts@example.com", server: "smtp.example.com:587" };

const prometheus: Connection = {
  id: "prometheus",
  kind: "prometheus",
  port: 9090,
  peer: { cidrs: ["10.1.2.3/32"] },
  host: "prometheus.example.com",
  endpoints: ["prometheus.example.com:9090"],
};

const orders: Dashboard = {
  uid: "orders",
  title: "Orders",
  description: "How many orders come in?",
  variables: [],
  rows: [
    {
      title: "Orders",
      panels: [
        {
          kind: "stat",
          title: "Today",
          description: "Since midnight.",
          unit: "count",
          queries: [{ expr: "sum(orders_total)", legend: "orders" }],
        },
      ],
    },
  ],
};
const panels = (change: object): Dashboard => ({
  ...orders,
  rows: orders.rows.map((row) => ({ ...row, panels: row.panels.map((panel) => ({ ...panel, ...change }) as never) })),
});

export const CASES: readonly Case[] = [
  alertmanager("webhook without its address", receivers({ kind: "webhook" })),
  alertmanager("Slack without its address", receivers({ kind: "slack", url: "" })),
  alertmanager("Discord with a generated password as address", receivers({ kind: "discord", url: { generated: "x" } })),
  alertmanager("e-mail login without a password", receivers({ ...mail, login: { user: "alerts" } })),
  alertmanager("mail server without a port", receivers({ ...mail, server: "smtp.example.com" })),
  alertmanager("address without a scheme", receivers({ ...ops, url: "ops.example.com/hook" })),
  alertmanager("unknown kind of receiver", receivers({ kind: "pagerduty" })),
  alertmanager("route to a receiver that is not there", { ...receivers(ops), routes: { critical: ["oops"] } }),
  alertmanager("critical alerts to nobody", { ...receivers(ops), routes: { critical: [] } }),
  alertmanager("receiver that is told of nothing", {
    ...receivers(ops),
    routes: { critical: [], warning: [] },
  }),
  alertmanager("dead man's switch that notices after an hour", {
    ...receivers(ops),
    routes: { critical: ["ops"] },
    watchdog: { receiver: "ops", every: "1h" },
  }),
  alertmanager("dead man's switch and nobody else", { ...receivers(ops), watchdog: { receiver: "ops" } }),
  alertmanager("repetition beyond what is remembered", { repeat: { warning: "7d" } }),
  grafana("two dashboards with one uid", { dashboards: [orders, { ...orders, title: "Orders by shop" }] }),
  grafana("panel without a unit", { dashboards: [panels({ unit: undefined })] }),
  grafana("panel without a description", { dashboards: [panels({ description: "" })] }),
  grafana("panel that asks nothing that is PromQL", {
    dashboards: [panels({ queries: [{ expr: "sum(orders_total", legend: "orders" }] })],
  }),
  grafana("dashboard in people's own folder", { dashboards: [{ ...orders, folder: "Own dashboards" }] }),
  grafana("Grafana without a Prometheus", { prometheus: { ...prometheus, id: "loki", kind: "loki" } }),
  grafana("Grafana's address without a scheme", { url: "grafana.example.com" }),
  grafana("what is wrong with what is left out", { deploy: false, dashboards: [{ ...orders, title: "" }] }),
];
