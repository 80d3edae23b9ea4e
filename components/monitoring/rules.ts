import { stringify } from "yaml";
import { sortKeys } from "../core/names";
import type { Problem } from "../core/problems";
import { checkDuration, checkSeverity } from "./alert";
import { isLabelName, isMetricName } from "./labels";
import type { Alert, Recording, RuleGroup } from "./monitoring";
import { hasRunbook, RUNBOOKS_FOLDER } from "./runbooks";
import { syntaxError, templateError } from "./syntax";

export interface RulesFileOptions {
  /** What stands before `/<alert>.md` in `runbook_url`. @default "docs/runbooks", a path in this repository */
  readonly runbooks?: string;
}

/** A Prometheus rule file: the same groups give the same bytes. */
export function rulesFile(groups: readonly RuleGroup[], options: RulesFileOptions = {}): string {
  const base = (options.runbooks ?? RUNBOOKS_FOLDER).replace(/\/+$/, "");
  return stringify({ groups: groups.map((group) => renderGroup(group, base)) }, { lineWidth: 0 });
}

/** The annotations of an alert as Prometheus sends them, before its templates are expanded. */
export function annotations(alert: Alert, runbooks: string = RUNBOOKS_FOLDER): Record<string, string> {
  return {
    description: alert.description,
    runbook_url: alert.runbook ?? `${runbooks}/${alert.name}.md`,
    summary: alert.summary,
  };
}

/** What is wrong with the groups one by one; what they do to each other is `checkCollected`'s. */
export function checkGroups(path: string, groups: readonly RuleGroup[]): Problem[] {
  return groups.flatMap((group) => {
    const at = `${path}.${group.name}`;
    return [
      ...(group.interval === undefined ? [] : checkDuration(`${at}.interval`, group.interval)),
      ...(group.recordings ?? []).flatMap((recording) => checkRecording(at, recording)),
      ...(group.alerts ?? []).flatMap((alert) => checkAlert(at, alert)),
      ...((group.recordings ?? []).length + (group.alerts ?? []).length > 0
        ? []
        : [{ path: at, rule: "must have a rule", fix: "Remove the group or give it recordings or alerts" }]),
    ];
  });
}

function checkAlert(group: string, alert: Alert): Problem[] {
  const at = `${group}.${alert.name}`;
  const problems: Problem[] = [
    ...checkExpression(at, alert.expr),
    ...checkDuration(`${at}.for`, alert.for, true),
    ...(alert.keepFiringFor === undefined ? [] : checkDuration(`${at}.keepFiringFor`, alert.keepFiringFor)),
    ...checkSeverity(`${at}.severity`, alert.severity),
    ...checkLabels(at, alert.labels, ["alertname", "severity"]),
  ];
  if (!/^[A-Z][A-Za-z0-9]*$/.test(alert.name)) {
    problems.push({ path: at, value: alert.name, rule: "must be a name in CamelCase that begins with the product's" });
  }
  for (const text of ["summary", "description"] as const) {
    const wrong = alert[text].trim() === "" ? "is empty" : templateError(alert[text]);
    if (wrong) problems.push({ path: `${at}.${text}`, value: alert[text], rule: wrong });
  }
  if (!alert.runbook && !hasRunbook(alert.name)) {
    problems.push({
      path: `${at}.runbook`,
      rule: `has no runbook: there is no ${RUNBOOKS_FOLDER}/${alert.name}.md`,
      fix: "Write that page, or give the alert a runbook of its own",
    });
  }
  return problems;
}

function checkRecording(group: string, recording: Recording): Problem[] {
  const at = `${group}.${recording.record}`;
  const problems = [...checkExpression(at, recording.expr), ...checkLabels(at, recording.labels, [])];
  if (!isMetricName(recording.record) || recording.record.split(":").length !== 3) {
    problems.push({ path: at, value: recording.record, rule: "must be named level:metric:operations" });
  }
  return problems;
}

function checkExpression(at: string, expr: string): Problem[] {
  // Only Grafana puts something in their place.
  const wrong = syntaxError(expr) ?? (expr.includes("$__") ? "has a variable of Grafana's" : undefined);
  return wrong ? [{ path: `${at}.expr`, value: expr, rule: wrong }] : [];
}

function checkLabels(at: string, labels: Readonly<Record<string, string>> = {}, taken: readonly string[]): Problem[] {
  return Object.keys(labels).flatMap((name) => {
    const path = `${at}.labels.${name}`;
    if (taken.includes(name)) return [{ path, rule: "is set by the alert itself", fix: "Use another label" }];
    return isLabelName(name) ? [] : [{ path, rule: "must be a label name: letters, digits and _" }];
  });
}

function renderGroup(group: RuleGroup, runbooks: string): unknown {
  return {
    name: group.name,
    ...(group.interval ? { interval: group.interval } : {}),
    rules: [
      ...(group.recordings ?? []).map(renderRecording),
      ...(group.alerts ?? []).map((alert) => renderAlert(alert, runbooks)),
    ],
  };
}

function renderRecording(recording: Recording): unknown {
  return {
    record: recording.record,
    expr: recording.expr,
    ...(recording.labels ? { labels: sortKeys(recording.labels) } : {}),
  };
}

function renderAlert(alert: Alert, runbooks: string): unknown {
  return {
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for === "0s" ? {} : { for: alert.for }),
    ...(alert.keepFiringFor ? { keep_firing_for: alert.keepFiringFor } : {}),
    labels: sortKeys({ ...alert.labels, severity: alert.severity }),
    annotations: annotations(alert, runbooks),
  };
}
