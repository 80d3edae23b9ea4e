import { bytes, type Size } from "../core/units";
import type { Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, connectionTo } from "../target/connection";
import { prometheusRules } from "./alerts";
import { prometheusDashboards, prometheusHighlights } from "./dashboards";
import { kubeletDashboards } from "./dashboards-kubelet";
import type { PrometheusArgs } from "./index";

export const PORT = 9090;
export const DEFAULT_STORAGE: Size = "10Gi";

export function prometheusConnection(name: string, args: PrometheusArgs): Connection {
  return connectionTo(args.target, name, { kind: "prometheus", port: PORT });
}

/** Prometheus watches itself like everything else. */
export function prometheusMonitoring(name: string, args: PrometheusArgs): Monitoring {
  const { kubelet = {} } = args;
  const volume = bytes(args.storage?.size ?? DEFAULT_STORAGE) ?? 1;
  return {
    targets: [
      serviceTarget(name, { name: "http", number: PORT }, prometheusConnection(name, args), { identity: "stable" }),
    ],
    rules: prometheusRules(name, { alertmanagers: (args.alertmanagers ?? []).length, volume, kubelet }, args.alerts),
    dashboards: [...prometheusDashboards(), ...kubeletDashboards(kubelet)],
    highlights: prometheusHighlights(name, volume),
  };
}
