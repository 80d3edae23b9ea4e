import type { Duration } from "../../../components/core/units";

/** Series in promtool's notation, one sample a minute: `{ 'up{job="x"}': "1x5 0x10" }`; and when it is looked at. */
export interface Scenario {
  readonly input: Readonly<Record<string, string>>;
  readonly at: Duration;
}

export interface Firing extends Scenario {
  /** Labels of the alert that come from the series. */
  readonly labels: Readonly<Record<string, string>>;
  /** `$value`. */
  readonly value: number;
}

/** What makes one alert fire, and what looks similar and must not. */
export interface AlertCase {
  readonly alert: string;
  /** Where the alert is asked of others' metrics, or is at all. @default as on Docker */
  readonly on?: "kubernetes";
  readonly firing: readonly Firing[];
  readonly silent: readonly Scenario[];
}

/** Names a series: `series("up", { job: "x" })`. */
export function series(metric: string, labels: Readonly<Record<string, string>> = {}): string {
  const text = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${metric}{${text.join(",")}}`;
}

interface Simple {
  readonly metric: string;
  /** Labels of the series beside its owner's. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly fires: string;
  /** Similar, but no reason to fire. */
  readonly quiet: string;
  readonly at: Duration;
  readonly value: number;
  /** Labels of the alert. @default the owner's */
  readonly alertLabels?: Readonly<Record<string, string>>;
  /** Further series that both scenarios have. */
  readonly beside?: Readonly<Record<string, string>>;
}

/** An alert on one series: the same one with other values is the silent scenario. */
export function oneSeries(owner: Readonly<Record<string, string>>, alert: string, simple: Simple): AlertCase {
  const name = series(simple.metric, { ...owner, ...simple.labels });
  const scenario = (values: string): Scenario => ({ input: { ...simple.beside, [name]: values }, at: simple.at });
  return {
    alert,
    firing: [{ ...scenario(simple.fires), labels: simple.alertLabels ?? owner, value: simple.value }],
    silent: [scenario(simple.quiet)],
  };
}
