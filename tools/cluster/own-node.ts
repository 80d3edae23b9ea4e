import { UserError } from "../core/errors";
import { succeeds } from "../core/exec";
import { ensureDir } from "../core/paths";
import { ctrArgs, loadImages } from "./images";
import { startNode, stopNode } from "./node";
import { preflight } from "./preflight";
import { Processes } from "./processes";
import { buildPrograms } from "./programs";
import type { Provider } from "./provider";
import { removeNode } from "./teardown";

/** A node of our own, from Go modules and Debian packages: it needs no registry and no download site. */
export const ownNode: Provider = {
  kind: "node",

  async up(layout, options, progress) {
    const processes = new Processes(layout);
    const running = ["etcd", "kube-apiserver", "kubelet", "containerd"].some((name) => processes.running(name));
    await preflight(layout, { running, yes: options.yes }, progress);
    ensureDir(layout.root);
    await startNode(layout, await buildPrograms(progress), progress);
  },

  async restart(layout, progress) {
    const programs = await buildPrograms(progress);
    await progress.step("Stop the node and its pods", () => stopNode(layout));
    await startNode(layout, programs, progress);
  },

  async down(layout, keepVolumes, progress) {
    await removeNode(layout, keepVolumes, progress);
  },

  async load(layout, images, progress) {
    if (!(await succeeds("ctr", ctrArgs(layout, ["images", "list", "-q"])))) {
      throw new UserError(`Cluster "${layout.name}" does not run. Start it with: npm run cluster -- up`);
    }
    return progress.step(
      "Images of the Docker engine",
      (step) => loadImages(layout, images, step.detail),
      ({ loaded, unchanged }) => `${loaded.length} loaded, ${unchanged} were there`,
    );
  },
};
