import type { Problem } from "../core/problems";
import { type AlertDefinition, type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { gt } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { scheduleSignals } from "../monitoring/schedules";
import type { Target } from "../target/target";

/** The alerts about dumps, and about the schedules that stand for policies. Those about the server are its exporters'. */
export type TimescaleDBAlert = keyof ReturnType<typeof backupAlerts> | keyof ReturnType<typeof scheduleAlerts>;

type Kind = Target["kind"];

/** `schedule`: the name of the nightly dump's. */
export function backupAlerts(schedule: string, kind: Kind) {
  const { age, never, failed, failure } = scheduleSignals(kind, { schedule });
  return {
    TimescaleDBBackupOld: {
      severity: "critical",
      for: "5m",
      // Two hours more than a day: a dump takes its time.
      threshold: { default: 26 * 3600, unit: "seconds", min: 3600 },
      expr: (most: number) => gt(age, most),
      summary: "The last dump by {{ $labels.schedule }} is too old",
      description: `It succeeded ${valueTemplate("seconds")} ago (limit {threshold}). What was written since would be lost with the volume.`,
    },
    TimescaleDBBackupMissing: {
      severity: "warning",
      for: "26h",
      expr: () => never,
      summary: "There is no dump by {{ $labels.schedule }} yet",
      description:
        "Not one has succeeded for more than a day, or nobody says so: if the database's volume is lost, its data are.",
    },
    TimescaleDBBackupFailed: {
      severity: "warning",
      ...explained(kind),
      for: "1m",
      expr: () => failed,
      summary: "The last run of {{ $labels.schedule }} has failed",
      description: `${failure} The dumps before are as they were; it runs again tomorrow.`,
    },
  } satisfies AlertDefinitions;
}

/** `schedules`: names of those that fill roll-ups and drop old rows, where the database has no policies for that. */
export function scheduleAlerts(schedules: readonly string[], kind: Kind) {
  const { failed, failure } = scheduleSignals(kind, { schedule: { re: schedules.join("|") } });
  return {
    TimescaleDBScheduleFailed: {
      severity: "warning",
      ...explained(kind),
      for: "1m",
      expr: () => failed,
      summary: "The last run of {{ $labels.schedule }} has failed",
      description: `${failure} Until a run succeeds, aggregates grow old or old rows stay.`,
    },
  } satisfies AlertDefinitions;
}

/** What KubeStateMetrics says of every CronJob, without knowing what it is for. */
function explained(kind: Kind): Pick<AlertDefinition, "explains"> {
  return kind === "kubernetes" ? { explains: { alerts: ["KubeCronJobFailed"], same: ["schedule"] } } : {};
}

export interface Watched {
  /** The nightly dump's name. */
  readonly backup?: string;
  readonly schedules: readonly string[];
  /** Of the target that they run on. */
  readonly kind: Kind;
}

export function timescaledbRules(
  name: string,
  { backup, schedules, kind }: Watched,
  tuning?: AlertTuning<TimescaleDBAlert>,
): RuleGroup[] {
  const alerts = {
    ...(backup ? backupAlerts(backup, kind) : {}),
    ...(schedules.length > 0 ? scheduleAlerts(schedules, kind) : {}),
  } as AlertDefinitions<TimescaleDBAlert>;
  return Object.keys(alerts).length > 0 ? [{ name, alerts: alertRules(alerts, tuning, { component: name }) }] : [];
}

export function checkTimescaleDBTuning(path: string, tuning?: AlertTuning<TimescaleDBAlert>): Problem[] {
  return checkTuning(
    path,
    { ...backupAlerts("timescaledb-backup", "docker"), ...scheduleAlerts(["timescaledb-retention"], "docker") },
    tuning,
  );
}
