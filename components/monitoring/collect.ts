import type { Problem } from "../core/problems";
import type { Monitoring, RuleGroup } from "./monitoring";
import { checkGroups } from "./rules";
import type { ScrapeTarget } from "./scrape";

/** What all components of a stack want to be watched by, in an order that does not depend on theirs. */
export interface Collected {
  readonly targets: readonly ScrapeTarget[];
  readonly groups: readonly RuleGroup[];
}

export function collect(monitoring: readonly Monitoring[]): Collected {
  return {
    targets: sorted(
      monitoring.flatMap((m) => m.targets),
      (target) => target.job,
    ),
    groups: sorted(
      monitoring.flatMap((m) => m.rules),
      (group) => group.name,
    ),
  };
}

/** The `instance` labels of a target's replicas. Hosts of an agent are not known beforehand. */
export function instances(target: ScrapeTarget): string[] {
  if (target.identity === "none") return [target.workload];
  return Array.from({ length: target.replicas }, (_, i) => `${target.workload}-${i}`);
}

/** What is wrong with the rules, and what two components have both claimed. */
export function checkCollected(path: string, collected: Collected): Problem[] {
  const { targets, groups } = collected;
  return [
    ...checkGroups(path, groups),
    ...duplicates(
      targets.map((target) => [target.job, target.workload]),
      (job, owners) => ({
        path: `${path}.job`,
        value: job,
        rule: `is the job of several targets (${owners})`,
        fix: "Give each a name of its own",
      }),
    ),
    ...instanceCollisions(path, targets),
    ...duplicates(
      groups.map((group) => [group.name, "a group"]),
      (name) => ({
        path: `${path}.rules`,
        value: name,
        rule: "is the name of several rule groups",
        fix: "Give each a name of its own, with the component's name in it",
      }),
    ),
    ...duplicates(
      groups.flatMap((group) =>
        (group.alerts ?? []).map((alert): [string, string] => [key(alert.name, alert.labels), group.name]),
      ),
      (alert, owners) => ({
        path: `${path}.alerts`,
        value: alert,
        rule: `is the name of several alerts (groups ${owners})`,
        fix: "Rename one, or tell them apart by a label",
      }),
    ),
    ...duplicates(
      groups.flatMap((group) =>
        (group.recordings ?? []).map((recording): [string, string] => [
          key(recording.record, recording.labels),
          group.name,
        ]),
      ),
      (record, owners) => ({
        path: `${path}.recordings`,
        value: record,
        rule: `is recorded several times (groups ${owners})`,
        fix: "Rename one, or tell them apart by a label",
      }),
    ),
  ];
}

/** Two workloads whose replicas would have the same `instance`: nobody could tell whose an alert is. */
function instanceCollisions(path: string, targets: readonly ScrapeTarget[]): Problem[] {
  const owners = new Map<string, Set<string>>();
  for (const target of targets) {
    for (const instance of instances(target)) {
      owners.set(instance, (owners.get(instance) ?? new Set()).add(target.workload));
    }
  }
  return [...owners]
    .filter(([, workloads]) => workloads.size > 1)
    .map(([instance, workloads]) => ({
      path: `${path}.instance`,
      value: instance,
      rule: `is an instance of several workloads (${[...workloads].sort().join(", ")})`,
      fix: "Rename one of them",
    }));
}

function duplicates(
  entries: readonly (readonly [string, string])[],
  problem: (key: string, owners: string) => Problem,
): Problem[] {
  const owners = new Map<string, string[]>();
  for (const [name, owner] of entries) owners.set(name, [...(owners.get(name) ?? []), owner]);
  return [...owners]
    .filter(([, all]) => all.length > 1)
    .map(([name, all]) => problem(name, [...all].sort().join(", ")));
}

/** A name, and the labels that set it apart from others of that name: `KafkaOfflinePartitions{component="events"}`. */
function key(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const names = Object.keys(labels).sort();
  return names.length === 0 ? name : `${name}{${names.map((label) => `${label}="${labels[label]}"`).join(",")}}`;
}

function sorted<T>(values: readonly T[], by: (value: T) => string): T[] {
  return [...values].sort((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0));
}
