import type { Problem } from "../core/problems";
import type { Duration } from "../core/units";
import type { Alert, AlertTuning, Explained, Severity } from "./monitoring";
import { isDuration, type Vector } from "./promql";
import { formatQuantity, type Quantity } from "./quantity";

/** The number that an alert compares with; tunable within its bounds. */
export interface Threshold {
  readonly default: number;
  readonly unit: Quantity;
  readonly min: number;
  /** @default no upper bound */
  readonly max?: number;
}

/** One alert of a component's catalogue. Its name is the key that it is defined under. */
export interface AlertDefinition {
  readonly severity: Severity;
  readonly for: Duration;
  /** For conditions that flap. @default not at all */
  readonly keepFiringFor?: Duration;
  /** @default nothing to tune but `for` and `severity` */
  readonly threshold?: Threshold;
  /** @default none */
  readonly explains?: Explained;
  /** The threshold is 0 where the definition has none. */
  readonly expr: (threshold: number) => Vector;
  /** One line. Prometheus templates allowed; `{threshold}` stands for the threshold with its unit. */
  readonly summary: string;
  /** What happens next if nothing is done. Templates as in `summary`. */
  readonly description: string;
  /** URL or path of a runbook of one's own. @default `docs/runbooks/<name>.md`, which has to exist */
  readonly runbook?: string;
}

export type AlertDefinitions<Name extends string = string> = Readonly<Record<Name, AlertDefinition>>;

/** The rules of a catalogue, tuned, sorted by name; `labels` are added to each. */
export function alertRules<Name extends string>(
  definitions: AlertDefinitions<Name>,
  tuning?: AlertTuning<Name>,
  labels: Readonly<Record<string, string>> = {},
): Alert[] {
  const names = (Object.keys(definitions) as Name[]).sort();
  return names.flatMap((name) => {
    const change = tuning?.[name];
    return change === false ? [] : [rule(name, definitions[name], change ?? {}, labels)];
  });
}

/** What is wrong with the tuning of a catalogue. Types catch most of it, but not for a configuration that was read. */
export function checkTuning<Name extends string>(
  path: string,
  definitions: AlertDefinitions<Name>,
  tuning?: AlertTuning<Name>,
): Problem[] {
  return Object.entries(tuning ?? {}).flatMap(([name, change]) => {
    const definition = (definitions as AlertDefinitions)[name];
    const at = `${path}.${name}`;
    if (!definition) {
      const known = Object.keys(definitions).sort().join(", ");
      return [{ path: at, rule: "is not an alert of this component", fix: `Its alerts are ${known}` }];
    }
    if (change === false || change === undefined) return [];
    return checkChange(at, definition, change as Change);
  });
}

/** `for` and `keep_firing_for`: a whole number with one unit. */
export function checkDuration(path: string, value: string, zero = false): Problem[] {
  if (isDuration(value) || (zero && value === "0s")) return [];
  const rule = "must be a whole number above 0 followed by s, m, h or d";
  return [{ path, value, rule, fix: 'Write it with one unit, such as "90s" or "36h"' }];
}

export const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];

export function checkSeverity(path: string, value: string): Problem[] {
  if ((SEVERITIES as readonly string[]).includes(value)) return [];
  return [{ path, value, rule: `must be one of ${SEVERITIES.join(", ")}` }];
}

type Change = Exclude<AlertTuning<string>[string], false | undefined>;

function checkChange(at: string, definition: AlertDefinition, change: Change): Problem[] {
  return [
    ...(change.for === undefined ? [] : checkDuration(`${at}.for`, change.for, true)),
    ...(change.severity === undefined ? [] : checkSeverity(`${at}.severity`, change.severity)),
    ...(change.threshold === undefined
      ? []
      : checkThreshold(`${at}.threshold`, definition.threshold, change.threshold)),
  ];
}

function checkThreshold(path: string, threshold: Threshold | undefined, value: number): Problem[] {
  if (!threshold) {
    return [{ path, value, rule: "does not exist for this alert", fix: "Remove it; only for and severity can be set" }];
  }
  const { min, max = Number.POSITIVE_INFINITY, unit } = threshold;
  if (Number.isFinite(value) && value >= min && value <= max) return [];
  const bounds = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `between ${min} and ${max}`;
  return [{ path, value, rule: `must be ${bounds} (${unit})` }];
}

function rule(
  name: string,
  definition: AlertDefinition,
  change: Change,
  labels: Readonly<Record<string, string>>,
): Alert {
  // A threshold that is refused must not break what is only looked at meanwhile.
  const tuned =
    checkThreshold("", definition.threshold, change.threshold ?? 0).length === 0 ? change.threshold : undefined;
  const threshold = tuned ?? definition.threshold?.default ?? 0;
  const shown = definition.threshold ? formatQuantity(threshold, definition.threshold.unit) : "";
  const fill = (text: string) => text.replaceAll("{threshold}", shown);
  return {
    name,
    expr: definition.expr(threshold).text,
    for: change.for ?? definition.for,
    ...(definition.keepFiringFor ? { keepFiringFor: definition.keepFiringFor } : {}),
    severity: change.severity ?? definition.severity,
    summary: fill(definition.summary),
    description: fill(definition.description),
    ...(definition.runbook === undefined ? {} : { runbook: definition.runbook }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(definition.explains ? { explains: definition.explains } : {}),
  };
}
