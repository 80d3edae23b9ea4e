import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatProblem } from "../../components/core/problems";
import { type AlertDefinitions, alertRules, checkTuning } from "../../components/monitoring/alert";
import { checkCollected, collect, instances } from "../../components/monitoring/collect";
import type { Alert, Monitoring } from "../../components/monitoring/monitoring";
import { gt, metric } from "../../components/monitoring/promql";
import { formatQuantity } from "../../components/monitoring/quantity";
import { checkGroups, rulesFile } from "../../components/monitoring/rules";
import type { ScrapeTarget } from "../../components/monitoring/scrape";
import { syntaxError, templateError } from "../../components/monitoring/syntax";

const alert: Alert = {
  name: "TargetDown",
  expr: "up == 0",
  for: "5m",
  severity: "critical",
  summary: "{{ $labels.instance }} is down",
  description: "It does not answer.",
};

function target(job: string, more: Partial<ScrapeTarget> = {}): ScrapeTarget {
  const connection = { id: job, kind: "test", port: 80, peer: { workload: job }, host: job, endpoints: [`${job}:80`] };
  const port = { name: "metrics", number: 80 };
  return { job, workload: job, kind: "service", identity: "none", replicas: 1, port, connection, ...more };
}

const problems = (...monitoring: Monitoring[]) => checkCollected("monitoring", collect(monitoring)).map(formatProblem);

describe("collecting", () => {
  it("is sorted, whatever the order of declaration", () => {
    const a: Monitoring = { targets: [target("a")], rules: [{ name: "a", alerts: [alert] }] };
    const b: Monitoring = {
      targets: [target("b")],
      rules: [{ name: "b", recordings: [{ record: "a:b:c", expr: "up" }] }],
    };
    expect(collect([b, a])).toEqual(collect([a, b]));
    expect(rulesFile(collect([b, a]).groups)).toBe(rulesFile(collect([a, b]).groups));
    expect(problems(a, b)).toEqual([]);
  });

  it("finds the same thing claimed twice", () => {
    const one: Monitoring = {
      targets: [target("app")],
      rules: [{ name: "app", alerts: [alert], recordings: [{ record: "job:x:sum", expr: "sum(x)" }] }],
    };
    expect(problems(one, one)).toEqual([
      'monitoring.job = "app": is the job of several targets (app, app). Give each a name of its own.',
      `monitoring.rules = "app": is the name of several rule groups. Give each a name of its own, with the component's name in it.`,
      'monitoring.alerts = "TargetDown": is the name of several alerts (groups app, app). Rename one, or tell them apart by a label.',
      'monitoring.recordings = "job:x:sum": is recorded several times (groups app, app). Rename one, or tell them apart by a label.',
    ]);
  });

  it("lets a label tell alerts apart", () => {
    const of = (component: string): Monitoring => ({
      targets: [],
      rules: [{ name: component, alerts: [{ ...alert, labels: { component } }] }],
    });
    expect(problems(of("kafka"), of("events"))).toEqual([]);
  });

  it("finds an instance that two workloads would have", () => {
    const stable = target("kafka", { identity: "stable", replicas: 2 });
    expect(instances(stable)).toEqual(["kafka-0", "kafka-1"]);
    expect(problems({ targets: [stable, target("kafka-1")], rules: [] })).toEqual([
      'monitoring.instance = "kafka-1": is an instance of several workloads (kafka, kafka-1). Rename one of them.',
    ]);
    // Two ports of the same workload are one instance under two jobs.
    expect(problems({ targets: [stable, { ...stable, job: "kafka-rest" }], rules: [] })).toEqual([]);
  });
});

describe("rules", () => {
  const check = (change: Partial<Alert>) =>
    checkGroups("rules", [{ name: "g", alerts: [{ ...alert, ...change }] }]).map(formatProblem);

  it.each<[string, Partial<Alert>, string]>([
    [
      "no runbook",
      { name: "OrdersLate" },
      "rules.g.OrdersLate.runbook: has no runbook: there is no docs/runbooks/OrdersLate.md. Write that page, or give the alert a runbook of its own.",
    ],
    [
      "duration of two units",
      { for: "1h30m" as never },
      'rules.g.TargetDown.for = "1h30m": must be a whole number above 0 followed by s, m, h or d. Write it with one unit, such as "90s" or "36h".',
    ],
    [
      "keepFiringFor of nothing",
      { keepFiringFor: "0s" },
      'rules.g.TargetDown.keepFiringFor = "0s": must be a whole number above 0 followed by s, m, h or d. Write it with one unit, such as "90s" or "36h".',
    ],
    [
      "severity",
      { severity: "page" as never },
      'rules.g.TargetDown.severity = "page": must be one of critical, warning, info.',
    ],
    [
      "unfinished expression",
      { expr: "sum(rate(x[5m])" },
      'rules.g.TargetDown.expr = "sum(rate(x[5m])": lacks a ")" at its end.',
    ],
    ["empty expression", { expr: " " }, 'rules.g.TargetDown.expr = " ": is empty.'],
    [
      "template",
      { summary: "{{ $labels.x } is down" },
      'rules.g.TargetDown.summary = "{{ $labels.x } is down": has a template {{ … }} that is not closed or not opened.',
    ],
    ["empty description", { description: "" }, 'rules.g.TargetDown.description = "": is empty.'],
    [
      "label of the alert itself",
      { labels: { severity: "x" } },
      "rules.g.TargetDown.labels.severity: is set by the alert itself. Use another label.",
    ],
    [
      "label name",
      { labels: { "my-team": "x" } },
      "rules.g.TargetDown.labels.my-team: must be a label name: letters, digits and _.",
    ],
    [
      "name",
      { name: "target_down", runbook: "x" },
      `rules.g.target_down = "target_down": must be a name in CamelCase that begins with the product's.`,
    ],
  ])("refuses: %s", (_, change, message) => {
    expect(check(change)).toEqual([message]);
  });

  it("takes an alert with a runbook of its own, at once or after a time", () => {
    expect(
      check({ name: "OrdersLate", runbook: "https://wiki.example.com/orders", for: "0s", keepFiringFor: "10m" }),
    ).toEqual([]);
  });

  it("refuses recordings that are not named by the convention, and groups without rules", () => {
    const groups = [
      { name: "g", interval: "1 min" as never, recordings: [{ record: "total", expr: "sum(up)" }] },
      { name: "empty" },
    ];
    expect(checkGroups("rules", groups).map(formatProblem)).toEqual([
      'rules.g.interval = "1 min": must be a whole number above 0 followed by s, m, h or d. Write it with one unit, such as "90s" or "36h".',
      'rules.g.total = "total": must be named level:metric:operations.',
      "rules.empty: must have a rule. Remove the group or give it recordings or alerts.",
    ]);
  });

  it("become a rule file", () => {
    const recordings = [{ record: "job:up:sum", expr: "sum by (job) (up)" }];
    const text = rulesFile(
      [{ name: "g", interval: "1m", recordings, alerts: [{ ...alert, keepFiringFor: "10m", labels: { team: "x" } }] }],
      {
        runbooks: "https://docs.example.com/runbooks/",
      },
    );
    expect(parse(text)).toEqual({
      groups: [
        {
          name: "g",
          interval: "1m",
          rules: [
            { record: "job:up:sum", expr: "sum by (job) (up)" },
            {
              alert: "TargetDown",
              expr: "up == 0",
              for: "5m",
              keep_firing_for: "10m",
              labels: { severity: "critical", team: "x" },
              annotations: {
                description: "It does not answer.",
                runbook_url: "https://docs.example.com/runbooks/TargetDown.md",
                summary: "{{ $labels.instance }} is down",
              },
            },
          ],
        },
      ],
    });
    expect(rulesFile([{ name: "g", alerts: [alert] }])).toContain("runbook_url: docs/runbooks/TargetDown.md");
    expect(rulesFile([{ name: "g", alerts: [{ ...alert, runbook: "https://x/y" }] }])).toContain(
      "runbook_url: https://x/y",
    );
  });
});

describe("visible mistakes of an expression", () => {
  it.each([
    ["sum(up}", 'has a "}" that nothing opens, at character 7'],
    ["up)", 'has a ")" that nothing opens, at character 3'],
    ['up{a="b}', "has a text that does not end, at character 6"],
    ["rate(up[5m)", 'has a ")" that nothing opens, at character 11'],
  ])("%s", (expr, message) => expect(syntaxError(expr)).toBe(message));

  it.each(['up{a="}"}', "up{a='\\''} # (", "up{a=`\\`} == 1", '(up)[5m:] # "\n + up'])("none in %s", (expr) => {
    expect(syntaxError(expr)).toBeUndefined();
  });

  it("and of a template", () => {
    expect(templateError('{{ $value | printf "%.0f" }} of {{ $labels.x }}')).toBeUndefined();
    expect(templateError("{{ $value }")).toBeDefined();
    expect(templateError("$value }}")).toBeDefined();
  });
});

describe("tuning", () => {
  const definitions: AlertDefinitions<"QueueLong" | "QueueGone"> = {
    QueueLong: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.9, unit: "ratio", min: 0, max: 1 },
      expr: (most) => gt(metric("queue_used_ratio"), most),
      summary: "Queue above {threshold}",
      description: "It is above {threshold}.",
    },
    QueueGone: {
      severity: "critical",
      for: "1m",
      expr: () => gt(metric("queue_gone"), 0),
      summary: "Gone",
      description: "Gone.",
    },
  };

  it("changes threshold, time and severity, text included, or leaves an alert out", () => {
    const tuned = alertRules(
      definitions,
      { QueueGone: false, QueueLong: { threshold: 0.5, for: "1h", severity: "info" } },
      { component: "q" },
    );
    expect(tuned).toEqual([
      {
        name: "QueueLong",
        expr: "queue_used_ratio > 0.5",
        for: "1h",
        severity: "info",
        summary: "Queue above 50 %",
        description: "It is above 50 %.",
        labels: { component: "q" },
      },
    ]);
    expect(alertRules(definitions).map((a) => a.name)).toEqual(["QueueGone", "QueueLong"]);
  });

  it("is refused where it does not fit", () => {
    const tuning = {
      QueueLong: { threshold: 90, for: "5 min", severity: "page" },
      QueueGone: { threshold: 1 },
      QueueShort: false,
    } as never;
    expect(checkTuning("alerts", definitions, tuning).map(formatProblem)).toEqual([
      'alerts.QueueLong.for = "5 min": must be a whole number above 0 followed by s, m, h or d. Write it with one unit, such as "90s" or "36h".',
      'alerts.QueueLong.severity = "page": must be one of critical, warning, info.',
      "alerts.QueueLong.threshold = 90: must be between 0 and 1 (ratio).",
      "alerts.QueueGone.threshold = 1: does not exist for this alert. Remove it; only for and severity can be set.",
      "alerts.QueueShort: is not an alert of this component. Its alerts are QueueGone, QueueLong.",
    ]);
  });

  it("does not break what is only looked at: a refused threshold leaves the default", () => {
    const [, long] = alertRules(definitions, { QueueLong: { threshold: Number.NaN } });
    expect(long?.expr).toBe("queue_used_ratio > 0.9");
  });
});

it.each([
  [0.125, "ratio", "12.5 %"],
  [90, "seconds", "90 s"],
  [7200, "seconds", "2 h"],
  [0.05, "seconds", "0.05 s"],
  [1.5 * 2 ** 30, "bytes", "1.5 GiB"],
  [0, "bytes", "0 B"],
  [0.1, "per second", "0.1/s"],
] as const)("%s as %s is %s", (value, unit, text) => expect(formatQuantity(value, unit)).toBe(text));
