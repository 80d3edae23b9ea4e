import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { escapeRegex, selector } from "../../components/monitoring/labels";
import * as q from "../../components/monitoring/promql";
import { signal } from "../../components/monitoring/signal";
import { type PromQL, promql } from "../support/promql";
import { findPromtool, promtool } from "../support/promtool";

let parsed: PromQL;

beforeAll(async () => {
  parsed = await promql();
});

describe("selectors", () => {
  it("have sorted labels, and each kind of condition", () => {
    const matchers = { topic: { re: "a.*" }, job: "kafka", partition: { ne: "0" }, group: { nre: "x|y" } };
    expect(selector("kafka_lag", matchers)).toBe('kafka_lag{group!~"x|y",job="kafka",partition!="0",topic=~"a.*"}');
    expect(selector("up")).toBe("up");
  });

  it("escape values once", () => {
    expect(selector("up", { path: 'C:\\ "x"\n' })).toBe('up{path="C:\\\\ \\"x\\"\\n"}');
    expect(selector("up", { host: { re: escapeRegex("a.b+c") } })).toBe('up{host=~"a\\\\.b\\\\+c"}');
  });

  it("refuse names that are none", () => {
    expect(() => selector("my-metric")).toThrow('not a metric name: "my-metric"');
    expect(() => selector("up", { "my-label": "x" })).toThrow('not a label name: "my-label"');
  });
});

describe("expressions", () => {
  const up = q.metric("up");

  it.each([
    [
      q.gt(q.sum(q.rate(q.range("x_total", { job: "a" }, "5m")), { by: ["job"] }), 0.5),
      'sum by (job) (rate(x_total{job="a"}[5m])) > 0.5',
    ],
    [q.div(q.sub(1, up), q.add(up, up)), "(1 - up) / (up + up)"],
    [q.sub(up, q.sub(up, 1)), "up - (up - 1)"],
    [q.sub(q.sub(up, 1), 1), "up - 1 - 1"],
    [q.mul(q.gt(up, 0), 2), "(up > 0) * 2"],
    [q.or(q.and(up, up), up), "up and up or up"],
    [q.and(q.or(up, up), up), "(up or up) and up"],
    [q.div(up, up, { on: ["job"], group: { left: ["topic"] } }), "up / on (job) group_left (topic) up"],
    [q.unless(up, up, { ignoring: [] }), "up unless ignoring () up"],
    [q.predictLinear(q.range("x", {}, "6h"), "1d"), "predict_linear(x[6h], 86400)"],
    [q.max(q.changes(q.subquery(q.gt(up, 0), "1h"))), "max(changes((up > 0)[1h:]))"],
    [q.labelReplace(up, "a", "$1", "b", "(.*)"), 'label_replace(up, "a", "$1", "b", "(.*)")'],
    [q.histogramQuantile(0.9, up), "histogram_quantile(0.9, up)"],
  ])("%#: %o", (expr, text) => {
    expect(expr.text).toBe(text);
    expect(parsed.syntaxErrors(text)).toEqual([]);
  });

  it("cannot be put together into something invalid", () => {
    expect(() => q.gt(1, 2)).toThrow('">" needs a vector on one side');
    expect(() => q.gt(up, 2, { on: ["job"] })).toThrow("has nothing to match labels with");
    expect(() => q.div(up, up, { on: ["job"], group: { left: ["job"] } })).toThrow("matched and copied at once: job");
    expect(() => q.gt(up, Number.NaN)).toThrow("not a finite number: NaN");
    expect(() => q.range("up", {}, "1.5m")).toThrow('not a duration: "1.5m"');
    expect(() => q.range("up", {}, "0s")).toThrow('not a duration: "0s"');
    expect(() => q.sum(up, { by: ["a b"] })).toThrow('not a label name: "a b"');
    expect(() => q.histogramQuantile(90, up)).toThrow("a quantile is between 0 and 1, not 90");
  });
});

describe("whatever is put together", () => {
  it("is PromQL by Prometheus's grammar", () => {
    fc.assert(
      fc.property(anyVector, (expr) => parsed.syntaxErrors(expr.text).length === 0),
      { numRuns: 300 },
    );
  });

  it("has the right types, says promtool", async (context) => {
    const program = await findPromtool();
    context.skip(!program, "promtool is neither on PATH nor built yet");
    const rules = fc
      .sample(anyVector, { numRuns: 300, seed: 7 })
      .map((expr, i) => ({ record: `any:${i}`, expr: expr.text }));
    const file = stringify({ groups: [{ name: "any", rules }] }, { lineWidth: 0 });
    await promtool(program ?? "", { "rules.yml": file }, ["check", "rules", "rules.yml"]);
  });
});

const labelName = fc.constantFrom("job", "instance", "topic");
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }));
const matcher = fc.oneof(text, fc.record({ ne: text }), fc.record({ re: text.map(escapeRegex) }));
const matchers = fc.dictionary(labelName, matcher);
const metricName = fc.constantFrom("up", "x_total", "job:x:rate5m");
const window = fc.constantFrom("30s", "5m", "6h", "1d") as fc.Arbitrary<"30s" | "5m" | "6h" | "1d">;
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const grouping = fc.option(
  fc.uniqueArray(labelName).map((by) => ({ by })),
  { nil: undefined },
);
const sets = fc.option(
  fc.uniqueArray(labelName).map((on) => ({ on })),
  { nil: undefined },
);

const { vector: anyVector } = fc.letrec<{ vector: q.Vector }>((tie) => ({
  vector: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(metricName, matchers).map(([name, by]) => q.metric(name, by)),
    fc.tuple(metricName, matchers, window).map(([name, by, span]) => q.rate(q.range(name, by, span))),
    fc.tuple(tie("vector"), window).map(([of, span]) => q.maxOverTime(q.subquery(of, span))),
    fc.tuple(tie("vector"), grouping).map(([of, by]) => q.sum(of, by)),
    fc.tuple(tie("vector"), finite).map(([of, least]) => q.clampMin(of, least)),
    fc
      .tuple(
        fc.constantFrom(q.add, q.sub, q.mul, q.div, q.gt, q.le, q.eq),
        tie("vector"),
        fc.oneof(finite, tie("vector")),
        fc.boolean(),
      )
      .map(([operator, a, b, swap]) => (swap ? operator(b, a) : operator(a, b))),
    fc
      .tuple(fc.constantFrom(q.and, q.or, q.unless), tie("vector"), tie("vector"), sets)
      .map(([operator, a, b, on]) => operator(a, b, on)),
  ),
}));

describe("signals", () => {
  const scope = { matchers: { job: "app" }, by: ["job"] };

  it("are seen by their kind: value, rate, quantile", () => {
    expect(signal({ type: "gauge", title: "t", unit: "count", metric: "g", across: "sum" }, scope).text).toBe(
      'sum by (job) (g{job="app"})',
    );
    expect(signal({ type: "gauge", title: "t", unit: "count", metric: "g" }, { matchers: {} }).text).toBe(
      "max by () (g)",
    );
    expect(
      signal({ type: "counter", title: "t", unit: "bytes", metric: "c_total", matchers: { topic: "" } }, scope).text,
    ).toBe('sum by (job) (rate(c_total{job="app",topic=""}[5m]))');
    expect(
      signal(
        { type: "histogram", title: "t", unit: "seconds", metric: "h", quantile: 0.95 },
        { ...scope, window: "1h" },
      ).text,
    ).toBe('histogram_quantile(0.95, sum by (job, le) (rate(h_bucket{job="app"}[1h])))');
  });
});
