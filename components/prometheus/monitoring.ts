import { bytes, type Size } from "../core/units";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import { prometheusRules } from "./alerts";
import { prometheusDashboards, prometheusHighlights } from "./dashboards";
import type { PrometheusArgs } from "./index";

export const PORT = 9090;
export const DEFAULT_STORAGE: Size = "10Gi";

export function prometheusConnection(name: string, args: PrometheusArgs): Connection {
  const host = args.target.host(name);
  return { id: name, kind: "prometheus", port: PORT, peer: { workload: name }, host, endpoints: [`${host}:${PORT}`] };
}

/** Prometheus watches itself like everything else. */
export function prometheusMonitoring(name: string, args: PrometheusArgs): Monitoring {
  return {
    targets: [
      {
        job: name,
        workload: name,
        kind: "service",
        identity: "stable",
        replicas: 1,
        port: { name: "http", number: PORT },
        connection: prometheusConnection(name, args),
      },
    ],
    rules: prometheusRules(
      name,
      { alertmanagers: (args.alertmanagers ?? []).length, volume: bytes(args.storage?.size ?? DEFAULT_STORAGE) ?? 1 },
      args.alerts,
    ),
    dashboards: prometheusDashboards(),
    highlights: prometheusHighlights(name),
  };
}
