import type { ImageName } from "../../components/core/images";
import type { Progress } from "../core/progress";
import { buildImage } from "./build";
import { isPresent, pullImages } from "./engine";
import { type ImageSettings, imageSettings, isBuilt, localReferences, type References, recipeOf } from "./references";
import { IMAGE_NAMES, registryReferences } from "./source";

export { isPresent } from "./engine";
export { imageNotes, leftOutNotes } from "./notes";
export {
  type ImageSettings,
  imageSettings,
  isBuilt,
  localReference,
  localReferences,
  type References,
} from "./references";
export { chooseSource, IMAGE_NAMES, IMAGE_SOURCES, type ImageSource, registryOf } from "./source";

/** What the configuration says of images from `source`; asks the engine for those that can only be pulled. Gets none. */
export async function settingsFor(
  source: "registry" | "local",
  names: readonly ImageName[] = IMAGE_NAMES,
): Promise<ImageSettings> {
  const present: string[] = [];
  for (const reference of registryReferences(names.filter((name) => !isBuilt(name)))) {
    if (await isPresent(reference)) present.push(reference);
  }
  return imageSettings(source, names, present);
}

/** Gets every image onto the engine that can be had: builds what is built here, pulls the others. */
export async function ensureImages(
  progress: Progress,
  source: "registry" | "local",
  names: readonly ImageName[] = IMAGE_NAMES,
): Promise<ImageSettings> {
  const settings = await settingsFor(source, names);
  if (source === "registry") await pullImages(progress, registryReferences(names));
  await build(progress, settings.references, source === "registry");
  return settings;
}

/**
 * Builds those of the local images that are not there yet, and returns the references of all that can be built. Where registries
 * answer, from their base images.
 */
export async function ensureLocalImages(
  progress: Progress,
  names: readonly ImageName[] = IMAGE_NAMES,
  registries = false,
): Promise<References> {
  const references = localReferences(names);
  await build(progress, references, registries);
  return references;
}

async function build(progress: Progress, references: References, registries: boolean): Promise<void> {
  const missing: [ImageName, string][] = [];
  for (const [name, reference] of Object.entries(references) as [ImageName, string][]) {
    if (!(await isPresent(reference))) missing.push([name, reference]);
  }
  // their downloads and compilations overlap; buildGo shares what two of them need
  const results = await Promise.allSettled(
    missing.map(([name, reference]) => buildImage(recipeOf(name), reference, registries, progress)),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
