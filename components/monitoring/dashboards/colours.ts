import type * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import type { Level, States, Thresholds } from "../dashboard";
import type { Plain } from "./plain";

/** Grafana's names, which it makes fit for light and dark. */
export const colours: Readonly<Record<Level, string>> = {
  good: "green",
  warning: "orange",
  critical: "red",
  neutral: "blue",
};

/** Steps from the lowest value on; each holds from its value to the next. */
export function thresholds(limits: Thresholds | undefined): Plain<grafana.ThresholdsConfig> {
  return { mode: "absolute", steps: steps(limits) };
}

function steps(limits: Thresholds | undefined): Plain<grafana.Threshold>[] {
  if (!limits) return [{ value: null, color: colours.neutral }];
  const { warning, critical, warningColour = colours.warning } = limits;
  if (limits.bad === "above") {
    return [
      { value: null, color: colours.good },
      ...(warning === undefined ? [] : [{ value: warning, color: warningColour }]),
      ...(critical === undefined ? [] : [{ value: critical, color: colours.critical }]),
    ];
  }
  return [
    { value: null, color: critical === undefined ? warningColour : colours.critical },
    ...(critical === undefined || warning === undefined ? [] : [{ value: critical, color: warningColour }]),
    { value: warning ?? critical ?? 0, color: colours.good },
  ];
}

/** Words for values. */
export function mappings(states: States | undefined): Plain<grafana.ValueMapping>[] {
  if (!states) return [];
  const options = Object.fromEntries(
    Object.entries(states).map(([value, { text, level }], index) => [value, { text, color: colours[level], index }]),
  );
  return [{ type: "value", options }];
}
