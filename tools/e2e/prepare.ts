import { imagesFor } from "../../components/core/images";
import { addIngress, down, status, up } from "../cluster/cluster";
import { DEFAULT_NAME, layoutOf } from "../cluster/settings";
import type { Progress } from "../core/progress";
import { ensureEngine } from "../docker/engine";
import { chooseSource, ensureImages } from "../images";
import { ensureToolchain } from "../toolchain";
import type { EngineKind } from "./suites";

/** Takes away what was not there before. */
export type CleanUp = () => Promise<void>;

export interface PrepareOptions {
  readonly yes: boolean;
  readonly keepCluster: boolean;
  /** Traefik on the cluster. */
  readonly ingress: boolean;
}

/** Brings the engines that the suites run on, and everything that would otherwise be waited for in the middle of a test. */
export async function prepare(
  kinds: readonly EngineKind[],
  options: PrepareOptions,
  progress: Progress,
): Promise<CleanUp> {
  await ensureToolchain(
    progress,
    kinds.includes("kubernetes") ? ["docker", "random", "kubernetes"] : ["docker", "random"],
  );
  // the node takes its images from here too
  await ensureEngine(progress, { yes: options.yes });
  const images = imagesFor(kinds);
  await ensureImages(progress, await chooseSource("auto", images), images);
  return kinds.includes("kubernetes") ? withCluster(options, progress) : async () => undefined;
}

async function withCluster({ yes, keepCluster, ingress }: PrepareOptions, progress: Progress): Promise<CleanUp> {
  const layout = layoutOf(DEFAULT_NAME);
  const before = (await status(layout)).up;
  await up(layout, "auto", yes, progress);
  if (ingress) await addIngress(layout, progress);
  return async () => {
    if (!before && !keepCluster) await down(layout, false, progress);
  };
}
