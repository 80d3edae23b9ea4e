import { UserError } from "../core/errors";
import { succeeds } from "../core/exec";
import { ensureDir } from "../core/paths";
import { ctrArgs, importProgram, loadImages } from "./images";
import { startNode, stopNode } from "./node";
import { preflight, useSystemPrograms } from "./preflight";
import { Processes } from "./processes";
import { buildPrograms } from "./programs";
import type { Provider } from "./provider";
import { removeNode } from "./teardown";

/** A node of our own, from Go modules and Debian packages: it needs no registry and no download site. */
export const ownNode: Provider = {
  kind: "node",

  async check(layout, options, progress) {
    useSystemPrograms();
    const processes = new Processes(layout);
    const running = ["etcd", "kube-apiserver", "kubelet", "containerd"].some((name) => processes.running(name));
    await preflight(layout, { running, yes: options.yes }, progress);
  },

  async build(progress) {
    await buildPrograms(progress);
  },

  async up(layout, progress) {
    useSystemPrograms();
    ensureDir(layout.root);
    await startNode(layout, await buildPrograms(progress), progress);
  },

  async restart(layout, progress) {
    useSystemPrograms();
    const programs = await buildPrograms(progress);
    await progress.step("Stop the node and its pods", () => stopNode(layout));
    await startNode(layout, programs, progress);
  },

  async down(layout, keepVolumes, progress) {
    useSystemPrograms();
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
  importProgram: (layout, image) => importProgram(layout, image),
};
