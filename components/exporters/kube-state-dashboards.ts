import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, labelVariable, once, query, View } from "../monitoring/dashboards/view";
import { count, gt, max, or, since, sub, sum, type Vector, vector } from "../monitoring/promql";
import { failedCronJobs } from "../monitoring/schedules";
import { unboundClaims } from "./kube-state-signals";

export const WORKLOADS_UID = "datastack-kubernetes-workloads";

const view = new View();
const NAMESPACE = { namespace: { re: "$namespace" } };
const shown = (name: string, matchers = {}) => view.metric(name, { ...NAMESPACE, ...matchers });
const POD = { by: ["namespace", "pod"] };
const CONTAINER = { by: ["namespace", "pod", "container"] };
const PENDING = { phase: { re: "Pending|Unknown" } };
/** Nothing is 0 here. */
const orNone = (of: Vector): Vector => or(of, vector(0));
const bad = { bad: "above", warning: 1 } as const;

/** What Kubernetes says of workloads, schedules and claims. */
export const kubeStateDashboards = once((): readonly Dashboard[] => [
  {
    uid: WORKLOADS_UID,
    title: "Kubernetes workloads",
    description: "Does everything run that should, did schedules do their work, and has every claim its volume?",
    tags: ["kubernetes"],
    variables: [...jobAndInstance("kube_pod_info"), labelVariable("namespace", "Namespace", "kube_pod_info")],
    rows: [
      { title: "State", panels: state() },
      { title: "Workloads", panels: workloads() },
      { title: "Schedules and jobs", panels: schedules() },
      { title: "Claims", panels: claims() },
    ],
  },
]);

/** For the overview of a stack. */
export function kubeStateHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Pods that do not run",
      description: "They wait for a node, a volume or an image, or their node is away.",
      unit: "count",
      queries: [query(orNone(count(gt(max(own.metric("kube_pod_status_phase", PENDING), POD), 0))), "pods")],
      thresholds: bad,
    },
    {
      kind: "stat",
      title: "Restarts",
      description: "Of containers, within the time shown.",
      unit: "count",
      queries: [query(sum(own.increase("kube_pod_container_status_restarts_total")), "restarts")],
      thresholds: bad,
      sparkline: false,
    },
    {
      kind: "stat",
      title: "Longest since a success",
      description: "Of all schedules. More than a day of one that runs nightly: it fails, or is not run.",
      unit: "seconds",
      queries: [query(max(since(own.metric("kube_cronjob_status_last_successful_time"))), "schedule")],
      nothing: "no schedule",
    },
  ];
}

function state(): readonly Panel[] {
  return [
    {
      kind: "stat",
      title: "Pods that do not run",
      description: "Pending or unknown: they wait for a node, a volume or an image, or their node is away.",
      unit: "count",
      queries: [query(orNone(count(gt(max(shown("kube_pod_status_phase", PENDING), POD), 0))), "pods")],
      thresholds: bad,
    },
    {
      kind: "stat",
      title: "Containers that wait",
      description: "For what, the table of waiting containers says.",
      unit: "count",
      queries: [
        query(orNone(count(gt(max(shown("kube_pod_container_status_waiting_reason"), CONTAINER), 0))), "containers"),
      ],
      thresholds: bad,
    },
    {
      kind: "stat",
      title: "Missing replicas",
      description: "Of Deployments and StatefulSets together.",
      unit: "count",
      queries: [
        query(orNone(sum(gt(lacking("deployment"), 0))), "of deployments"),
        query(orNone(sum(gt(lacking("statefulset"), 0))), "of stateful sets"),
      ],
      thresholds: bad,
    },
    {
      kind: "stat",
      title: "Failed schedules",
      description: "CronJobs whose last run failed.",
      unit: "count",
      queries: [query(orNone(count(failedCronJobs(ofCronJob))), "schedules")],
      thresholds: bad,
    },
    {
      kind: "stat",
      title: "Claims without a volume",
      description: "A pod that uses one of them does not start. Those that wait for their first pod do not count.",
      unit: "count",
      queries: [query(orNone(count(unboundClaims(shown))), "claims")],
      thresholds: bad,
    },
  ];
}

function workloads(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Ready replicas of stateful sets",
      description: "A line that falls and does not come back: a replica is lost.",
      unit: "count",
      queries: [
        query(
          max(shown("kube_statefulset_status_replicas_ready"), { by: ["namespace", "statefulset"] }),
          "{{namespace}} {{statefulset}}",
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "Available replicas of deployments",
      description: "A line that falls and does not come back: a replica is lost.",
      unit: "count",
      queries: [
        query(
          max(shown("kube_deployment_status_replicas_available"), { by: ["namespace", "deployment"] }),
          "{{namespace}} {{deployment}}",
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "Restarts",
      description: "Of containers, within the time shown. A line that climbs in steps: it ends again and again.",
      unit: "count",
      queries: [
        query(
          gt(sum(view.increase("kube_pod_container_status_restarts_total", NAMESPACE), CONTAINER), 0),
          "{{namespace}} {{pod}} {{container}}",
        ),
      ],
    },
    {
      kind: "table",
      title: "Waiting containers",
      description: "And why. ContainerCreating for long: a volume or a Secret is missing.",
      unit: "count",
      columns: { namespace: "Namespace", pod: "Pod", container: "Container", reason: "Reason" },
      queries: [
        query(
          max(shown("kube_pod_container_status_waiting_reason"), { by: ["namespace", "pod", "container", "reason"] }),
          "Waits",
        ),
      ],
    },
    {
      kind: "table",
      title: "Last ends of containers",
      description: "Why each was ended last, while its pod is there. OOMKilled: it reached its memory limit.",
      unit: "count",
      columns: { namespace: "Namespace", pod: "Pod", container: "Container", reason: "Reason" },
      queries: [
        query(
          gt(
            max(shown("kube_pod_container_status_last_terminated_reason"), {
              by: ["namespace", "pod", "container", "reason"],
            }),
            0,
          ),
          "Ended",
        ),
      ],
    },
  ];
}

function schedules(): readonly Panel[] {
  return [
    {
      kind: "table",
      title: "Schedules",
      description: "Time since each last succeeded, and since it was last due.",
      unit: "seconds",
      columns: { namespace: "Namespace", cronjob: "Schedule" },
      sortBy: "Since success",
      queries: [
        query(since(ofCronJob("kube_cronjob_status_last_successful_time")), "Since success"),
        query(since(ofCronJob("kube_cronjob_status_last_schedule_time")), "Since due"),
      ],
    },
    {
      kind: "timeseries",
      title: "Time since the last success",
      description: "Of each schedule. It falls to 0 with every success; one that only climbs fails, or is not run.",
      unit: "seconds",
      queries: [query(since(ofCronJob("kube_cronjob_status_last_successful_time")), "{{namespace}} {{cronjob}}")],
    },
    {
      kind: "table",
      title: "Failed jobs",
      description: "Jobs that have failed for good, those of schedules among them, while they are kept.",
      unit: "count",
      columns: { namespace: "Namespace", job_name: "Job" },
      queries: [
        query(gt(max(shown("kube_job_failed", { condition: "true" }), { by: ["namespace", "job_name"] }), 0), "Failed"),
      ],
    },
  ];
}

function claims(): readonly Panel[] {
  return [
    {
      kind: "table",
      title: "Claims",
      description:
        "What each asks for. How full its volume is, the dashboard of volumes says, where kubelets are asked.",
      unit: "bytes",
      columns: { namespace: "Namespace", persistentvolumeclaim: "Claim" },
      sortBy: "Size",
      queries: [
        query(
          max(shown("kube_persistentvolumeclaim_resource_requests_storage_bytes"), {
            by: ["namespace", "persistentvolumeclaim"],
          }),
          "Size",
        ),
      ],
    },
    {
      kind: "table",
      title: "States of claims",
      description: "Bound is well. Pending: nothing gives it a volume. Lost: its volume is gone.",
      unit: "count",
      columns: { namespace: "Namespace", persistentvolumeclaim: "Claim", phase: "State" },
      queries: [
        query(
          gt(
            max(shown("kube_persistentvolumeclaim_status_phase"), {
              by: ["namespace", "persistentvolumeclaim", "phase"],
            }),
            0,
          ),
          "Claims",
        ),
      ],
    },
  ];
}

function lacking(what: "deployment" | "statefulset"): Vector {
  const by = { by: ["namespace", what] };
  const [wanted, there] =
    what === "deployment"
      ? ["kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"]
      : ["kube_statefulset_replicas", "kube_statefulset_status_replicas_ready"];
  return sub(max(shown(wanted), by), max(shown(there), by));
}

function ofCronJob(name: string): Vector {
  return max(shown(name), { by: ["namespace", "cronjob"] });
}
