import type { Problem } from "../core/problems";
import { type AlertDefinition, type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { restarting } from "../monitoring/process";
import { add, div, eq, gt, increase, maxOverTime, range, rate, sum, type Vector } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

export type AlertmanagerAlert = keyof ReturnType<typeof alertmanagerAlerts>;

const SERVER = "Alertmanager {{ $labels.instance }}";
const BY_RECEIVER = { by: ["job", "instance", "integration", "receiver_name"] };
const RECEIVER = "{{ $labels.receiver_name }} ({{ $labels.integration }})";
const ratio = valueTemplate("ratio");

/** One instance, so nothing about a cluster. That it is down is TargetDown's. */
export function alertmanagerAlerts(job: string) {
  const matchers = { job };
  const summed = (name: string): Vector => sum(rate(range(name, matchers, "15m")), BY_RECEIVER);
  // A receiver that does not answer is tried for a whole group interval before it counts as failed, so the window is three of them.
  const failed = (): Vector =>
    div(summed("alertmanager_notifications_failed_total"), gt(summed("alertmanager_notifications_total"), 0));
  const grew = (name: string): Vector => increase(range(name, matchers, "1h"));
  return {
    AlertmanagerBadConfig: {
      severity: "critical",
      for: "10m",
      expr: () => eq(maxOverTime(range("alertmanager_config_last_reload_successful", matchers, "5m")), 0),
      summary: `${SERVER} could not load its configuration`,
      description: "It goes on with the configuration before; changes of receivers and routes have no effect.",
    },
    AlertmanagerNotificationsFailing: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.01, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(failed(), most),
      summary: `${SERVER} cannot always tell ${RECEIVER}`,
      description: `${ratio} of the notifications to this receiver fail (limit {threshold}). Who depends on them misses alerts.`,
    },
    AlertmanagerNotificationsLost: {
      severity: "critical",
      explains: { alerts: ["AlertmanagerNotificationsFailing"], same: ["job", "instance", "receiver_name"] },
      for: "5m",
      threshold: { default: 0.5, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(failed(), most),
      summary: `${SERVER} hardly tells ${RECEIVER} anything`,
      description: `${ratio} of the notifications to this receiver fail (limit {threshold}). Alerts reach only who is told in another way.`,
    },
    AlertmanagerStateNotSaved: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "30m",
      expr: () =>
        gt(
          add(
            grew("alertmanager_nflog_maintenance_errors_total"),
            grew("alertmanager_silences_maintenance_errors_total"),
          ),
          0,
        ),
      summary: `${SERVER} cannot write its state`,
      description:
        "Silences and the log of what was told are only in memory: after a restart, silences are gone and alerts come again.",
    },
    AlertmanagerRestarting: restarting(matchers, {
      summary: `${SERVER} restarts again and again`,
      description: `It was started ${valueTemplate("count")} times within 30 minutes (limit {threshold}). Notifications are late.`,
    }),
  } satisfies Record<string, AlertDefinition>;
}

export function alertmanagerRules(name: string, tuning?: AlertTuning<AlertmanagerAlert>): RuleGroup[] {
  const definitions: AlertDefinitions<AlertmanagerAlert> = alertmanagerAlerts(name);
  return [{ name, alerts: alertRules(definitions, tuning, { component: name }) }];
}

export function checkAlertmanagerTuning(path: string, tuning?: AlertTuning<AlertmanagerAlert>): Problem[] {
  return checkTuning(path, alertmanagerAlerts("alertmanager") as AlertDefinitions, tuning);
}
