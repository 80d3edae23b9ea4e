import { createHash } from "node:crypto";
import { IMAGES, type ImageName } from "../../components/core/images";
import { recipeHash } from "../toolchain/go";
import { RECIPES, type Recipe } from "./recipes";
import { IMAGE_NAMES, registryReference } from "./source";

/** References by name of the catalogue. */
export type References = Partial<Record<ImageName, string>>;

/** What the configuration of a run says about images. */
export interface ImageSettings {
  /** Those that are built on this machine. */
  readonly references: References;
  /** Those that can neither be pulled nor built here: the stack goes without what needs them. */
  readonly leftOut: readonly ImageName[];
}

/** Whether this project can build the image. */
export function isBuilt(name: ImageName): boolean {
  return RECIPES[name] !== undefined;
}

/** How an image is built. */
export function recipeOf(name: ImageName): Recipe {
  const recipe = RECIPES[name];
  if (!recipe) throw new Error(`The image ${name} can only be pulled: there is no recipe for it.`);
  return recipe;
}

/**
 * Reference of the local variant of an image: `datastack.local/<name>:<version>-<hash>`; changed content is another
 * reference, and so a visible change in the preview.
 */
export function localReference(name: ImageName): string {
  const recipe = recipeOf(name);
  const hash = createHash("sha256")
    .update(recipeHash(recipe.programs))
    .update(recipe.content())
    .update(JSON.stringify([recipe.settings, process.arch]));
  return `${IMAGES[name].local}:${recipe.version}-${hash.digest("hex").slice(0, 8)}`;
}

/** Local references of those of these images that can be built, whether they are or not. */
export function localReferences(names: readonly ImageName[] = IMAGE_NAMES): References {
  return Object.fromEntries(names.filter(isBuilt).map((name) => [name, localReference(name)]));
}

/**
 * What the configuration says when images come from `source`. An image without a registry is built in either case; one that can
 * only be pulled is left out where it cannot be, unless `present` (of upstream's references) has it.
 */
export function imageSettings(
  source: "registry" | "local",
  names: readonly ImageName[] = IMAGE_NAMES,
  present: readonly string[] = [],
): ImageSettings {
  const local = source === "local";
  return {
    references: localReferences(names.filter((name) => local || IMAGES[name].registry === undefined)),
    leftOut: local ? names.filter((name) => !isBuilt(name) && !present.includes(registryReference(name) ?? "")) : [],
  };
}
