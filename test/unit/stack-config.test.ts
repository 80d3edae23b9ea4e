import { describe, expect, it } from "vitest";
import { parseConfig, type StackConfig } from "../../stacks/config";
import { declareStack } from "../../stacks/systems";

const SYSTEMS = ["crypto-viz", "gauzian", "kafka"];

/** As Pulumi hands it over, or `npm run` with fewer keys. */
const parsed = (keys: Readonly<Record<string, string>>) =>
  parseConfig(Object.fromEntries(Object.entries(keys).map(([key, value]) => [`datastack:${key}`, value])));

function services(config: StackConfig): string[] {
  const plans = declareStack("test", config).blueprint.plans();
  return plans.flatMap(({ services: all = [] }) => all.map(({ name }) => name));
}

describe("kube-state-metrics, by which the alerts about schedules live on Kubernetes", () => {
  it.each(SYSTEMS)("is there in %s without being asked for, after a move from Docker too", (system) => {
    const { config, problems } = parsed({ system, target: "kubernetes", kubeContext: "production" });
    expect(problems).toEqual([]);
    expect(services(config)).toContain("kube-state-metrics");
  });

  it.each(SYSTEMS)("can be left out of %s", (system) => {
    const { config, problems } = parsed({ system, target: "kubernetes", clusterMetrics: "false" });
    expect(problems).toEqual([]);
    expect(services(config)).not.toContain("kube-state-metrics");
  });

  it.each(SYSTEMS)("is not in %s on Docker, though Pulumi hands the default over", (system) => {
    for (const keys of [{ system }, { system, clusterMetrics: "true" }]) {
      const { config, problems } = parsed(keys);
      expect(problems).toEqual([]);
      expect(config.clusterMetrics).toBe(false);
      expect(services(config)).not.toContain("kube-state-metrics");
      expect(declareStack("test", config).blueprint.validate()).toEqual([]);
    }
  });
});
