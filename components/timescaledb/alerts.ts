import type { Problem } from "../core/problems";
import { type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { absent, gt, max, metric, ne, since } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

/** The alerts about dumps. Those about the server are its exporters'. */
export type TimescaleDBAlert = keyof ReturnType<typeof backupAlerts>;

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

export function backupRules(name: string, schedule: string, tuning?: AlertTuning<TimescaleDBAlert>): RuleGroup[] {
  return [{ name, alerts: alertRules(backupAlerts(schedule), tuning, { component: name }) }];
}

export function checkBackupTuning(path: string, tuning?: AlertTuning<TimescaleDBAlert>): Problem[] {
  return checkTuning(path, backupAlerts("timescaledb-backup"), tuning);
}
