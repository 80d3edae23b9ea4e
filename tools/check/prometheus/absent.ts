/**
 * Metrics that a healthy stack may be without, by the beginning of their names. Whatever a rule asks for and is not here has to
 * exist, or the rule could never fire.
 */
const OPTIONAL: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^kafka_consumergroup_/, "exported only while there is a consumer group"],
  [/^datastack_schedule_/, "exported only after a schedule has run"],
  [/^node_md_/, "exported only on hosts with software RAID"],
  [/^node_bonding_/, "exported only on hosts with bonded interfaces"],
  [/^node_nf_conntrack_/, "exported only where the kernel tracks connections"],
];

/** Why this metric may be missing, if there is a reason. */
export function optionalMetric(name: string): string | undefined {
  return OPTIONAL.find(([pattern]) => pattern.test(name))?.[1];
}
