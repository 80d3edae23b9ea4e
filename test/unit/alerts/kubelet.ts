import { type AlertCase, oneSeries, series } from "./case";

const KUBELET = { job: "kubelet", instance: "node-1" };
const CADVISOR = { job: "cadvisor", instance: "node-1" };
const CLAIM = { namespace: "test", persistentvolumeclaim: "data-kafka-1" };
const CONTAINER = { namespace: "test", pod: "kafka-1", container: "kafka" };
const GIB = 2 ** 30;

type Simple = Parameters<typeof oneSeries>[2];

const volume = (alert: string, simple: Simple): AlertCase => ({
  ...oneSeries(KUBELET, alert, {
    labels: CLAIM,
    alertLabels: CLAIM,
    beside: { [series("kubelet_volume_stats_capacity_bytes", { ...KUBELET, ...CLAIM })]: `${100 * GIB}x90` },
    ...simple,
  }),
  on: "kubernetes",
});

const container = (alert: string, simple: Simple): AlertCase => ({
  ...oneSeries(CADVISOR, alert, { labels: CONTAINER, alertLabels: CONTAINER, ...simple }),
  on: "kubernetes",
});

/** What Prometheus brings where it asks kubelets. */
export const KUBELET_CASES: readonly AlertCase[] = [
  volume("KubeVolumeFillingUp", {
    metric: "kubelet_volume_stats_available_bytes",
    // 16 MiB a minute; there are 8 GiB after 80.
    fires: `${9.25 * GIB}-${GIB / 64}x90`,
    // Less than 15 %, and it stays so.
    quiet: `${8 * GIB}x90`,
    at: "80m",
    value: 0.08,
  }),
  volume("KubeVolumeSpaceOut", {
    metric: "kubelet_volume_stats_available_bytes",
    fires: `${2 * GIB}x20`,
    quiet: `${2 * GIB}x3 ${4 * GIB}x17`,
    at: "10m",
    value: 0.02,
  }),
  volume("KubeVolumeInodesOut", {
    metric: "kubelet_volume_stats_inodes_free",
    fires: "1000x20",
    quiet: "50000x20",
    at: "10m",
    value: 0.01,
    beside: { [series("kubelet_volume_stats_inodes", { ...KUBELET, ...CLAIM })]: "100000x20" },
  }),
  container("KubeContainerMemoryHigh", {
    metric: "container_memory_rss",
    fires: `${1.9 * GIB}x30`,
    quiet: `${1.9 * GIB}x10 ${GIB}x20`,
    at: "20m",
    value: 0.95,
    beside: { [series("container_spec_memory_limit_bytes", { ...CADVISOR, ...CONTAINER })]: `${2 * GIB}x30` },
  }),
  container("KubeContainerThrottled", {
    metric: "container_cpu_cfs_throttled_periods_total",
    fires: "0+450x40",
    quiet: "0+60x40",
    at: "30m",
    value: 0.75,
    beside: { [series("container_cpu_cfs_periods_total", { ...CADVISOR, ...CONTAINER })]: "0+600x40" },
  }),
];
