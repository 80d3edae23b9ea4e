import * as fs from "node:fs";
import * as path from "node:path";
import { answers, download, fetchText } from "../core/download";
import { run } from "../core/exec";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { PULUMI_VERSION } from "./programs";

/** Pulumi's own download site; a mirror of it is named by PULUMI_DOWNLOADS. */
const DOWNLOADS = "https://get.pulumi.com";

let site: Promise<string | undefined> | undefined;

/** The download site, if it can be reached from here. Asked once per run. */
export function downloadSite(): Promise<string | undefined> {
  site ??= (async () => {
    const base = (process.env.PULUMI_DOWNLOADS ?? DOWNLOADS).replace(/\/$/, "");
    return (await answers(archiveUrl(base))) ? base : undefined;
  })();
  return site;
}

/** The official CLI with its language hosts, in the cache directory; undefined where it cannot be downloaded. */
export async function officialPulumi(progress: Progress): Promise<string | undefined> {
  const base = await downloadSite();
  if (!base) return undefined;
  const target = cacheDir(`pulumi-${PULUMI_VERSION}-official`);
  try {
    await progress.step(`Pulumi ${PULUMI_VERSION} from its download site`, async (step) => {
      const archive = cacheDir("downloads", path.basename(archiveUrl(base)));
      const sha256 = checksumOf(await fetchText(`${base}/releases/sdk/${checksumsName()}`), path.basename(archive));
      await download({ url: archiveUrl(base), sha256, file: archive }, (n) => step.detail(`${Math.round(n / 1e6)} MB`));
      const work = fs.mkdtempSync(path.join(ensureDir(path.dirname(target)), ".pulumi-"));
      await run("tar", ["-xzf", archive, "-C", work]);
      fs.rmSync(target, { recursive: true, force: true });
      // the archive holds one folder, `pulumi`
      fs.renameSync(path.join(work, "pulumi"), target);
      fs.rmSync(work, { recursive: true, force: true });
      fs.rmSync(archive, { force: true });
    });
    return target;
  } catch (error) {
    progress.note(`The official Pulumi could not be had (${(error as Error).message}); it is built instead.`);
    return undefined;
  }
}

/** Installs the official plugin into PULUMI_HOME, if it can be downloaded. */
export async function officialPlugin(
  pulumi: string,
  home: string,
  plugin: { name: string; version: string },
  progress: Progress,
): Promise<boolean> {
  if (!(await downloadSite())) return false;
  const title = `Provider ${plugin.name} ${plugin.version} from Pulumi's download site`;
  try {
    await progress.step(title, () =>
      run(pulumi, ["plugin", "install", "resource", plugin.name, plugin.version], {
        env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
        timeout: 300_000,
      }),
    );
    return true;
  } catch {
    progress.note(`The official ${plugin.name} provider could not be had; it is built instead, where it can be.`);
    return false;
  }
}

/** The line of a `sha256sum` listing that belongs to `file`. */
export function checksumOf(listing: string, file: string): string {
  for (const line of listing.split("\n")) {
    const [sum, name] = line.trim().split(/\s+/);
    if (name?.replace(/^\*/, "") === file && sum && /^[0-9a-f]{64}$/.test(sum)) return sum;
  }
  throw new Error(`the list of checksums has no line for ${file}`);
}

function archiveUrl(base: string): string {
  const arch = process.arch === "x64" ? "x64" : process.arch;
  return `${base}/releases/sdk/pulumi-v${PULUMI_VERSION}-${process.platform}-${arch}.tar.gz`;
}

function checksumsName(): string {
  return `pulumi-${PULUMI_VERSION}-checksums.txt`;
}
