import type { Duration } from "../core/units";
import type { Dashboard, Panel } from "./dashboard";
import type { ScrapeTarget } from "./scrape";

export type Severity = "critical" | "warning" | "info";

/** A Prometheus alerting rule. */
export interface Alert {
  /** Begins with the product's name: `KafkaOfflinePartitions`. */
  readonly name: string;
  readonly expr: string;
  readonly for: Duration;
  readonly keepFiringFor?: Duration;
  readonly severity: Severity;
  /** One line; Prometheus templates allowed. */
  readonly summary: string;
  /** What it means and what happens next if nothing is done; Prometheus templates allowed. */
  readonly description: string;
  /** URL or path of a runbook of one's own. @default `docs/runbooks/<name>.md`, which has to exist */
  readonly runbook?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly explains?: Explained;
}

/** Alerts of which nobody has to hear while another one fires, because it says more: Alertmanager leaves them out. */
export interface Explained {
  readonly alerts: readonly string[];
  /** Labels in which both have to be equal, besides the stack. @default job and instance */
  readonly same?: readonly string[];
}

export interface Recording {
  /** `level:metric:operations`. */
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  /** Unique among everything that is collected. */
  readonly name: string;
  /** @default Prometheus's evaluation interval */
  readonly interval?: Duration;
  readonly recordings?: readonly Recording[];
  readonly alerts?: readonly Alert[];
}

/** What a component has to be watched by: Prometheus collects these, nobody keeps a scrape list by hand. */
export interface Monitoring {
  readonly targets: readonly ScrapeTarget[];
  readonly rules: readonly RuleGroup[];
  /** What Grafana shows of it. @default none */
  readonly dashboards?: readonly Dashboard[];
  /** Two to four panels about this component alone, for the overview of the stack. @default none */
  readonly highlights?: readonly Panel[];
}

/** Per alert of a component: `false` leaves it out, an object changes it. */
export type AlertTuning<Name extends string> = Readonly<
  Partial<Record<Name, false | { readonly for?: Duration; readonly severity?: Severity; readonly threshold?: number }>>
>;
