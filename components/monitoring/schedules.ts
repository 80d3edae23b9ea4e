import type { Target } from "../target/target";
import type { LabelMatchers } from "./labels";
import { absent, and, eq, ge, max, metric, ne, or, since, unless, type Vector } from "./promql";
import { valueTemplate } from "./quantity";

/** What is known of schedules, each by its label `schedule`. */
export interface ScheduleSignals {
  /** Seconds since a run last succeeded; nothing of those that never did. */
  readonly age: Vector;
  /** Those of which no run ever succeeded, or of which nothing is said at all. */
  readonly never: Vector;
  /** Those whose last run failed. */
  readonly failed: Vector;
  /** What the value of `failed` says, as a sentence. */
  readonly failure: string;
}

const BY = { by: ["schedule"] };

/** With the same labels on every target, though not from the same source. */
export function scheduleSignals(kind: Target["kind"], matchers: LabelMatchers): ScheduleSignals {
  return kind === "kubernetes" ? ofCronJobs(matchers) : ofLoops(matchers);
}

/** The loop that runs a schedule on Docker leaves metrics beside it, and the node exporter reads them. */
function ofLoops(matchers: LabelMatchers): ScheduleSignals {
  const success = "datastack_schedule_last_success_timestamp_seconds";
  return {
    age: max(since(metric(success, matchers)), BY),
    never: absent(success, matchers),
    failed: ne(max(metric("datastack_schedule_last_exit_code", matchers), BY), 0),
    failure: `Its exit status was ${valueTemplate("count")}.`,
  };
}

/** Kubernetes keeps it in the CronJob, and kube-state-metrics says it; `KubeStateMetrics` names the schedule. */
function ofCronJobs(matchers: LabelMatchers): ScheduleSignals {
  const of = (name: string): Vector => max(metric(name, matchers), BY);
  return {
    age: max(since(metric(LAST_SUCCESS, matchers)), BY),
    // The same labels either way, so that it stays one alert.
    never: or(unless(of("kube_cronjob_created"), of(LAST_SUCCESS)), absent("kube_cronjob_created", matchers)),
    failed: since(failedCronJobs(of)),
    failure: `It was due ${valueTemplate("seconds")} ago.`,
  };
}

const LAST_SUCCESS = "kube_cronjob_status_last_successful_time";

/**
 * When the last run was due of those CronJobs of which it failed: it was due after the last success, and is not running. The Jobs
 * themselves do not say it: those that failed stay long after a success. `of` aggregates a metric.
 */
export function failedCronJobs(of: (name: string) => Vector): Vector {
  const due = of("kube_cronjob_status_last_schedule_time");
  return and(unless(due, ge(of(LAST_SUCCESS), due)), eq(of("kube_cronjob_status_active"), 0));
}
