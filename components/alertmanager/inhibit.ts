import type { Alert, Monitoring } from "../monitoring/monitoring";

/** On everything that Prometheus sends. */
const STACK = "stack";
const INSTANCE = ["job", "instance"];

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

/** What holds for all alerts, of one's own too. */
const GENERAL: readonly InhibitRule[] = [
  {
    // What a target said last, or says no more, is explained by its being down. Alerts on several instances have none as label.
    source_matchers: ['alertname="TargetDown"'],
    target_matchers: ['alertname!="TargetDown"', 'instance!=""'],
    equal: [STACK, ...INSTANCE],
  },
  {
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity=~"warning|info"'],
    equal: ["alertname", STACK, ...INSTANCE],
  },
  {
    source_matchers: ['severity="warning"'],
    target_matchers: ['severity="info"'],
    equal: ["alertname", STACK, ...INSTANCE],
  },
];

/** Which alerts nobody has to hear of while others fire; in an order that does not depend on that of declaration. */
export function inhibitRules(monitoring: readonly Monitoring[]): InhibitRule[] {
  const alerts = monitoring.flatMap(({ rules }) => rules.flatMap((group) => group.alerts ?? []));
  // Two components of a kind bring the same alerts; that they are about the same job, the labels say.
  const explaining = new Map(alerts.filter(({ explains }) => explains).map((alert) => [alert.name, alert]));
  return [...GENERAL, ...[...explaining.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(rule)];
}

function rule({ name, explains }: Alert): InhibitRule {
  return {
    source_matchers: [`alertname="${name}"`],
    target_matchers: [`alertname=~"${[...(explains?.alerts ?? [])].sort().join("|")}"`],
    equal: [STACK, ...(explains?.same ?? INSTANCE)],
  };
}
