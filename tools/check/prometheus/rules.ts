import type { RuleGroup as DeclaredGroup } from "../../../components/monitoring/monitoring";
import { type Check, count, pass, verdict } from "../outcome";
import { optionalMetric } from "./absent";
import type { PrometheusApi, Rule, RuleGroup } from "./api";
import { type MetricNames, metricNameFinder } from "./metric-names";

/** Every rule has been evaluated at least twice by then. */
const SETTLE = 90;

/** Declared groups and rules against those that Prometheus has loaded. */
export function compareGroups(declared: readonly DeclaredGroup[], loaded: readonly RuleGroup[]): string[] {
  const names = (rules: readonly string[]): string => [...rules].sort().join(", ");
  const wanted = new Map(declared.map((g) => [g.name, names(declaredRules(g))]));
  const found = new Map(loaded.map((g) => [g.name, names(g.rules.map((r) => r.name))]));
  return [
    ...[...wanted.keys()].filter((name) => !found.has(name)).map((name) => `group ${name} is declared and not loaded`),
    ...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => `group ${name} is loaded and not declared`),
    ...[...wanted]
      .filter(([name, rules]) => found.has(name) && found.get(name) !== rules)
      .map(([name, rules]) => `group ${name} has the rules ${found.get(name)} instead of ${rules}`),
  ];
}

/** Rules that could not be evaluated, or have not been yet. */
export function brokenRules(loaded: readonly RuleGroup[]): string[] {
  return loaded.flatMap((group) =>
    group.rules
      .filter((rule) => rule.health !== "ok")
      .map((rule) => `${group.name}: ${rule.name} is ${rule.health}: ${rule.lastError || "not evaluated yet"}`),
  );
}

export interface UnknownMetrics {
  /** In no series, and nothing says why. */
  readonly missing: readonly string[];
  /** In no series, for a known reason: `name: reason`. */
  readonly excused: readonly string[];
}

/** Metrics that rules name and that do not exist. What a rule records counts as existing: its own expression is looked at. */
export function unknownMetrics(
  loaded: readonly RuleGroup[],
  existing: readonly string[],
  metricNames: MetricNames,
): UnknownMetrics {
  const rules = loaded.flatMap((group) => group.rules);
  const known = new Set([...existing, ...rules.filter((r) => r.type === "recording").map((r) => r.name)]);
  const users = new Map<string, string[]>();
  for (const rule of rules) {
    for (const name of metricNames(rule.query)) {
      if (!known.has(name)) users.set(name, [...(users.get(name) ?? []), rule.name]);
    }
  }
  const names = [...users.keys()].sort();
  return {
    missing: names
      .filter((name) => optionalMetric(name) === undefined)
      .map((name) => `no series is called ${name}, which ${[...new Set(users.get(name))].join(", ")} asks for`),
    excused: names.flatMap((name) => {
      const reason = optionalMetric(name);
      return reason === undefined ? [] : [`${name}: ${reason}`];
    }),
  };
}

export function ruleChecks(api: PrometheusApi, declared: readonly DeclaredGroup[]): Check[] {
  const loaded = "rule groups are those that are declared";
  return [
    {
      family: "prometheus",
      title: loaded,
      settle: SETTLE,
      run: async () => {
        const problems = compareGroups(declared, await api.ruleGroups());
        const rules = declared.flatMap(declaredRules);
        return verdict(problems, `${count(declared.length, "group")}, ${count(rules.length, "rule")}`);
      },
    },
    {
      family: "prometheus",
      title: "every rule evaluates",
      settle: SETTLE,
      after: loaded,
      run: async () => {
        const groups = await api.ruleGroups();
        return verdict(brokenRules(groups), `${count(groups.flatMap((g) => g.rules).length, "rule")} ok`);
      },
    },
    {
      family: "prometheus",
      title: "rules name metrics that exist",
      settle: SETTLE,
      after: loaded,
      run: async () => {
        const { missing, excused } = unknownMetrics(
          await api.ruleGroups(),
          await api.metricNames(),
          await metricNameFinder(),
        );
        const optional = excused.length > 0 ? `, ${count(excused.length, "optional one")} without series here` : "";
        return verdict(missing, `all${optional}`);
      },
    },
    {
      family: "prometheus",
      title: "the watchdog alert fires",
      settle: SETTLE,
      after: loaded,
      run: async () => {
        const watchdog = (await alerts(api)).find((rule) => WATCHDOG.test(rule.name));
        const problem = watchdog ? `${watchdog.name} is ${watchdog.state}` : "there is no alert called Watchdog";
        return watchdog?.state === "firing" ? pass(watchdog.name) : verdict([problem], "");
      },
    },
    {
      family: "prometheus",
      title: "no critical alert fires",
      after: loaded,
      run: async () => {
        const firing = (await alerts(api)).filter((r) => r.state === "firing" && r.labels?.severity === "critical");
        return verdict(firing.flatMap(describeFiring), "none");
      },
    },
  ];
}

/** Fires always: that it arrives shows that alerts can. */
const WATCHDOG = /Watchdog$/;

async function alerts(api: PrometheusApi): Promise<Rule[]> {
  return (await api.ruleGroups()).flatMap((group) => group.rules.filter((rule) => rule.type === "alerting"));
}

/** `KafkaOfflinePartitions fires: …`, for each of its instances. */
function describeFiring({ name, alerts = [] }: Rule): string[] {
  return alerts
    .filter((alert) => alert.state === "firing")
    .map(({ annotations }) => `${name} fires: ${annotations.summary ?? "it has no summary"}`);
}

function declaredRules(group: DeclaredGroup): string[] {
  return [...(group.recordings ?? []).map((r) => r.record), ...(group.alerts ?? []).map((a) => a.name)];
}
