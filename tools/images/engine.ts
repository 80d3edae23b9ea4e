import { run, succeeds } from "../core/exec";
import type { Progress } from "../core/progress";

/** Whether the engine has an image of this reference. */
export function isPresent(reference: string): Promise<boolean> {
  return succeeds("docker", ["image", "inspect", "--format", "{{.Id}}", reference]);
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
