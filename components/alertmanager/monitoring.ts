import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import { alertmanagerRules } from "./alerts";
import { alertmanagerDashboards, alertmanagerHighlights } from "./dashboards";
import type { AlertmanagerArgs } from "./index";

export const PORT = 9093;

export function alertmanagerConnection(name: string, args: AlertmanagerArgs): Connection {
  const host = args.target.host(name);
  return { id: name, kind: "alertmanager", port: PORT, peer: { workload: name }, host, endpoints: [`${host}:${PORT}`] };
}

export function alertmanagerMonitoring(name: string, args: AlertmanagerArgs): Monitoring {
  return {
    targets: [
      {
        job: name,
        workload: name,
        kind: "service",
        identity: "stable",
        replicas: 1,
        port: { name: "http", number: PORT },
        connection: alertmanagerConnection(name, args),
      },
    ],
    rules: alertmanagerRules(name, args.alerts),
    dashboards: alertmanagerDashboards(),
    highlights: alertmanagerHighlights(name),
  };
}
