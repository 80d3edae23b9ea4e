import { IMAGES, type ImageName, imageCatalogue } from "../components/core/images";
import type { Problem } from "../components/core/problems";
import type { Plan } from "../components/target/workload";
import { PROJECT, type StackConfig } from "./config";
import { pinnedImages } from "./images-lock";

/** Names of images that a stack runs, by its plans, and that its configuration leaves to us. */
export function ownImages(config: StackConfig, plans: readonly Plan[]): ImageName[] {
  const processes = plans.flatMap((plan) => [
    ...(plan.services ?? []),
    ...(plan.agents ?? []),
    ...(plan.jobs ?? []),
    ...(plan.schedules ?? []),
  ]);
  const used = new Set(processes.map(({ image }) => image.reference));
  const catalogue = imageCatalogue({ ...pinnedImages().images, ...config.images });
  return (Object.keys(IMAGES) as ImageName[]).filter(
    (name) => config.images[name] === undefined && used.has(catalogue[name].reference),
  );
}

/** Those that no registry has need a reference: without one, containers would be refused half-way through an `up`. */
export function checkBuilt(config: StackConfig, plans: readonly Plan[]): Problem[] {
  return ownImages(config, plans)
    .filter((name) => IMAGES[name].registry === undefined)
    .map((name) => ({
      path: `${PROJECT}:images.${name}`,
      rule: "must be given: it is built from this repository, and no registry has it",
      fix:
        '"npm start" and "npm run render" give it; with plain Pulumi run ' +
        `"npm run images -- build ${name}", for a cluster push it to a registry of yours, and ` +
        `"pulumi config set --path ${PROJECT}:images.${name} <reference>"`,
    }));
}
