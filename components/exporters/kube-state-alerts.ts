import type { Problem } from "../core/problems";
import { type AlertDefinition, alertRules, checkTuning } from "../monitoring/alert";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import {
  and,
  changes,
  eq,
  ge,
  gt,
  increase,
  max,
  maxOverTime,
  metric,
  range,
  since,
  sub,
  unless,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { failedCronJobs } from "../monitoring/schedules";
import { unboundClaims } from "./kube-state-signals";

export type KubeStateAlert = keyof ReturnType<typeof kubeStateAlerts>;

const IN = "in {{ $labels.namespace }}";
const POD = `{{ $labels.pod }} ${IN}`;
const count = valueTemplate("count");
const seconds = valueTemplate("seconds");

/** The alerts about workloads, jobs, schedules and claims, as Kubernetes sees them. */
export function kubeStateAlerts(job: string) {
  const matchers = { job };
  return { ...pods(matchers), ...workloads(matchers), ...runs(matchers), ...others(matchers) };
}

/** Replacements of a pod have another `uid`, and the exporter itself another address: neither is another thing. */
function by(...labels: readonly string[]) {
  return { by: ["namespace", ...labels] };
}

function pods(matchers: LabelMatchers) {
  const container = by("pod", "container");
  const waiting = (reason: LabelMatchers[string]) =>
    range("kube_pod_container_status_waiting_reason", { ...matchers, reason }, "5m");
  return {
    KubePodCrashLooping: {
      severity: "warning",
      for: "15m",
      // Over five minutes: between two waits it runs for a moment.
      expr: () => ge(max(maxOverTime(waiting("CrashLoopBackOff")), container), 1),
      summary: `${POD} ends again and again`,
      description:
        "Its container {{ $labels.container }} is started, ends, and is started again after ever longer waits, five minutes at most.",
    },
    KubeContainerWaiting: {
      severity: "warning",
      explains: { alerts: ["KubePodNotRunning"], same: ["namespace", "pod"] },
      for: "15m",
      expr: () => ge(max(maxOverTime(waiting({ ne: "CrashLoopBackOff" })), by("pod", "container", "reason")), 1),
      summary: `${POD} does not start: {{ $labels.reason }}`,
      description:
        "Its container {{ $labels.container }} has waited for a quarter of an hour. It will not start before the reason is gone.",
    },
    KubePodNotRunning: {
      severity: "warning",
      for: "15m",
      expr: () =>
        gt(
          max(metric("kube_pod_status_phase", { ...matchers, phase: { re: "Pending|Unknown" } }), by("pod", "phase")),
          0,
        ),
      summary: `${POD} does not run`,
      description:
        "It has been {{ $labels.phase }} for a quarter of an hour: no node has room for it, a volume is missing, or its node is away.",
    },
    KubeContainerOutOfMemory: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () =>
        and(
          gt(max(increase(range("kube_pod_container_status_restarts_total", matchers, "10m")), container), 0),
          eq(
            max(
              metric("kube_pod_container_status_last_terminated_reason", { ...matchers, reason: "OOMKilled" }),
              container,
            ),
            1,
          ),
        ),
      summary: `${POD} was killed for want of memory`,
      description: "Its container {{ $labels.container }} reached its memory limit and was started anew.",
    },
  } satisfies Record<string, AlertDefinition>;
}

function workloads(matchers: LabelMatchers) {
  const lacks = (what: string, wanted: string, present: string): Vector =>
    gt(sub(max(metric(wanted, matchers), by(what)), max(metric(present, matchers), by(what))), 0);
  const missing = `${count} of its pods are not there or not ready. What it serves is served by fewer, or by none.`;
  return {
    KubeDeploymentReplicasMissing: {
      severity: "warning",
      for: "15m",
      expr: () => lacks("deployment", "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"),
      summary: `{{ $labels.deployment }} ${IN} lacks replicas`,
      description: missing,
    },
    KubeDeploymentUpdateStuck: {
      severity: "warning",
      for: "5m",
      expr: () =>
        eq(
          max(
            metric("kube_deployment_status_condition", { ...matchers, condition: "Progressing", status: "false" }),
            by("deployment"),
          ),
          1,
        ),
      summary: `The update of {{ $labels.deployment }} ${IN} does not get on`,
      description: "Its new pods did not become ready in time. Pods of the version before may still serve.",
    },
    KubeStatefulSetReplicasMissing: {
      severity: "warning",
      for: "15m",
      expr: () => lacks("statefulset", "kube_statefulset_replicas", "kube_statefulset_status_replicas_ready"),
      summary: `{{ $labels.statefulset }} ${IN} lacks replicas`,
      description: missing,
    },
    KubeStatefulSetUpdateStuck: {
      severity: "warning",
      for: "15m",
      expr: () =>
        and(
          lacks("statefulset", "kube_statefulset_replicas", "kube_statefulset_status_replicas_updated"),
          eq(max(changes(range("kube_statefulset_status_replicas_updated", matchers, "20m")), by("statefulset")), 0),
        ),
      summary: `The update of {{ $labels.statefulset }} ${IN} does not get on`,
      description: `${count} of its pods still have the version before, and none was replaced for 20 minutes. It waits for one that does not become ready.`,
    },
    KubeDaemonSetPodsMissing: {
      severity: "warning",
      for: "15m",
      expr: () =>
        lacks("daemonset", "kube_daemonset_status_desired_number_scheduled", "kube_daemonset_status_number_available"),
      summary: `{{ $labels.daemonset }} ${IN} is not on every node`,
      description: `It is missing on ${count} nodes, which nobody watches meanwhile.`,
    },
    KubeDisruptionBudgetShort: {
      severity: "warning",
      for: "15m",
      expr: () =>
        lacks(
          "poddisruptionbudget",
          "kube_poddisruptionbudget_status_desired_healthy",
          "kube_poddisruptionbudget_status_current_healthy",
        ),
      summary: `{{ $labels.poddisruptionbudget }} ${IN} has too few healthy pods`,
      description: `${count} are missing. No node that has one of the others can be drained, and one more failure may stop it.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function runs(matchers: LabelMatchers) {
  const ofCronJob = (name: string): Vector => max(metric(name, matchers), by("cronjob", "schedule"));
  return {
    KubeCronJobFailed: {
      severity: "warning",
      for: "1m",
      expr: () => since(failedCronJobs(ofCronJob)),
      summary: `The last run of {{ $labels.cronjob }} ${IN} has failed`,
      description: `It was due ${seconds} ago. What it does has not been done since its last success.`,
    },
    KubeJobFailed: {
      severity: "warning",
      for: "1m",
      // Those of a CronJob stay after a later run has succeeded: KubeCronJobFailed is about them.
      expr: () =>
        unless(
          gt(max(metric("kube_job_failed", { ...matchers, condition: "true" }), by("job_name")), 0),
          max(metric("kube_job_owner", { ...matchers, owner_kind: "CronJob" }), by("job_name")),
        ),
      summary: `The job {{ $labels.job_name }} ${IN} has failed`,
      description: "It will not be tried again by itself. What it prepares is missing: the next `up` runs it anew.",
    },
  } satisfies Record<string, AlertDefinition>;
}

function others(matchers: LabelMatchers) {
  return {
    KubeClaimUnbound: {
      severity: "warning",
      for: "15m",
      expr: () => unboundClaims((name, more) => metric(name, { ...matchers, ...more })),
      summary: `The claim {{ $labels.persistentvolumeclaim }} ${IN} has no volume`,
      description: "It is {{ $labels.phase }}. The pod that uses it does not start; of a lost one, the data are gone.",
    },
    KubeStateMetricsBlind: {
      severity: "warning",
      for: "5m",
      expr: () =>
        unless(eq(metric("up", matchers), 1), max(metric("kube_pod_info", matchers), { by: ["job", "instance"] }), {
          on: ["job", "instance"],
        }),
      summary: "kube-state-metrics {{ $labels.instance }} sees no pod",
      description:
        "It runs, but has nothing to say, not even of itself: alerts about workloads, schedules and claims are blind meanwhile.",
    },
  } satisfies Record<string, AlertDefinition>;
}

export function kubeStateRules(name: string, tuning?: AlertTuning<KubeStateAlert>): RuleGroup[] {
  return [{ name, alerts: alertRules(kubeStateAlerts(name), tuning, { component: name }) }];
}

export function checkKubeStateTuning(path: string, tuning?: AlertTuning<KubeStateAlert>): Problem[] {
  return checkTuning(path, kubeStateAlerts("kube-state-metrics"), tuning);
}
