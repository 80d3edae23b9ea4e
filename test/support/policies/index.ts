import { ACCESS } from "./access";
import { CONTAINERS } from "./containers";
import type { Objects } from "./objects";
import { POD_SECURITY } from "./pod-security";
import type { Finding, Rule } from "./rule";
import { WORKLOADS } from "./workloads";

export { Objects } from "./objects";

/** The restricted Pod Security standard, and the default checks of kube-score, kube-linter, Polaris and Checkov. */
export const RULES: readonly Rule[] = [...POD_SECURITY, ...CONTAINERS, ...WORKLOADS, ...ACCESS];

/** A rule with what it found. */
export interface Violation extends Finding {
  readonly checks: readonly string[];
}

export function violations(objects: Objects, rules = RULES): Violation[] {
  return rules.flatMap(({ checks, find }) => find(objects).map((finding) => ({ checks, ...finding })));
}
