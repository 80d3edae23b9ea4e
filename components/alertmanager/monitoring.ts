import type { Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, connectionTo } from "../target/connection";
import { alertmanagerRules } from "./alerts";
import { alertmanagerDashboards, alertmanagerHighlights } from "./dashboards";
import type { AlertmanagerArgs } from "./index";

export const PORT = 9093;

export function alertmanagerConnection(name: string, args: AlertmanagerArgs): Connection {
  return connectionTo(args.target, name, { kind: "alertmanager", port: PORT });
}

export function alertmanagerMonitoring(name: string, args: AlertmanagerArgs): Monitoring {
  return {
    targets: [
      serviceTarget(name, { name: "http", number: PORT }, alertmanagerConnection(name, args), { identity: "stable" }),
    ],
    rules: alertmanagerRules(name, args.alerts),
    dashboards: alertmanagerDashboards(),
    highlights: alertmanagerHighlights(name),
  };
}
