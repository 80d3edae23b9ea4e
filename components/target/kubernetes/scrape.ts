import {
  type ExternalTarget,
  externalConfig,
  isStatic,
  KUBELET_PORT,
  type KubeletMetrics,
  type OutsideTargets,
  staticExternalConfig,
} from "../../monitoring/external";
import type { ScrapeTarget } from "../../monitoring/scrape";
import type { ScrapeConfig } from "../target";
import { AUTHORITY_FILE, TOKEN_FILE } from "./discovery";
import { SERVICE } from "./labels";

/** Of the stack's services, and of its host agents. */
interface Namespaces {
  readonly services: string;
  readonly agents: string;
}

/** Evicted pods stay on the list until somebody removes them. */
const RUNNING = { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Succeeded|Failed", action: "drop" };

/** Discovery of the pods behind each target, with the labels that static targets have elsewhere. */
export function scrapeConfigs(
  namespaces: Namespaces,
  targets: readonly ScrapeTarget[],
  { external = [], kubelet = {} }: Partial<OutsideTargets> = {},
): ScrapeConfig[] {
  const jobs = new Map<string, number>();
  // Where there is no agent, there is no namespace of agents, and no right to list in it.
  const { services, agents } = namespaces;
  const own = targets.some(({ kind }) => kind === "agent") ? [services, agents] : [services];
  return [
    ...targets.map((target) => {
      const count = (jobs.get(target.job) ?? 0) + 1;
      jobs.set(target.job, count);
      return scrapeConfig(target.kind === "agent" ? agents : services, target, count);
    }),
    ...external.map((target) => (isStatic(target) ? staticExternalConfig(target) : podsElsewhere(target))),
    ...(kubelet.volumes ? [kubeletConfig("kubelet", "/metrics", VOLUMES, own, kubelet)] : []),
    ...(kubelet.containers ? [kubeletConfig("cadvisor", "/metrics/cadvisor", CONTAINERS, own, kubelet)] : []),
  ];
}

/** Names of entries are unique; the label is the job's all the same. */
function scrapeConfig(namespace: string, target: ScrapeTarget, count: number): ScrapeConfig {
  const { job, workload, port, path, interval, timeout, labels = {}, metricRelabel = [] } = target;
  const constant = { ...(count > 1 ? { job } : {}), ...labels };
  return {
    job_name: count > 1 ? `${job}-${count}` : job,
    ...(path ? { metrics_path: path } : {}),
    ...(interval ? { scrape_interval: interval } : {}),
    ...(timeout ? { scrape_timeout: timeout } : {}),
    kubernetes_sd_configs: pods([namespace], { [SERVICE]: workload }),
    relabel_configs: [
      { source_labels: ["__meta_kubernetes_pod_container_port_name"], regex: port.name, action: "keep" },
      RUNNING,
      instance(target),
      ...constants(constant),
    ],
    ...(metricRelabel.length > 0 ? { metric_relabel_configs: metricRelabel } : {}),
  };
}

function instance({ kind, identity, replicas, workload }: ScrapeTarget) {
  if (kind === "agent") return from("__meta_kubernetes_pod_node_name", "instance");
  if (identity === "stable" || replicas > 1) return from("__meta_kubernetes_pod_name", "instance");
  return { target_label: "instance", action: "replace", replacement: workload };
}

/** Whatever ports a pod declares, it is one target: those that come out equal are taken as one. */
function podsElsewhere(target: ExternalTarget): ScrapeConfig {
  const { namespace = "", selector = {}, port, labels = {} } = target;
  return {
    ...externalConfig(target),
    kubernetes_sd_configs: pods([namespace], selector),
    relabel_configs: [
      RUNNING,
      ...addressOf("__meta_kubernetes_pod_ip", port),
      from("__meta_kubernetes_pod_name", "instance"),
      ...constants(labels),
    ],
  };
}

/**
 * The kubelet of each node, found by the pods that run there: whoever listed nodes would need a right to those of the whole cluster.
 * Targets that come out equal are taken as one.
 */
function kubeletConfig(
  job: string,
  path: string,
  kept: string,
  namespaces: readonly string[],
  { verify = false }: KubeletMetrics,
): ScrapeConfig {
  return {
    job_name: job,
    scheme: "https",
    metrics_path: path,
    authorization: { credentials_file: TOKEN_FILE },
    tls_config: verify ? { ca_file: AUTHORITY_FILE } : { insecure_skip_verify: true },
    // Containers that are gone are gone at once, though their last samples carry a time of their own.
    track_timestamps_staleness: true,
    kubernetes_sd_configs: pods(namespaces, {}),
    relabel_configs: [
      RUNNING,
      ...addressOf("__meta_kubernetes_pod_host_ip", KUBELET_PORT),
      from("__meta_kubernetes_pod_node_name", "instance"),
    ],
    metric_relabel_configs: [
      {
        source_labels: ["namespace", "__name__"],
        regex: `(${namespaces.join("|")});(${kept})`,
        action: "keep",
      },
    ],
  };
}

const VOLUMES = "kubelet_volume_stats_.+";

/** Of about 60 names; every container has each of them. */
const CONTAINERS = [
  "container_cpu_usage_seconds_total",
  "container_cpu_cfs_periods_total",
  "container_cpu_cfs_throttled_periods_total",
  "container_memory_rss",
  "container_memory_working_set_bytes",
  "container_oom_events_total",
  "container_spec_memory_limit_bytes",
  "container_network_(receive|transmit)_bytes_total",
].join("|");

function pods(namespaces: readonly string[], selector: Readonly<Record<string, string>>) {
  const label = Object.keys(selector)
    .sort()
    .map((name) => `${name}=${selector[name]}`)
    .join(",");
  return [
    {
      role: "pod",
      namespaces: { names: [...namespaces] },
      ...(label ? { selectors: [{ role: "pod", label }] } : {}),
    },
  ];
}

/** Not before it has an address. One of IPv6 is written in brackets. */
function addressOf(source: string, port: number) {
  const address = { source_labels: [source], target_label: "__address__", action: "replace" };
  return [
    { source_labels: [source], regex: "", action: "drop" },
    { ...address, regex: "([^:]+)", replacement: `$1:${port}` },
    { ...address, regex: "(.*:.*)", replacement: `[$1]:${port}` },
  ];
}

function from(source: string, label: string) {
  return { source_labels: [source], target_label: label, action: "replace" };
}

function constants(labels: Readonly<Record<string, string>>) {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ target_label: name, replacement: value.replaceAll("$", "$$$$"), action: "replace" }));
}
