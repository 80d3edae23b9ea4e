import type { AlertmanagerArgs } from "../components/alertmanager";
import type { Blueprint } from "../components/core/blueprint";
import { imageCatalogue } from "../components/core/images";
import type { GrafanaArgs } from "../components/grafana";
import type { PrometheusArgs } from "../components/prometheus";
import type { StackConfig } from "./config";
import { hostPorts } from "./publish";
import { receiversOf } from "./receivers";

/** The Alertmanager of a system, as configured; whose alerts come is the stack's. */
export function alertmanager(stack: Blueprint, config: StackConfig): Omit<AlertmanagerArgs, "target"> {
  const ports = hostPorts(config);
  return {
    images: imageCatalogue(config.images),
    monitoring: stack.monitoring,
    receivers: receiversOf(config.alertReceivers),
    ...(config.alertWatchdog ? { watchdog: { receiver: config.alertWatchdog } } : {}),
    ...(ports.alertmanager ? { publish: ports.alertmanager } : {}),
  };
}

/** The Prometheus of a system, as configured; what it collects is the stack's. */
export function prometheus(stack: Blueprint, config: StackConfig): Omit<PrometheusArgs, "target"> {
  const ports = hostPorts(config);
  return {
    images: imageCatalogue(config.images),
    monitoring: stack.monitoring,
    storage: { size: config.prometheusStorage },
    retention: { time: config.prometheusRetention },
    ...(config.kubeletMetrics ? { kubelet: { volumes: true, containers: true } } : {}),
    ...(config.runbooks ? { runbooks: config.runbooks } : {}),
    ...(ports.prometheus ? { publish: ports.prometheus } : {}),
  };
}

/** The Grafana of a system, as configured; what it shows is the stack's. */
export function grafana(stack: Blueprint, config: StackConfig): Omit<GrafanaArgs, "target" | "prometheus"> {
  const ports = hostPorts(config);
  return {
    images: imageCatalogue(config.images),
    monitoring: stack.monitoring,
    deploy: !config.leftOut.includes("grafana"),
    ...(ports.grafana ? { publish: ports.grafana } : {}),
  };
}
