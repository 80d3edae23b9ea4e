import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { IMAGES, type ImageName } from "../../components/core/images";
import { answers } from "../core/download";
import { UserError } from "../core/errors";
import { run, succeeds } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { recipeHash } from "../toolchain/go";
import { addToArchive, importImage, withFolders } from "./archive";
import { RECIPES, type Recipe } from "./recipes";

/** Where images come from: their registries, this machine's own builds, or whichever can be had. */
export type ImageSource = "auto" | "registry" | "local";

export const IMAGE_SOURCES: readonly ImageSource[] = ["auto", "registry", "local"];

/** References by name of the catalogue. */
export type References = Partial<Record<ImageName, string>>;

export const IMAGE_NAMES = Object.keys(IMAGES) as ImageName[];

/** Label of images that this project builds. */
const BUILT_BY = "datastack.image";

/**
 * Reference of the local variant of an image: `datastack.local/<name>:<version>-<hash>`; changed content is another
 * reference, and so a visible change in the preview.
 */
export function localReference(name: ImageName): string {
  const recipe = RECIPES[name];
  const hash = createHash("sha256")
    .update(recipeHash(recipe.programs))
    .update(recipe.content())
    .update(JSON.stringify([recipe.settings, process.arch]));
  return `${IMAGES[name].local}:${recipe.version}-${hash.digest("hex").slice(0, 8)}`;
}

/** Local references of all images, whether they are built or not. */
export function localReferences(names: readonly ImageName[] = IMAGE_NAMES): Record<ImageName, string> {
  return Object.fromEntries(names.map((name) => [name, localReference(name)])) as Record<ImageName, string>;
}

/** `auto` decided: the registries if those of all these images answer, else local builds. */
export async function chooseSource(source: ImageSource, names = IMAGE_NAMES): Promise<"registry" | "local"> {
  if (source !== "auto") return source;
  const registries = new Set(names.map((name) => registryOf(IMAGES[name].registry)));
  const reached = await Promise.all([...registries].map(async (registry) => registryAnswers(registry)));
  return reached.every(Boolean) ? "registry" : "local";
}

/** Host of an image's registry, as the engine reads a reference. */
export function registryOf(reference: string): string {
  const first = reference.split("/")[0] ?? "";
  const isHost = reference.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  return isHost && first !== "docker.io" ? first : "registry-1.docker.io";
}

/** A registry answers its API's root with 200, or with 401 for those that want a token. */
async function registryAnswers(host: string): Promise<boolean> {
  return answers(`https://${host}/v2/`, [401]);
}

/** Whether the engine has an image of this reference. */
export function isPresent(reference: string): Promise<boolean> {
  return succeeds("docker", ["image", "inspect", "--format", "{{.Id}}", reference]);
}

/** Builds those of the local images that are not there yet, and returns the references of all. */
export async function ensureLocalImages(progress: Progress, names = IMAGE_NAMES): Promise<References> {
  const references = localReferences(names);
  const missing: ImageName[] = [];
  for (const name of names) if (!(await isPresent(references[name]))) missing.push(name);
  // their downloads and compilations overlap; buildGo shares what two of them need
  const results = await Promise.allSettled(
    missing.map((name) => buildImage(RECIPES[name], references[name], progress)),
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

/** Writes images into one archive, as `docker load` and containerd's `ctr images import` read it. */
export async function saveImages(references: readonly string[], file: string): Promise<void> {
  const missing: string[] = [];
  for (const reference of references) if (!(await isPresent(reference))) missing.push(reference);
  if (missing.length > 0) {
    throw new UserError(
      `These images are not on the Docker engine: ${missing.join(", ")}. Run: npm run images -- build`,
    );
  }
  const partial = `${file}.${process.pid}.partial`;
  try {
    await run("docker", ["save", "--output", partial, ...references]);
    fs.renameSync(partial, file);
  } finally {
    fs.rmSync(partial, { force: true });
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
