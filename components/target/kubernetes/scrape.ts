import type { ScrapeTarget } from "../../monitoring/scrape";
import type { ScrapeConfig } from "../target";
import { SERVICE } from "./labels";
import { agentsNamespace } from "./names";

/** Discovery of the pods behind each target, with the labels that static targets have elsewhere. */
export function scrapeConfigs(namespace: string, targets: readonly ScrapeTarget[]): ScrapeConfig[] {
  const jobs = new Map<string, number>();
  return targets.map((target) => {
    const count = (jobs.get(target.job) ?? 0) + 1;
    jobs.set(target.job, count);
    return scrapeConfig(namespace, target, count);
  });
}

/** Names of entries are unique; the label is the job's all the same. */
function scrapeConfig(namespace: string, target: ScrapeTarget, count: number): ScrapeConfig {
  const { job, workload, kind, port, path, interval, timeout, labels = {}, metricRelabel = [] } = target;
  const constant = { ...(count > 1 ? { job } : {}), ...labels };
  return {
    job_name: count > 1 ? `${job}-${count}` : job,
    ...(path ? { metrics_path: path } : {}),
    ...(interval ? { scrape_interval: interval } : {}),
    ...(timeout ? { scrape_timeout: timeout } : {}),
    kubernetes_sd_configs: [
      {
        role: "pod",
        namespaces: { names: [kind === "agent" ? agentsNamespace(namespace) : namespace] },
        selectors: [{ role: "pod", label: `${SERVICE}=${workload}` }],
      },
    ],
    relabel_configs: [
      { source_labels: ["__meta_kubernetes_pod_container_port_name"], regex: port.name, action: "keep" },
      // Evicted pods stay on the list until somebody removes them.
      { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Succeeded|Failed", action: "drop" },
      instance(target),
      ...Object.entries(constant)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => ({
          target_label: name,
          replacement: value.replaceAll("$", "$$$$"),
          action: "replace",
        })),
    ],
    ...(metricRelabel.length > 0 ? { metric_relabel_configs: metricRelabel } : {}),
  };
}

function instance({ kind, identity, replicas, workload }: ScrapeTarget) {
  const rule = { target_label: "instance", action: "replace" };
  if (kind === "agent") return { source_labels: ["__meta_kubernetes_pod_node_name"], ...rule };
  if (identity === "stable" || replicas > 1) return { source_labels: ["__meta_kubernetes_pod_name"], ...rule };
  return { ...rule, replacement: workload };
}
