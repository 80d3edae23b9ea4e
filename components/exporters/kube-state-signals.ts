import type { LabelMatchers } from "../monitoring/labels";
import { and, gt, max, or, type Vector } from "../monitoring/promql";

/**
 * Claims that lack their volume: the lost ones, and of the pending ones those that a pod uses. A claim of storage that waits for its
 * first consumer is pending until then, such as that of a nightly schedule before its first night. `of` names a metric.
 */
export function unboundClaims(of: (name: string, matchers?: LabelMatchers) => Vector): Vector {
  const claims = (phase: "Pending" | "Lost"): Vector =>
    gt(
      max(of("kube_persistentvolumeclaim_status_phase", { phase }), {
        by: ["namespace", "persistentvolumeclaim", "phase"],
      }),
      0,
    );
  const used = of("kube_pod_spec_volumes_persistentvolumeclaims_info");
  return or(and(claims("Pending"), used, { on: ["namespace", "persistentvolumeclaim"] }), claims("Lost"));
}
