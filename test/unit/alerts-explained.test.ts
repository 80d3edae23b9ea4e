import { describe, expect, it } from "vitest";
import { inhibitRules } from "../../components/alertmanager/inhibit";
import { alerts, monitoredBoth } from "../support/monitored";
import { CASES } from "./alerts/all";

const { kubernetes } = monitoredBoth();
const { collected, monitoring } = kubernetes;
// There are all that Docker has, and those of Kubernetes.
const all = new Map(alerts(collected).map((alert) => [alert.name, alert]));
const pairs = [...all.values()].flatMap(({ name, explains }) =>
  (explains?.alerts ?? []).map((other) => ({ name, other, same: explains?.same ?? ["job", "instance"] })),
);

/** The labels that an alert comes with, as Prometheus itself shows in its cases. */
function labelsOf(alert: string): string[] {
  return Object.keys(CASES.find((c) => c.alert === alert)?.firing[0]?.labels ?? {});
}

describe.each(pairs)("$name explains $other", ({ name, other, same }) => {
  it("which there is, and which is not more urgent", () => {
    expect(all.has(other)).toBe(true);
    const order = ["info", "warning", "critical"];
    const urgency = (of: string) => order.indexOf(all.get(of)?.severity ?? "");
    expect(urgency(name)).toBeGreaterThanOrEqual(urgency(other));
  });

  it("by labels that both of them have: what is missing on both would be equal", () => {
    expect(labelsOf(name)).toEqual(expect.arrayContaining([...same]));
    expect(labelsOf(other)).toEqual(expect.arrayContaining([...same]));
  });

  it("by all labels that tell several of them apart, but for those of the same thing", () => {
    const left = labelsOf(other).filter((label) => labelsOf(name).includes(label) && !same.includes(label));
    // A file system has its type, and a receiver its kind.
    expect(left.filter((label) => !["fstype", "integration"].includes(label))).toEqual([]);
  });
});

it("no alert is silent because of one that is silent because of it", () => {
  const reaches = (from: string, to: string): boolean =>
    pairs.some(({ name, other }) => name === from && (other === to || reaches(other, to)));
  expect([...all.keys()].filter((name) => reaches(name, name))).toEqual([]);
  // TargetDown silences what has its instance; were it explained by such an alert, nobody would hear of either.
  expect(pairs.filter(({ other, same }) => other === "TargetDown" && same.includes("instance"))).toEqual([]);
});

it("Alertmanager is told of it, once for components that bring the same alerts", () => {
  const rules = inhibitRules([...monitoring, ...monitoring]);
  expect(rules).toEqual(inhibitRules([...monitoring].reverse()));
  expect(rules.slice(3).map((rule) => rule.source_matchers[0])).toEqual(
    [...new Set(pairs.map(({ name }) => name))].sort().map((name) => `alertname="${name}"`),
  );
  expect(rules).toContainEqual({
    source_matchers: ['alertname="NodeFilesystemSpaceOut"'],
    target_matchers: ['alertname=~"NodeFilesystemFillingUp|NodeFilesystemFillingUpFast|NodeFilesystemSpaceLow"'],
    equal: ["stack", "job", "instance", "device", "mountpoint"],
  });
});
