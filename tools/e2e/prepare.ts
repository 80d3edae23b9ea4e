import { imagesFor } from "../../components/core/images";
import { addIngress, build, down, status, up } from "../cluster/cluster";
import { DEFAULT_NAME, layoutOf } from "../cluster/settings";
import { both } from "../core/both";
import type { Progress } from "../core/progress";
import { ensureEngine } from "../docker/engine";
import { chooseSource, ensureImages } from "../images";
import { ensureToolchain } from "../toolchain";
import type { EngineKind } from "./suites";

export interface Prepared {
  /** Brings the Kubernetes cluster; the suites on Docker do without. */
  cluster(): Promise<void>;
  /** Takes away what was not there before. */
  cleanUp(): Promise<void>;
}

export interface PrepareOptions {
  readonly yes: boolean;
  readonly keepCluster: boolean;
  /** Traefik on the cluster. */
  readonly ingress: boolean;
}

/** Brings the engine, and everything that would otherwise be waited for in the middle of a test. */
export async function prepare(
  kinds: readonly EngineKind[],
  options: PrepareOptions,
  progress: Progress,
): Promise<Prepared> {
  const kubernetes = kinds.includes("kubernetes");
  // the node takes its images from the engine too
  await both(
    ensureToolchain(progress, kubernetes ? ["docker", "random", "kubernetes"] : ["docker", "random"]),
    ensureEngine(progress, { yes: options.yes }).then(async () => {
      const images = imagesFor(kinds);
      await ensureImages(progress, await chooseSource("auto", images), images);
    }),
  );
  return kubernetes ? preparedCluster(options, progress) : { cluster: nothing, cleanUp: nothing };
}

const nothing = async (): Promise<void> => undefined;

/** What the cluster is built from takes minutes of compiling, which the suites on Docker spend waiting. */
function preparedCluster({ yes, keepCluster, ingress }: PrepareOptions, progress: Progress): Prepared {
  const layout = layoutOf(DEFAULT_NAME);
  const built = build(layout, "auto", ingress, progress);
  // told of when the cluster is asked for
  built.catch(nothing);
  let before: boolean | undefined;
  let there: Promise<void> | undefined;
  const bring = async (): Promise<void> => {
    before = (await status(layout)).up;
    await built;
    await up(layout, "auto", yes, progress);
    if (ingress) await addIngress(layout, progress);
  };
  return {
    cluster: () => {
      there ??= bring();
      return there;
    },
    cleanUp: async () => {
      await built.catch(nothing);
      if (before === false && !keepCluster) await down(layout, false, progress);
    },
  };
}
