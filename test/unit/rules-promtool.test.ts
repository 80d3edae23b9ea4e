import { describe, expect, it, type TestContext } from "vitest";
import { stringify } from "yaml";
import { type Duration, seconds } from "../../components/core/units";
import type { Alert, RuleGroup } from "../../components/monitoring/monitoring";
import { annotations, rulesFile } from "../../components/monitoring/rules";
import { alerts, expressions, KUBELET_JOBS, type Monitored, monitored, monitoredBoth } from "../support/monitored";
import { promql } from "../support/promql";
import { findPromtool, promtool } from "../support/promtool";
import { RECORDED, recordedSeries } from "../support/scrapes";
import { expand } from "../support/templates";
import { CASES } from "./alerts/all";
import type { AlertCase, Firing, Scenario } from "./alerts/case";

const ALWAYS = ["Watchdog"];
const { docker: stack, kubernetes } = monitoredBoth();
const TARGETS = { docker: ofTarget(stack), kubernetes: ofTarget(kubernetes) };
const MISSING = "promtool is neither on PATH nor built yet; npm start builds it";

describe("the cases", () => {
  it("are there for every alert, firing and silent, and for nothing else", () => {
    const other = [...TARGETS.kubernetes].filter(([name, alert]) => TARGETS.docker.get(name)?.expr !== alert.expr);
    const named = (on: AlertCase["on"]) => CASES.filter((c) => c.on === on).map((c) => c.alert);
    expect(named(undefined).sort()).toEqual([...TARGETS.docker.keys()].sort());
    expect(named("kubernetes").sort()).toEqual(other.map(([name]) => name).sort());
    const incomplete = CASES.filter((c) => c.firing.length === 0 || c.silent.length === 0).map((c) => c.alert);
    expect(incomplete).toEqual(ALWAYS);
  });
});

function ofTarget({ collected }: Monitored): ReadonlyMap<string, Alert> {
  return new Map(alerts(collected).map((alert) => [alert.name, alert]));
}

/** In CI a missing promtool is a failure: a skip there is seen by nobody. */
async function program(context: TestContext): Promise<string> {
  const found = await findPromtool();
  if (!found && process.env.CI) throw new Error(MISSING);
  context.skip(!found, MISSING);
  return found ?? "";
}

describe("promtool", () => {
  it.for(["docker", "kubernetes"] as const)("takes what is generated for %s", async (kind, context) => {
    const { config, rules } = monitored(kind).files;
    const files = {
      // Of the container; promtool looks whether they are there.
      "prometheus.yml": config
        .replace("/etc/prometheus/rules.yml", "rules.yml")
        .replaceAll("/var/run/secrets/kubernetes.io/serviceaccount/token", "token"),
      "rules.yml": rules,
      token: "of the service account",
    };
    await promtool(await program(context), files, ["check", "config", "prometheus.yml"]);
    await promtool(await program(context), files, ["check", "rules", "--lint=all", "--lint-fatal", "rules.yml"]);
  });

  it("refuses a rule that is none", async (context) => {
    const rules = stack.files.rules.replace("sum by (job) (rate(", "sum by (job) (rate(1 + ");
    expect(rules).not.toBe(stack.files.rules);
    const check = promtool(await program(context), { "rules.yml": rules }, ["check", "rules", "rules.yml"]);
    await expect(check).rejects.toThrow(/rules.yml/);
  });

  it("sees every alert fire when it has to, and none when it has not", { timeout: 300_000 }, async (context) => {
    await testRules(await program(context), CASES);
  });

  it("would see an alert that fires when it has not", async (context) => {
    const [first] = CASES;
    const wrong = { ...first, silent: first?.firing } as AlertCase;
    await expect(testRules(await program(context), [wrong])).rejects.toThrow(/FAILED/);
  });
});

describe("what the programs said when they were recorded", () => {
  /** True of what was recorded, so right to fire. */
  const TRUE = {
    Watchdog: "always",
    KafkaBrokersMissing: "one broker was recorded, three are declared here",
    KafkaConsumerGroupStalled: "the group had stopped at 300 of 500 messages",
    KubeStatefulSetUpdateStuck: "a broker's pod had just been deleted, and was not back yet",
    HttpNoTraffic: "counters stand still in a recording",
    NodeClockNotSynchronising: "no time service ran on that machine",
  };

  it.for([stack, kubernetes])(
    "makes no other alert fire when it stays like that for three hours ($prometheus.target.kind)",
    { timeout: 300_000 },
    async (target, context) => {
      const tests = [...ofTarget(target).keys()].filter((name) => !(name in TRUE));
      const test = {
        interval: "5m",
        input_series: await recordedInput(target),
        alert_rule_test: tests.map((alertname) => ({ eval_time: "3h", alertname, exp_alerts: [] })),
      };
      const file = stringify({ rule_files: ["rules.yml"], evaluation_interval: "5m", tests: [test] });
      const files = { "rules.yml": target.files.rules, "test.yml": file };
      await promtool(await program(context), files, ["test", "rules", "test.yml"]);
    },
  );
});

/** Gauges that rules use, as they were; of a counter, one page does not say how it grows. */
async function recordedInput({ collected, prometheus }: Monitored): Promise<{ series: string; values: string }[]> {
  const { selectors } = await promql();
  const used = new Set(expressions(collected).flatMap(({ expr }) => selectors(expr).map((s) => s.metric)));
  const outside = prometheus.kubelet ? KUBELET_JOBS.map((job) => ({ job, target: undefined })) : [];
  return [...collected.targets.map((target) => ({ job: target.job, target })), ...outside].flatMap(
    ({ job, target }) => {
      const page = RECORDED[job];
      // What Prometheus writes itself, of those that it could scrape: all replicas, though one was recorded.
      const up = Array.from({ length: target?.replicas ?? 1 }, (_, i) => ({
        series: `up{job="${job}",instance="${job}-${i}"}`,
        values: "1x36",
      }));
      const recorded = (page ? recordedSeries(page, target) : [])
        .filter((series) => used.has(series.metric) && !series.counter)
        .map(({ metric, labels, value }) => {
          const owner = `job="${job}",instance="${job}-0"`;
          return { series: `${metric}{${labels ? `${labels},` : ""}${owner}}`, values: `${Number(value)}x36` };
        });
      return [...up, ...recorded];
    },
  );
}

/** One file for each alert, with what it needs and no more: all rules in each would be evaluated for nothing. */
async function testRules(program: string, cases: readonly AlertCase[]): Promise<void> {
  const files = Object.fromEntries(
    cases.flatMap((c) => [
      [`${fileOf(c)}.rules.yml`, rulesFile(rulesOf(c))],
      [`${fileOf(c)}.test.yml`, testFile(c)],
    ]),
  );
  await promtool(program, files, ["test", "rules", ...cases.map((c) => `${fileOf(c)}.test.yml`)]);
}

/** The alert and the recordings that stand before it. */
function rulesOf({ alert, on }: AlertCase): RuleGroup[] {
  return (on === "kubernetes" ? kubernetes : stack).collected.groups.flatMap((group) => {
    const alerts = group.alerts?.filter(({ name }) => name === alert) ?? [];
    return alerts.length > 0 ? [{ ...group, alerts }] : [];
  });
}

function fileOf({ alert, on }: AlertCase): string {
  return on ? `${alert}.${on}` : alert;
}

function testFile(c: AlertCase): string {
  const tests = [...c.firing.map((firing) => test(c, firing, firing)), ...c.silent.map((silent) => test(c, silent))];
  return stringify({ rule_files: [`${fileOf(c)}.rules.yml`], evaluation_interval: evaluationOf(c), tests });
}

/** Each minute of a whole day is most of the suite's time, and tells nothing. */
function evaluationOf({ firing, silent }: AlertCase): Duration {
  const longest = Math.max(...[...firing, ...silent].map(({ at }) => seconds(at) ?? 0));
  return longest > 86_400 ? "5m" : "1m";
}

function test({ alert: name, on }: AlertCase, { input, at }: Scenario, firing?: Firing) {
  const alert = TARGETS[on ?? "docker"].get(name);
  if (!alert) throw new Error(`there is no alert ${name}`);
  return {
    name: `${name} ${firing ? "fires" : "is silent"}`,
    interval: "1m",
    input_series: Object.entries(input).map(([series, values]) => ({ series, values })),
    alert_rule_test: [{ eval_time: at, alertname: name, exp_alerts: firing ? [expected(alert, firing)] : [] }],
  };
}

function expected(alert: Alert, { labels, value }: Firing) {
  const texts = Object.entries(annotations(alert)).map(([name, text]) => [name, expand(text, labels, value)]);
  return {
    exp_labels: { ...labels, ...alert.labels, severity: alert.severity },
    exp_annotations: Object.fromEntries(texts),
  };
}
