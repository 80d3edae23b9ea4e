import { imageCatalogue } from "../components/core/images";
import type { PrometheusArgs } from "../components/prometheus";
import type { StackConfig } from "./config";
import { hostPorts } from "./publish";

/** The Prometheus of a system, as configured; what it collects is the stack's. */
export function prometheus(config: StackConfig): Omit<PrometheusArgs, "target" | "monitoring"> {
  const ports = hostPorts(config);
  return {
    images: imageCatalogue(config.images),
    storage: { size: config.prometheusStorage },
    retention: { time: config.prometheusRetention },
    ...(config.kubeletMetrics ? { kubelet: { volumes: true, containers: true } } : {}),
    ...(config.runbooks ? { runbooks: config.runbooks } : {}),
    ...(ports.prometheus ? { publish: ports.prometheus } : {}),
  };
}
