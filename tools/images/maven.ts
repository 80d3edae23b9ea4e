import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { download } from "../core/download";
import { cacheDir } from "../core/paths";
import type { Progress } from "../core/progress";

/** A file of a Maven repository. */
export interface Artifact {
  /** Path in the repository. */
  readonly path: string;
  readonly sha256: string;
}

/** Downloads at a time. */
const PARALLEL = 8;

/** Fetches artifacts into the cache and returns their files, in order. */
export async function mavenFiles(artifacts: readonly Artifact[], progress: Progress): Promise<string[]> {
  const files = artifacts.map((artifact) => cacheDir("maven", artifact.path));
  const missing = artifacts.filter((_, i) => !fs.existsSync(files[i] ?? ""));
  if (missing.length === 0) return files;
  const repository = mavenRepository();
  await progress.step(`${missing.length} Java archives from Maven Central`, async (step) => {
    const queue = [...missing];
    let done = 0;
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        await download({ url: `${repository}/${next.path}`, sha256: next.sha256, file: cacheDir("maven", next.path) });
        step.detail(`${++done} of ${missing.length}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  });
  return files;
}

/** The mirror of Maven Central that the user's settings name, else Maven Central. */
export function mavenRepository(settings = readSettings()): string {
  for (const mirror of settings.match(/<mirror>[\s\S]*?<\/mirror>/g) ?? []) {
    const of = /<mirrorOf>([^<]*)<\/mirrorOf>/.exec(mirror)?.[1] ?? "";
    const url = /<url>\s*(https?:[^<\s]+)\s*<\/url>/.exec(mirror)?.[1];
    if (url && of.split(",").some((id) => ["*", "central", "external:*"].includes(id.trim())))
      return url.replace(/\/$/, "");
  }
  return "https://repo1.maven.org/maven2";
}

function readSettings(): string {
  const file = path.join(os.homedir(), ".m2", "settings.xml");
  // what is commented out does not count
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "") : "";
}
