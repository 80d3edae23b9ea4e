import type { AlertDefinition } from "../monitoring/alert";
import { absent, count, lt, metric, or, type Vector } from "../monitoring/promql";

export interface DiscoveredJob {
  readonly job: string;
  /** Instances that it always has. @default at least one */
  readonly replicas?: number;
}

/** Where instances are found, and not named: one that is gone is no target any more, and nothing says that it is down. */
export function discoveredAlerts(jobs: readonly [DiscoveredJob, ...DiscoveredJob[]]) {
  const missing = jobs.flatMap(({ job, replicas = 1 }): Vector[] => [
    ...(replicas > 1 ? [lt(count(metric("up", { job }), { by: ["job"] }), replicas)] : []),
    absent("up", { job }),
  ]);
  return {
    TargetMissing: {
      severity: "critical",
      for: "10m",
      expr: () => missing.reduce((all, one) => or(all, one)),
      summary: "{{ $labels.job }}: there is nothing to scrape, or not of every replica",
      description:
        "It is declared, and no pod of it is found, or fewer than it has replicas: they do not exist, or Prometheus may not see them. Alerts about what is missing are blind, TargetDown among them.",
    },
  } satisfies Record<string, AlertDefinition>;
}
