import type { Problem } from "../core/problems";
import { type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { absent, gt, max, metric, ne, since } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

/** The alerts about dumps, and about the schedules that stand for policies. Those about the server are its exporters'. */
export type TimescaleDBAlert = keyof ReturnType<typeof backupAlerts> | keyof ReturnType<typeof scheduleAlerts>;

const LAST_SUCCESS = "datastack_schedule_last_success_timestamp_seconds";
const BY = { by: ["schedule"] };

/** `schedule`: the name of the nightly dump's. */
export function backupAlerts(schedule: string) {
  const matchers = { schedule };
  return {
    TimescaleDBBackupOld: {
      severity: "critical",
      for: "5m",
      // Two hours more than a day: a dump takes its time.
      threshold: { default: 26 * 3600, unit: "seconds", min: 3600 },
      expr: (most: number) => gt(max(since(metric(LAST_SUCCESS, matchers)), BY), most),
      summary: "The last dump by {{ $labels.schedule }} is too old",
      description: `It succeeded ${valueTemplate("seconds")} ago (limit {threshold}). What was written since would be lost with the volume.`,
    },
    TimescaleDBBackupMissing: {
      severity: "warning",
      for: "26h",
      expr: () => absent(LAST_SUCCESS, matchers),
      summary: "There is no dump by {{ $labels.schedule }} yet",
      description:
        "Not one has succeeded for more than a day, or nobody says so: if the database's volume is lost, its data are.",
    },
    TimescaleDBBackupFailed: {
      severity: "warning",
      for: "1m",
      expr: () => ne(max(metric("datastack_schedule_last_exit_code", matchers), BY), 0),
      summary: "The last run of {{ $labels.schedule }} has failed",
      description: `Its exit status was ${valueTemplate("count")}. The dumps before are as they were; it runs again tomorrow.`,
    },
  } satisfies AlertDefinitions;
}

/** `schedules`: names of those that fill roll-ups and drop old rows, where the database has no policies for that. */
export function scheduleAlerts(schedules: readonly string[]) {
  const matchers = { schedule: { re: schedules.join("|") } };
  return {
    TimescaleDBScheduleFailed: {
      severity: "warning",
      for: "1m",
      expr: () => ne(max(metric("datastack_schedule_last_exit_code", matchers), BY), 0),
      summary: "The last run of {{ $labels.schedule }} has failed",
      description: `Its exit status was ${valueTemplate("count")}. Until a run succeeds, aggregates grow old or old rows stay.`,
    },
  } satisfies AlertDefinitions;
}

export interface Watched {
  /** The nightly dump's name. */
  readonly backup?: string;
  readonly schedules: readonly string[];
}

export function timescaledbRules(
  name: string,
  { backup, schedules }: Watched,
  tuning?: AlertTuning<TimescaleDBAlert>,
): RuleGroup[] {
  const alerts = {
    ...(backup ? backupAlerts(backup) : {}),
    ...(schedules.length > 0 ? scheduleAlerts(schedules) : {}),
  } as AlertDefinitions<TimescaleDBAlert>;
  return Object.keys(alerts).length > 0 ? [{ name, alerts: alertRules(alerts, tuning, { component: name }) }] : [];
}

export function checkTimescaleDBTuning(path: string, tuning?: AlertTuning<TimescaleDBAlert>): Problem[] {
  return checkTuning(
    path,
    { ...backupAlerts("timescaledb-backup"), ...scheduleAlerts(["timescaledb-retention"]) },
    tuning,
  );
}
