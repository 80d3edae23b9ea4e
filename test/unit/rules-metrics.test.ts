import { beforeAll, describe, expect, it } from "vitest";
import { alerts, expressions, KUBELET_JOBS, monitoredBoth } from "../support/monitored";
import { type PromQL, promql } from "../support/promql";
import { conditional, recordedScrapes } from "../support/scrapes";

const collected = monitoredBoth();
const scrapes = recordedScrapes(
  [...collected.docker.collected.targets, ...collected.kubernetes.collected.targets],
  KUBELET_JOBS,
);
const { notRecorded } = conditional();
const recorded = new Set(collected.groups.flatMap((group) => (group.recordings ?? []).map((r) => r.record)));

let parsed: PromQL;
const selectors = (expr: string) => parsed.selectors(expr);
const syntaxErrors = (expr: string) => parsed.syntaxErrors(expr);

beforeAll(async () => {
  parsed = await promql();
});

/** What a rule asks for that nothing delivers. */
function missing(expr: string): string[] {
  return selectors(expr).flatMap(({ metric, labels }) => {
    if (recorded.has(metric) || metric in notRecorded) return [];
    const known = scrapes.get(metric);
    if (!known) return [metric];
    return labels
      .filter((label) => !["job", "instance"].includes(label) && !known.has(label))
      .map((l) => `${metric}{${l}}`);
  });
}

describe("every rule", () => {
  it.each(expressions(collected))("$name is PromQL and asks only for what the programs deliver", ({ expr }) => {
    expect(syntaxErrors(expr)).toEqual([]);
    expect(selectors(expr).length + Number(expr === "vector(1)")).toBeGreaterThan(0);
    expect(missing(expr)).toEqual([]);
  });

  it("is held against something: a metric and a label that do not exist are found", () => {
    expect(missing('rate(kafka_nothing_total{job="kafka"}[5m]) > 0')).toEqual(["kafka_nothing_total"]);
    expect(missing('kafka_brokers{granted="f"} > 0')).toEqual(["kafka_brokers{granted}"]);
    expect(missing('kafka_server_brokertopicmetrics_bytesin_total{topic=""}')).toEqual([]);
    expect(syntaxErrors("sum(up")).not.toEqual([]);
    expect(syntaxErrors("label_replace(up, a, $1, b, (.*))")).not.toEqual([]);
  });

  it("is excepted only where that is true, and needed", () => {
    expect(Object.keys(notRecorded).filter((metric) => scrapes.has(metric))).toEqual([]);
    expect(Object.keys(conditional().recorded).filter((metric) => !scrapes.has(metric))).toEqual([]);
    const used = new Set(expressions(collected).flatMap(({ expr }) => selectors(expr).map((s) => s.metric)));
    const excepted = [...Object.keys(notRecorded), ...Object.keys(conditional().recorded)];
    expect(excepted.filter((metric) => !used.has(metric))).toEqual([]);
  });

  it("is about its own job or schedule, but for those that watch all targets", () => {
    const free = collected.groups
      .filter((group) => group.name !== "prometheus-targets")
      .flatMap((group) => [...(group.recordings ?? []), ...(group.alerts ?? [])])
      .filter(({ expr }) => (expr.match(/(job|schedule)=~?"/g) ?? []).length < selectors(expr).length);
    expect(free).toEqual([]);
  });

  it("needs no series that a sum would miss where a group has committed nothing", () => {
    expect(expressions(collected).filter(({ expr }) => /kafka_consumergroup_lag\{/.test(expr))).toEqual([]);
  });
});

describe("every alert", () => {
  it.each(alerts(collected))("$name says what, what next, and has bounds on its time", (alert) => {
    expect(alert.name).toMatch(
      /^(Alertmanager|App|Django|Files|Grafana|Http|Kafka|Kube|Market|Node|Postgres|Prometheus|Redis|Target|TimescaleDB|Watchdog)/,
    );
    expect(alert.summary).not.toMatch(/[.\n]$|\{threshold\}/);
    expect(alert.description).toMatch(/[.]$/);
    expect(alert.description).not.toContain("{threshold}");
    expect(["critical", "warning", "info"]).toContain(alert.severity);
  });
});
