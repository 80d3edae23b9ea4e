import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, labelVariable, once, query, View } from "../monitoring/dashboards/view";
import type { KubeletMetrics } from "../monitoring/external";
import { div, gt, max, min, sub, sum, topk } from "../monitoring/promql";

export const VOLUMES_UID = "datastack-kubernetes-volumes";
export const CONTAINERS_UID = "datastack-kubernetes-containers";

const view = new View();
const CLAIM = { by: ["namespace", "persistentvolumeclaim"] };
const CLAIM_LEGEND = "{{namespace}} {{persistentvolumeclaim}}";
const POD = { by: ["namespace", "pod"] };
const POD_LEGEND = "{{namespace}} {{pod}}";
const NAMESPACE = { namespace: { re: "$namespace" } };
/** Without the sums that the kubelet keeps of each pod. */
const CONTAINERS = { ...NAMESPACE, container: { ne: "" } };
const fullness = { bad: "above", warning: 0.85, critical: 0.97 } as const;

/** Of what is asked for. */
export function kubeletDashboards({ volumes, containers }: KubeletMetrics): readonly Dashboard[] {
  return [...(volumes ? volumeDashboards() : []), ...(containers ? containerDashboards() : [])];
}

const volumeDashboards = once((): readonly Dashboard[] => [
  {
    uid: VOLUMES_UID,
    title: "Kubernetes volumes",
    description: "How full is each volume of the stack, and how long will it last?",
    tags: ["kubernetes"],
    variables: variables("kubelet_volume_stats_capacity_bytes"),
    rows: [{ title: "Volumes", panels: volumePanels() }],
    span: "1d",
  },
]);

const containerDashboards = once((): readonly Dashboard[] => [
  {
    uid: CONTAINERS_UID,
    title: "Kubernetes containers",
    description: "What do the stack's containers use, and which of them are held back by their limits?",
    tags: ["kubernetes"],
    variables: variables("container_memory_rss"),
    rows: [{ title: "Containers", panels: containerPanels() }],
  },
]);

function variables(of: string) {
  return [...jobAndInstance(of), labelVariable("namespace", "Namespace", of)];
}

function volumePanels(): readonly Panel[] {
  const of = (name: string) => view.metric(`kubelet_volume_stats_${name}`, NAMESPACE);
  const share = (free: string, all: string) => sub(1, div(min(of(free), CLAIM), gt(max(of(all), CLAIM), 0)));
  return [
    {
      kind: "bargauge",
      title: "Space used",
      description: "Of each volume. A volume that is full stops what writes to it.",
      unit: "ratio",
      min: 0,
      max: 1,
      queries: [query(share("available_bytes", "capacity_bytes"), CLAIM_LEGEND)],
      thresholds: fullness,
    },
    {
      kind: "bargauge",
      title: "Inodes used",
      description: "Of each volume whose file system counts them: many small files use them up before the space.",
      unit: "ratio",
      min: 0,
      max: 1,
      queries: [query(share("inodes_free", "inodes"), CLAIM_LEGEND)],
      thresholds: fullness,
    },
    {
      kind: "timeseries",
      title: "Space left",
      description: "The slope says how long it will last.",
      unit: "bytes",
      queries: [query(min(of("available_bytes"), CLAIM), CLAIM_LEGEND)],
      width: 24,
    },
  ];
}

function containerPanels(): readonly Panel[] {
  const sumOf = (name: string) => sum(view.rate(name, CONTAINERS), POD);
  return [
    {
      kind: "timeseries",
      title: "Processor",
      description: "Cores that each pod uses; the twenty busiest.",
      unit: "cores",
      queries: [query(topk(20, sumOf("container_cpu_usage_seconds_total")), POD_LEGEND)],
    },
    {
      kind: "timeseries",
      title: "Held back by the processor limit",
      description:
        "Of the periods in which a pod ran, those in which it had to wait. Above one half its answers are late.",
      unit: "ratio",
      max: 1,
      queries: [
        query(
          div(sumOf("container_cpu_cfs_throttled_periods_total"), gt(sumOf("container_cpu_cfs_periods_total"), 0)),
          POD_LEGEND,
        ),
      ],
      thresholds: { bad: "above", warning: 0.5 },
    },
    {
      kind: "timeseries",
      title: "Memory",
      description: "Without page cache: what cannot be taken back.",
      unit: "bytes",
      queries: [query(sum(view.metric("container_memory_rss", CONTAINERS), POD), POD_LEGEND)],
    },
    {
      kind: "timeseries",
      title: "Memory of the limit",
      description: "Without page cache. At 100 % a container is killed.",
      unit: "ratio",
      max: 1,
      queries: [
        query(
          div(
            sum(view.metric("container_memory_rss", CONTAINERS), POD),
            gt(sum(view.metric("container_spec_memory_limit_bytes", CONTAINERS), POD), 0),
          ),
          POD_LEGEND,
        ),
      ],
      thresholds: { bad: "above", warning: 0.9 },
    },
    {
      kind: "timeseries",
      title: "Working set",
      description: "Memory with the part of the page cache that is in use.",
      unit: "bytes",
      queries: [query(sum(view.metric("container_memory_working_set_bytes", CONTAINERS), POD), POD_LEGEND)],
    },
    {
      kind: "timeseries",
      title: "Killed for want of memory",
      description: "Processes, within the time shown. One is enough to look at the limit.",
      unit: "count",
      queries: [query(gt(sum(view.increase("container_oom_events_total", CONTAINERS), POD), 0), POD_LEGEND)],
    },
    {
      kind: "timeseries",
      title: "Network in",
      description: "Of each pod.",
      unit: "bytes per second",
      queries: [query(sum(view.rate("container_network_receive_bytes_total", NAMESPACE), POD), POD_LEGEND)],
    },
    {
      kind: "timeseries",
      title: "Network out",
      description: "Of each pod.",
      unit: "bytes per second",
      queries: [query(sum(view.rate("container_network_transmit_bytes_total", NAMESPACE), POD), POD_LEGEND)],
    },
  ];
}
