import { KUBELET_JOBS, monitored } from "../../support/monitored";
import { type AlertCase, oneSeries, series } from "./case";

const JOB = { job: "kube-state-metrics", instance: "kube-state-metrics" };
const IN = { namespace: "test" };
const POD = { ...IN, pod: "kafka-1" };
const CONTAINER = { ...POD, container: "kafka" };

type Simple = Parameters<typeof oneSeries>[2];

const on = (alert: string, labels: Readonly<Record<string, string>>, simple: Simple): AlertCase => ({
  ...oneSeries(JOB, alert, { labels, alertLabels: labels, ...simple }),
  on: "kubernetes",
});

/** One series against another: what is wanted, and what is there. */
const lacks = (alert: string, labels: Readonly<Record<string, string>>, wanted: string, there: string): AlertCase =>
  on(alert, labels, {
    metric: there,
    fires: "3x5 2x30",
    quiet: "3x5 2x5 3x25",
    at: "25m",
    value: 1,
    beside: { [series(wanted, { ...JOB, ...labels })]: "3x40" },
  });

const PODS: AlertCase[] = [
  on("KubePodCrashLooping", CONTAINER, {
    metric: "kube_pod_container_status_waiting_reason",
    labels: { ...CONTAINER, reason: "CrashLoopBackOff" },
    // Between two waits it runs for a moment.
    fires: "1x3 _x2 1x3 _x2 1x3 _x2 1x3 _x2 1x20",
    quiet: "1x5 _x30",
    at: "25m",
    value: 1,
  }),
  on(
    "KubeContainerWaiting",
    { ...CONTAINER, reason: "ImagePullBackOff" },
    {
      metric: "kube_pod_container_status_waiting_reason",
      fires: "1x30",
      // Pulled after ten minutes.
      quiet: "1x10 _x20",
      at: "20m",
      value: 1,
    },
  ),
  on(
    "KubePodNotRunning",
    { ...POD, phase: "Pending" },
    {
      metric: "kube_pod_status_phase",
      fires: "1x30",
      quiet: "1x10 0x20",
      at: "20m",
      value: 1,
    },
  ),
  on("KubeContainerOutOfMemory", CONTAINER, {
    metric: "kube_pod_container_status_restarts_total",
    fires: "0x5 1x20",
    // Killed long ago.
    quiet: "1x40",
    at: "10m",
    value: 1.1111111111111112,
    beside: {
      [series("kube_pod_container_status_last_terminated_reason", { ...JOB, ...CONTAINER, reason: "OOMKilled" })]:
        "1x40",
    },
  }),
];

const STATEFUL = { ...IN, statefulset: "kafka" };
const DEPLOYED = { ...IN, deployment: "redis-exporter" };

const WORKLOADS: AlertCase[] = [
  lacks(
    "KubeDeploymentReplicasMissing",
    DEPLOYED,
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
  ),
  lacks(
    "KubeStatefulSetReplicasMissing",
    STATEFUL,
    "kube_statefulset_replicas",
    "kube_statefulset_status_replicas_ready",
  ),
  lacks(
    "KubeDaemonSetPodsMissing",
    { namespace: "test-agents", daemonset: "node-exporter" },
    "kube_daemonset_status_desired_number_scheduled",
    "kube_daemonset_status_number_available",
  ),
  lacks(
    "KubeDisruptionBudgetShort",
    { ...IN, poddisruptionbudget: "kafka" },
    "kube_poddisruptionbudget_status_desired_healthy",
    "kube_poddisruptionbudget_status_current_healthy",
  ),
  on("KubeDeploymentUpdateStuck", DEPLOYED, {
    metric: "kube_deployment_status_condition",
    labels: { ...DEPLOYED, condition: "Progressing", status: "false", reason: "ProgressDeadlineExceeded" },
    fires: "0x5 1x10",
    quiet: "1x3 0x12",
    at: "12m",
    value: 1,
  }),
  on("KubeStatefulSetUpdateStuck", STATEFUL, {
    metric: "kube_statefulset_status_replicas_updated",
    fires: "3x2 0x2 1x60",
    // One after the other, a quarter of an hour each.
    quiet: "3x2 0x15 1x15 2x15 3x15",
    at: "45m",
    value: 2,
    beside: { [series("kube_statefulset_replicas", { ...JOB, ...STATEFUL })]: "3x70" },
  }),
];

const CRON_JOB = { ...IN, cronjob: "timescaledb-backup", schedule: "timescaledb-backup" };
const MIGRATION = { ...IN, job_name: "timescaledb-migrate" };

/** Seconds after the beginning: due at `due`, then running until `done`. */
function run(due: number, done: number, success: string, labels: Readonly<Record<string, string>>) {
  const of = (what: string) => series(`kube_cronjob_status_${what}`, { ...JOB, ...labels });
  return {
    [of("last_schedule_time")]: `_x${due - 1} ${due * 60}x60`,
    [of("last_successful_time")]: success,
    [of("active")]: `0x${due - 1} 1x${done - due - 1} 0x60`,
  };
}

/** Due after ten minutes and done after twenty, without a success after that; the others did succeed, or still run. */
function failing(alert: string, labels: Readonly<Record<string, string>>): AlertCase {
  return {
    alert,
    on: "kubernetes",
    firing: [
      { input: run(10, 20, "0x80", CRON_JOB), at: "25m", labels, value: 900 },
      // None ever succeeded.
      { input: run(10, 20, "_x80", CRON_JOB), at: "25m", labels, value: 900 },
    ],
    silent: [
      { input: run(10, 20, "0x19 1200x60", CRON_JOB), at: "25m" },
      { input: run(10, 40, "0x80", CRON_JOB), at: "25m" },
    ],
  };
}

const RUNS: AlertCase[] = [
  failing("KubeCronJobFailed", CRON_JOB),
  {
    alert: "KubeJobFailed",
    on: "kubernetes",
    firing: [
      {
        input: { [series("kube_job_failed", { ...JOB, ...MIGRATION, condition: "true" })]: "0x5 1x20" },
        at: "15m",
        labels: MIGRATION,
        value: 1,
      },
    ],
    silent: [
      {
        // A run of a CronJob, which has succeeded since.
        input: {
          [series("kube_job_failed", { ...JOB, ...MIGRATION, condition: "true" })]: "1x20",
          [series("kube_job_owner", { ...JOB, ...MIGRATION, owner_kind: "CronJob", owner_name: "x" })]: "1x20",
        },
        at: "15m",
      },
    ],
  },
];

const CLAIM = { ...IN, persistentvolumeclaim: "data-kafka-1" };
const SEEN = { ...JOB, ...POD };
const claim = (phase: string, values: string) => ({
  [series("kube_persistentvolumeclaim_status_phase", { ...JOB, ...CLAIM, phase })]: values,
});
const usedBy = (other: Readonly<Record<string, string>>) =>
  series("kube_pod_spec_volumes_persistentvolumeclaims_info", { ...JOB, ...CLAIM, pod: "kafka-1", ...other });
const USED = { [usedBy({})]: "1x30" };

const OTHERS: AlertCase[] = [
  {
    alert: "KubeClaimUnbound",
    on: "kubernetes",
    firing: [
      { input: { ...claim("Pending", "1x30"), ...USED }, at: "20m", labels: { ...CLAIM, phase: "Pending" }, value: 1 },
      // Whoever used it may be gone too.
      { input: claim("Lost", "1x30"), at: "20m", labels: { ...CLAIM, phase: "Lost" }, value: 1 },
    ],
    silent: [
      { input: { ...claim("Pending", "1x10 0x20"), ...USED }, at: "20m" },
      // It waits for its first consumer, such as a schedule that runs at night. Others are used meanwhile.
      {
        input: { ...claim("Pending", "1x30"), [usedBy({ persistentvolumeclaim: "data-kafka-0" })]: "1x30" },
        at: "20m",
      },
      // A claim of that name in another namespace.
      { input: { ...claim("Pending", "1x30"), [usedBy({ namespace: "other" })]: "1x30" }, at: "20m" },
    ],
  },
  {
    alert: "KubeStateMetricsBlind",
    on: "kubernetes",
    firing: [{ input: { [series("up", JOB)]: "1x20" }, at: "15m", labels: JOB, value: 1 }],
    silent: [
      { input: { [series("up", JOB)]: "1x20", [series("kube_pod_info", SEEN)]: "1x20" }, at: "15m" },
      // TargetDown says so.
      { input: { [series("up", JOB)]: "0x20" }, at: "15m" },
    ],
  },
];

const BACKUP = { schedule: "timescaledb-backup" };
const ROLLUP = "timescaledb-rollup-30m";
const SUCCESS = series("kube_cronjob_status_last_successful_time", { ...JOB, ...CRON_JOB });
const created = (values: string) => ({ [series("kube_cronjob_created", { ...JOB, ...CRON_JOB })]: values });
const CREATED = created("0x1700");

/** What TimescaleDB says of its schedules where they are CronJobs. */
const SCHEDULES: AlertCase[] = [
  {
    alert: "TimescaleDBBackupOld",
    on: "kubernetes",
    // The clock begins at 0: a success of the day before.
    firing: [{ input: { [SUCCESS]: "-93600x20" }, at: "10m", labels: BACKUP, value: 94_200 }],
    silent: [{ input: { [SUCCESS]: "-93600x3 180x17" }, at: "10m" }],
  },
  {
    alert: "TimescaleDBBackupMissing",
    on: "kubernetes",
    firing: [
      { input: CREATED, at: "1565m", labels: BACKUP, value: 0 },
      // Nobody says anything: there is no kube-state-metrics, or no CronJob.
      { input: { [series("up", JOB)]: "1x1700" }, at: "1565m", labels: BACKUP, value: 1 },
      // It said so until then.
      { input: { [SUCCESS]: "0x5", ...created("0x5") }, at: "1580m", labels: BACKUP, value: 1 },
    ],
    silent: [
      { input: { ...CREATED, [SUCCESS]: "_x1400 84000x200" }, at: "1565m" },
      { input: CREATED, at: "1550m" },
      // Away for a day, and back.
      { input: { [SUCCESS]: "0x5 _x1440 0x400", ...created("0x5 _x1440 0x400") }, at: "1700m" },
    ],
  },
  failing("TimescaleDBBackupFailed", BACKUP),
  {
    alert: "TimescaleDBScheduleFailed",
    on: "kubernetes",
    firing: [
      {
        input: run(10, 20, "0x80", { ...IN, cronjob: ROLLUP, schedule: ROLLUP }),
        at: "25m",
        labels: { schedule: ROLLUP },
        value: 900,
      },
    ],
    // Another CronJob of that namespace, that is none of the database's.
    silent: [{ input: run(10, 20, "0x80", { ...IN, cronjob: "reports", schedule: "reports" }), at: "25m" }],
  },
];

/** Of every job that is scraped there. */
const UP = Object.fromEntries(
  [...monitored("kubernetes").collected.targets, ...KUBELET_JOBS.map((job) => ({ job, replicas: 1 }))].flatMap(
    ({ job, replicas }) =>
      Array.from({ length: replicas }, (_, i) => [
        series("up", { job, instance: `${job}-${i}` }),
        // Not up is TargetDown's.
        job === "redis-exporter" || i === 2 ? "0x30" : "1x30",
      ]),
  ),
);
const without = (job: string, ...replicas: readonly number[]) => ({
  ...UP,
  ...Object.fromEntries(replicas.map((i) => [series("up", { job, instance: `${job}-${i}` }), "1x5 _x25"])),
});

const TARGETS: AlertCase[] = [
  {
    alert: "TargetMissing",
    on: "kubernetes",
    firing: [
      // One broker of three has no pod.
      { input: without("kafka", 1), at: "25m", labels: { job: "kafka" }, value: 2 },
      { input: without("kafka", 0, 1, 2), at: "25m", labels: { job: "kafka" }, value: 1 },
      { input: without("kafka-exporter", 0), at: "25m", labels: { job: "kafka-exporter" }, value: 1 },
    ],
    silent: [
      { input: UP, at: "25m" },
      // Replaced in ten minutes.
      { input: { ...UP, [series("up", { job: "kafka", instance: "kafka-1" })]: "1x5 _x8 1x15" }, at: "25m" },
    ],
  },
];

export const KUBERNETES_CASES: readonly AlertCase[] = [
  ...PODS,
  ...WORKLOADS,
  ...RUNS,
  ...OTHERS,
  ...SCHEDULES,
  ...TARGETS,
];
