import type { ScrapeTarget } from "../../monitoring/scrape";
import type { ScrapeConfig } from "../target";
import { SERVICE } from "./labels";
import { agentsNamespace } from "./names";

/** Discovery of the pods behind each target, with the labels that static targets have elsewhere. */
export function scrapeConfigs(namespace: string, targets: readonly ScrapeTarget[]): ScrapeConfig[] {
  const shared = new Set(targets.map((t) => t.job).filter((job, index, jobs) => jobs.indexOf(job) !== index));
  return targets.map((target) => scrapeConfig(namespace, target, shared.has(target.job)));
}

/** Names of scrape configurations are unique; a job that has several gets its label by a rule. */
function scrapeConfig(namespace: string, target: ScrapeTarget, shared: boolean): ScrapeConfig {
  const { job, workload, kind, port, path, interval, timeout, labels = {}, metricRelabel = [] } = target;
  const constant = { ...(shared ? { job } : {}), ...labels };
  return {
    job_name: shared ? `${job}-${workload}` : job,
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
