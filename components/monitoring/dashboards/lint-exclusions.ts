import type { Exclusion } from "./lint";

const OVERVIEW = "datastack-overview";
const PROMETHEUS = "datastack-prometheus";
const whole = "It shows the whole stack as it is deployed, each component by its own job: there is nothing to choose";
const allTargets = "It is about all targets, not about Prometheus itself";

/** Where a rule of the linter does not fit, and why. Each of these is needed: a test takes them away one by one. */
export const LINT_EXCLUSIONS: readonly Exclusion[] = [
  { rule: "template-job", dashboard: OVERVIEW, reason: whole },
  { rule: "template-instance", dashboard: OVERVIEW, reason: whole },
  { rule: "target-job", dashboard: OVERVIEW, reason: whole },
  { rule: "target-instance", dashboard: OVERVIEW, reason: whole },
  {
    rule: "target-counter-agg",
    dashboard: "datastack-django",
    panel: "Migrations not applied",
    reason: "django_migrations_unapplied_total is a gauge, in spite of its name",
  },
  ...["Targets down", "Targets", "Slowest scrapes", "Largest scrapes", "Firing alerts"].flatMap(
    (panel): Exclusion[] => [
      { rule: "target-job", dashboard: PROMETHEUS, panel, reason: allTargets },
      { rule: "target-instance", dashboard: PROMETHEUS, panel, reason: allTargets },
    ],
  ),
];
