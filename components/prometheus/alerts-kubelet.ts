import type { AlertDefinition, AlertDefinitions } from "../monitoring/alert";
import type { KubeletMetrics } from "../monitoring/external";
import {
  and,
  div,
  gt,
  increase,
  lt,
  max,
  metric,
  min,
  predictLinear,
  range,
  sum,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

const CLAIM = "{{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }}";
const CONTAINER = "{{ $labels.container }} of {{ $labels.pod }} in {{ $labels.namespace }}";
const ratio = valueTemplate("ratio");
const BY_CLAIM = { by: ["namespace", "persistentvolumeclaim"] };
const BY_CONTAINER = { by: ["namespace", "pod", "container"] };
const OF_CONTAINERS = { job: "cadvisor", container: { ne: "" } } as const;

/** How full volumes are, as the kubelet of the node sees it that has mounted them. */
export function volumeAlerts() {
  const claims = { job: "kubelet" };
  /** Several nodes may have it: the one that sees least. */
  const free = (what: "space" | "inodes"): Vector =>
    what === "space"
      ? div(
          min(metric("kubelet_volume_stats_available_bytes", claims), BY_CLAIM),
          gt(max(metric("kubelet_volume_stats_capacity_bytes", claims), BY_CLAIM), 0),
        )
      : div(
          min(metric("kubelet_volume_stats_inodes_free", claims), BY_CLAIM),
          gt(max(metric("kubelet_volume_stats_inodes", claims), BY_CLAIM), 0),
        );
  const left = `${ratio} of it is left`;
  return {
    KubeVolumeFillingUp: {
      severity: "warning",
      for: "1h",
      threshold: { default: 0.15, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) =>
        and(
          lt(free("space"), below),
          lt(min(predictLinear(range("kubelet_volume_stats_available_bytes", claims, "6h"), "4d"), BY_CLAIM), 0),
        ),
      summary: `The volume of ${CLAIM} will be full within four days`,
      description: `${left} (limit {threshold}), and at the pace of the last six hours that does not last.`,
    },
    KubeVolumeSpaceOut: {
      severity: "critical",
      explains: { alerts: ["KubeVolumeFillingUp"], same: ["namespace", "persistentvolumeclaim"] },
      for: "5m",
      threshold: { default: 0.03, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => lt(free("space"), below),
      summary: `The volume of ${CLAIM} is nearly full`,
      description: `${left} (limit {threshold}). What writes there will fail, and may not start again.`,
    },
    KubeVolumeInodesOut: {
      severity: "critical",
      for: "5m",
      threshold: { default: 0.03, unit: "ratio", min: 0, max: 1 },
      // File systems that make inodes as they need them say 0 of 0.
      expr: (below: number) => lt(free("inodes"), below),
      summary: `The volume of ${CLAIM} has hardly an inode left`,
      description: `${ratio} of them are left (limit {threshold}). With none, no file can be made, however much space there is.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

/** What containers use of what they may, as cAdvisor counts it. */
export function containerAlerts() {
  const periods = (name: string): Vector => sum(increase(range(name, OF_CONTAINERS, "5m")), BY_CONTAINER);
  return {
    KubeContainerMemoryHigh: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.9, unit: "ratio", min: 0.1, max: 1 },
      // Without page cache, of which the kernel takes back what it needs: a broker or a database fills its limit with it.
      expr: (most: number) =>
        gt(
          div(
            max(metric("container_memory_rss", OF_CONTAINERS), BY_CONTAINER),
            gt(max(metric("container_spec_memory_limit_bytes", OF_CONTAINERS), BY_CONTAINER), 0),
          ),
          most,
        ),
      summary: `${CONTAINER} needs nearly all of its memory`,
      description: `It holds ${ratio} of its limit (limit of this alert {threshold}), without page cache. At the whole it is killed.`,
    },
    KubeContainerThrottled: {
      severity: "info",
      for: "15m",
      threshold: { default: 0.5, unit: "ratio", min: 0.01, max: 1 },
      expr: (most: number) =>
        gt(
          div(periods("container_cpu_cfs_throttled_periods_total"), gt(periods("container_cpu_cfs_periods_total"), 0)),
          most,
        ),
      summary: `${CONTAINER} is slowed down by its processor limit`,
      description: `In ${ratio} of the periods in which it ran, it had to wait (limit {threshold}). What it serves comes later.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

/** Of what is asked for. */
export function kubeletAlerts({ volumes, containers }: KubeletMetrics): AlertDefinitions {
  return { ...(volumes ? volumeAlerts() : {}), ...(containers ? containerAlerts() : {}) };
}
