import * as fs from "node:fs";
import * as path from "node:path";
import { IMAGES, type ImageName } from "../../components/core/images";
import { run, succeeds } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { addToArchive, importImage, withFolders } from "./archive";
import type { Recipe } from "./recipes";
import { type ImageSettings, imageSettings, isBuilt, localReferences, type References, recipeOf } from "./references";
import { IMAGE_NAMES, registryReferences } from "./source";

export { type ImageSettings, imageSettings, localReference, localReferences, type References } from "./references";
export { chooseSource, IMAGE_NAMES, IMAGE_SOURCES, type ImageSource, registryOf } from "./source";

/** Label of images that this project builds. */
const BUILT_BY = "datastack.image";

/** Whether the engine has an image of this reference. */
export function isPresent(reference: string): Promise<boolean> {
  return succeeds("docker", ["image", "inspect", "--format", "{{.Id}}", reference]);
}

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
  await ensureLocalImages(progress, Object.keys(settings.references) as ImageName[]);
  return settings;
}

/** One line per image that is left out, with what to do about it. */
export function leftOutNotes(leftOut: readonly ImageName[]): string[] {
  return leftOut.map((name) => {
    const { registry } = IMAGES[name];
    return (
      `Left out for want of its image: ${name}. ${registry} can only be pulled, and no registry answers. ` +
      `Load it into the engine (docker load), or name a reference that can be pulled in datastack:images.${name}.`
    );
  });
}

/** Builds those of the local images that are not there yet, and returns the references of all that can be built. */
export async function ensureLocalImages(
  progress: Progress,
  names: readonly ImageName[] = IMAGE_NAMES,
): Promise<References> {
  const references = localReferences(names);
  const missing: [ImageName, string][] = [];
  for (const [name, reference] of Object.entries(references) as [ImageName, string][]) {
    if (!(await isPresent(reference))) missing.push([name, reference]);
  }
  // their downloads and compilations overlap; buildGo shares what two of them need
  const results = await Promise.allSettled(
    missing.map(([name, reference]) => buildImage(recipeOf(name), reference, progress)),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return references;
}

/** Pulls the images that are not there yet, so that the deployment does not wait for them unseen. */
export async function pullImages(progress: Progress, references: readonly string[]): Promise<void> {
  for (const reference of references) {
    if (await isPresent(reference)) continue;
    await progress.step(`Pull ${reference}`, (step) =>
      run("docker", ["pull", reference], { onLine: (line) => step.detail(line.slice(0, 60)) }),
    );
  }
}

async function buildImage(recipe: Recipe, reference: string, progress: Progress): Promise<void> {
  await withLock(cacheDir("locks", `image-${recipe.name}.lock`), async () => {
    if (await isPresent(reference)) return;
    const [root, entries] = await Promise.all([recipe.root?.(progress), recipe.entries(progress)]);
    await progress.step(`Image ${reference}`, async () => {
      const work = fs.mkdtempSync(path.join(ensureDir(cacheDir("work")), `${recipe.name}-`));
      try {
        const archive = path.join(work, "root.tar");
        if (root) fs.copyFileSync(root, archive);
        await addToArchive(archive, withFolders(entries), path.join(work, "stage"));
        await importImage(archive, reference, { ...recipe.settings, labels: { [BUILT_BY]: recipe.name } });
      } finally {
        fs.rmSync(work, { recursive: true, force: true });
      }
    });
  });
}
