import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../components/core/problems";
import { bytes } from "../components/core/units";
import type { Plan } from "../components/target/workload";

/** Kept volumes by `<workload>.<volume>`: an output of every stack, and so known to the next run. */
export type Volumes = Readonly<Record<string, { readonly size: string; readonly replicas: number }>>;

export function volumesOf(plans: readonly Plan[]): Volumes {
  const services = plans.flatMap((p) => p.services ?? []);
  const schedules = plans.flatMap((p) => p.schedules ?? []);
  return Object.fromEntries(
    [...services, ...schedules.map(({ name, volumes }) => ({ name, volumes, replicas: 1 }))].flatMap(
      ({ name, volumes = [], replicas = 1 }) =>
        volumes.map((volume) => [`${name}.${volume.name}`, { size: volume.size, replicas }]),
    ),
  );
}

/** What the last `up` of this stack left as its output. */
export async function previousVolumes(): Promise<Volumes> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const self = new pulumi.StackReference("previous", { name });
  const { value } = await self.getOutputDetails("volumes");
  return (value as Volumes | undefined) ?? {};
}

/** Volumes only grow, and their replicas do not become fewer: neither could keep its data. */
export function checkShrink(previous: Volumes, next: Volumes): Problem[] {
  return Object.entries(next).flatMap(([name, { size, replicas }]) => {
    const before = previous[name];
    if (!before) return [];
    const problems: Problem[] = [];
    if ((bytes(size) ?? 0) < (bytes(before.size) ?? 0))
      problems.push({
        path: `${name}.size`,
        value: size,
        rule: `must not be smaller than before (${before.size}): a volume only grows`,
        fix: "Keep the size, or move the data to a new volume first",
      });
    if (replicas < before.replicas)
      problems.push({
        path: `${name}.replicas`,
        value: replicas,
        rule: `must not be fewer than before (${before.replicas}): those that remain would lack what the others hold, and a quorum its majority`,
        fix: `Keep ${before.replicas}, or move the data to a new stack`,
      });
    return problems;
  });
}
