import type { Problem } from "../core/problems";
import { type AlertDefinition, type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { restarting } from "../monitoring/process";
import { div, gt, increase, range, rate, sum, type Vector } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { scheduleSignals } from "../monitoring/schedules";
import type { Target } from "../target/target";

export type GrafanaAlert = keyof ReturnType<typeof grafanaAlerts> | keyof ReturnType<typeof grafanaBackupAlerts>;

const SERVER = "Grafana {{ $labels.instance }}";
const ratio = valueTemplate("ratio");

/** Requests that Grafana passes on: their errors are the data source's, and have an alert of their own. */
const PASSED_ON = "/api/datasources/proxy/.*|/api/datasources/uid/.*|/api/ds/query";

/** That it is down is TargetDown's. */
export function grafanaAlerts(job: string) {
  const of = (name: string, matchers: LabelMatchers, by: readonly string[]): Vector =>
    sum(rate(range(name, { job, ...matchers }, "15m")), { by: ["job", "instance", ...by] });
  return {
    GrafanaRequestsFailing: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.5, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => {
        const requests = (matchers: LabelMatchers) =>
          of("grafana_http_request_duration_seconds_count", { handler: { nre: PASSED_ON }, ...matchers }, ["handler"]);
        return gt(div(requests({ status_code: { re: "5.." } }), gt(requests({}), 0)), most);
      },
      summary: `${SERVER} fails to answer {{ $labels.handler }}`,
      description: `${ratio} of these requests end with an error of the server (limit {threshold}). Parts of its pages stay empty.`,
    },
    GrafanaDatasourceFailing: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.5, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => {
        const requests = (matchers: LabelMatchers) => of("grafana_datasource_request_total", matchers, ["datasource"]);
        return gt(div(requests({ code: { re: "5.." } }), gt(requests({}), 0)), most);
      },
      summary: `${SERVER} gets errors from {{ $labels.datasource }}`,
      description: `${ratio} of its requests to this data source fail (limit {threshold}). Its panels show nothing, or something old.`,
    },
    GrafanaAlertEvaluationsFailing: {
      severity: "warning",
      for: "15m",
      expr: () =>
        gt(
          sum(increase(range("grafana_alerting_rule_evaluation_failures_total", { job }, "15m")), {
            by: ["job", "instance"],
          }),
          0,
        ),
      summary: `${SERVER} fails to evaluate alert rules of its own`,
      description: `${valueTemplate("count")} evaluations of rules that somebody made in Grafana failed within 15 minutes. These alerts cannot fire. The stack's own are Prometheus's and not concerned.`,
    },
    GrafanaRestarting: restarting(
      { job },
      {
        summary: `${SERVER} restarts again and again`,
        description: `It was started ${valueTemplate("count")} times within 30 minutes (limit {threshold}).`,
      },
    ),
  } satisfies Record<string, AlertDefinition>;
}

/** About the nightly archive; `schedule`: its name. */
export function grafanaBackupAlerts(schedule: string, kind: Target["kind"]) {
  const { age, never } = scheduleSignals(kind, { schedule });
  return {
    GrafanaBackupOld: {
      severity: "warning",
      for: "5m",
      // Two hours more than a day.
      threshold: { default: 26 * 3600, unit: "seconds", min: 3600 },
      expr: (most: number) => gt(age, most),
      summary: "The last archive by {{ $labels.schedule }} is too old",
      description: `It succeeded ${valueTemplate("seconds")} ago (limit {threshold}). Dashboards that people made since would be lost with Grafana's volume.`,
    },
    GrafanaBackupMissing: {
      severity: "warning",
      for: "26h",
      expr: () => never,
      summary: "There is no archive by {{ $labels.schedule }} yet",
      description:
        "Not one has succeeded for more than a day, or nobody says so: if Grafana's volume is lost, so are the dashboards that people made.",
    },
  } satisfies Record<string, AlertDefinition>;
}

/** `schedule`: the name of the nightly archive's, if there is one. */
export function grafanaRules(
  name: string,
  kind: Target["kind"],
  schedule: string | undefined,
  tuning: AlertTuning<GrafanaAlert> = {},
): RuleGroup[] {
  const group = (of: string, definitions: AlertDefinitions): RuleGroup[] => {
    const alerts = alertRules(definitions, tuning, { component: name });
    return alerts.length > 0 ? [{ name: of, alerts }] : [];
  };
  return [
    ...group(name, grafanaAlerts(name)),
    ...(schedule === undefined ? [] : group(schedule, grafanaBackupAlerts(schedule, kind))),
  ];
}

export function checkGrafanaTuning(path: string, tuning?: AlertTuning<GrafanaAlert>): Problem[] {
  const definitions: AlertDefinitions = {
    ...grafanaAlerts("grafana"),
    ...grafanaBackupAlerts("grafana-backup", "docker"),
  };
  return checkTuning(path, definitions, tuning);
}
