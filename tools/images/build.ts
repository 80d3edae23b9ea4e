import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { addToArchive, changesOf, importImage, type Settings, withFolders } from "./archive";
import { canMakeRoots } from "./debian";
import { isPresent } from "./engine";
import type { Recipe } from "./recipes";

/** Label of images that this project builds. */
const BUILT_BY = "datastack.image";

/** What an image is built from, whatever it is called. */
type Source = Pick<Recipe, "settings" | "root" | "entries" | "finish" | "dockerfile"> & { readonly name: string };

/**
 * Builds an image that is not there yet. Where registries answer and no root file system can be made, an image that has a
 * Dockerfile is built from that.
 */
export async function buildImage(
  recipe: Source,
  reference: string,
  registries: boolean,
  progress: Progress,
): Promise<void> {
  await withLock(cacheDir("locks", `image-${recipe.name}.lock`), async () => {
    if (await isPresent(reference)) return;
    if (recipe.dockerfile && registries && !canMakeRoots()) {
      const args = ["build", "--tag", reference, "--label", `${BUILT_BY}=${recipe.name}`, recipe.dockerfile];
      await progress.step(`Image ${reference}`, (step) =>
        run("docker", args, { onLine: (line) => step.detail(line.slice(0, 60)) }),
      );
      return;
    }
    const [root, entries] = await Promise.all([recipe.root?.(progress), recipe.entries(progress)]);
    await progress.step(`Image ${reference}`, async () => {
      const work = fs.mkdtempSync(path.join(ensureDir(cacheDir("work")), `${recipe.name}-`));
      try {
        const archive = path.join(work, "root.tar");
        if (root) fs.copyFileSync(root, archive);
        await addToArchive(archive, withFolders(entries), path.join(work, "stage"));
        const settings = { ...recipe.settings, labels: { [BUILT_BY]: recipe.name } };
        if (recipe.finish) await importFinished(archive, reference, settings, recipe.finish);
        else await importImage(archive, reference, settings);
      } finally {
        fs.rmSync(work, { recursive: true, force: true });
      }
    });
  });
}

/** The name is given only to the finished image, so that a build that was cut short is not taken for one. */
async function importFinished(archive: string, reference: string, settings: Settings, finish: string): Promise<void> {
  const raw = `${reference}-raw`;
  const container = `datastack-build-${process.pid}`;
  await importImage(archive, raw, settings);
  try {
    await run("docker", [
      ...["run", "--name", container, "--user", "0", "--network", "none"],
      ...[raw, "/bin/sh", "-e", "-c", finish],
    ]);
    const changes = changesOf(settings).flatMap((change) => ["--change", change]);
    await run("docker", ["commit", ...changes, container, reference]);
  } finally {
    await run("docker", ["rm", "--force", container], { ok: [0, 1] });
    await run("docker", ["rmi", raw], { ok: [0, 1] });
  }
}
