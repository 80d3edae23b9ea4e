import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../components/core/problems";
import { bytes } from "../components/core/units";
import type { Plan } from "../components/target/workload";

/** Sizes by `<workload>.<volume>`: an output of every stack, and so known to the next run. */
export type VolumeSizes = Readonly<Record<string, string>>;

export function volumeSizes(plans: readonly Plan[]): VolumeSizes {
  const services = plans.flatMap((p) => p.services ?? []);
  return Object.fromEntries(services.flatMap((s) => (s.volumes ?? []).map((v) => [`${s.name}.${v.name}`, v.size])));
}

/** What the last `up` of this stack left as its output. */
export async function previousVolumeSizes(): Promise<VolumeSizes> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const self = new pulumi.StackReference("previous", { name });
  const { value } = await self.getOutputDetails("volumes");
  return (value as VolumeSizes | undefined) ?? {};
}

/** Volumes only grow: a smaller one would have to be made anew, without its data. */
export function checkShrink(previous: VolumeSizes, next: VolumeSizes): Problem[] {
  return Object.entries(next)
    .filter(([name, size]) => (bytes(size) ?? 0) < (bytes(previous[name] ?? "0Gi") ?? 0))
    .map(([name, size]) => ({
      path: `${name}.size`,
      value: size,
      rule: `must not be smaller than before (${previous[name]}): a volume only grows`,
      fix: "Keep the size, or move the data to a new volume first",
    }));
}
