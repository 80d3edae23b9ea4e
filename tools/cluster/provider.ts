import type { Progress } from "../core/progress";
import type { LoadResult, ProgramImage } from "./images";
import type { Layout } from "./settings";

export interface UpOptions {
  /** Answers yes to the installation of packages. */
  readonly yes: boolean;
}

/** One way to have a Kubernetes cluster on this machine. Each writes the layout's kubeconfig and kubectl script. */
export interface Provider {
  readonly kind: "node" | "kind";
  /** Refuses where the cluster cannot be, before anything is created. */
  check(layout: Layout, options: UpOptions, progress: Progress): Promise<void>;
  /** Builds what `up` needs, if anything: minutes the first time, nothing later. */
  build(progress: Progress): Promise<void>;
  /** Creates the cluster or what is missing of it. Repeatable. */
  up(layout: Layout, progress: Progress): Promise<void>;
  /** Removes all of it; with `keepVolumes` the volumes' data stay. */
  down(layout: Layout, keepVolumes: boolean, progress: Progress): Promise<void>;
  /** Stops the node with all that runs on it, and starts it again. */
  restart(layout: Layout, progress: Progress): Promise<void>;
  load(layout: Layout, images: readonly string[], progress: Progress): Promise<LoadResult>;
  /** Makes an image of one program and loads it, unless it is there. */
  importProgram(layout: Layout, image: ProgramImage, progress: Progress): Promise<void>;
}
