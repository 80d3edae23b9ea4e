import type { AlertDefinition } from "./alert";
import type { LabelMatchers } from "./labels";
import { changes, gt, max, range } from "./promql";

/** A process that exports `process_start_time_seconds` was started again and again. */
export function restarting(
  matchers: LabelMatchers,
  text: Pick<AlertDefinition, "summary" | "description">,
): AlertDefinition {
  const starts = max(changes(range("process_start_time_seconds", matchers, "30m")), { by: ["job", "instance"] });
  return {
    severity: "warning",
    for: "0s",
    keepFiringFor: "15m",
    threshold: { default: 2, unit: "count", min: 1 },
    expr: (most) => gt(starts, most),
    ...text,
  };
}
