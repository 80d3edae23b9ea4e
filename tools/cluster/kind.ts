import * as fs from "node:fs";
import { UserError } from "../core/errors";
import { capture, run, succeeds, which } from "../core/exec";
import { ensureDir, inRoot } from "../core/paths";
import type { Progress } from "../core/progress";
import { buildGo, type GoProgram } from "../toolchain/go";
import { engineImages, withArchive } from "./images";
import type { Provider } from "./provider";
import type { Layout } from "./settings";

/** kind v0.31.0 and the node image that it was released with. A kind on PATH uses its own image. */
const KIND: GoProgram = {
  name: "kind",
  dir: inRoot("tools/toolchain/go/kind"),
  package: "sigs.k8s.io/kind",
};
const KIND_IMAGE = "kindest/node:v1.35.0@sha256:452d707d4862f52530247495d180205e029056831160e22870e37e3f6c1ac31f";

/** Milliseconds that the registry has to answer; it is asked only when the image is not in the engine. */
const PROBE = 15_000;

/** Why kind cannot be used here; `undefined` when it can. */
export async function kindHindrance(): Promise<string | undefined> {
  if (!which("docker") || !(await succeeds("docker", ["version"], { timeout: PROBE })))
    return "no Docker engine answers";
  if (!which("kubectl")) return "kubectl is not on PATH";
  if (await succeeds("docker", ["image", "inspect", KIND_IMAGE])) return undefined;
  if (await succeeds("docker", ["manifest", "inspect", KIND_IMAGE], { timeout: PROBE })) return undefined;
  return `its image ${KIND_IMAGE.split("@")[0]} cannot be had`;
}

/** A cluster by kind, where its image can be had: the usual way on a developer's machine. */
export const kindCluster: Provider = {
  kind: "kind",

  async check() {
    // kindHindrance was asked before this way was chosen
  },

  async build() {
    // its node is an image
  },

  async up(layout, progress) {
    const kind = await program(progress);
    ensureDir(layout.root);
    if (!(await clusters(kind)).includes(layout.name)) {
      await progress.step("Create the kind cluster", (step) =>
        run(kind, ["create", "cluster", "--name", layout.name, "--kubeconfig", layout.kubeconfig, "--wait", "180s"], {
          onLine: step.detail,
        }),
      );
    } else {
      // after a restart of the engine its container may be stopped
      await progress.step("Start the kind cluster", () => run("docker", ["start", controlPlane(layout)]));
      await run(kind, ["export", "kubeconfig", "--name", layout.name, "--kubeconfig", layout.kubeconfig]);
    }
    fs.writeFileSync(
      layout.kubectl,
      `#!/bin/sh\nKUBECONFIG='${layout.kubeconfig}' exec '${which("kubectl") ?? "kubectl"}' "$@"\n`,
      { mode: 0o700 },
    );
    await waitForNode(layout, progress);
  },

  async restart(layout, progress) {
    await progress.step("Restart the node's container", () => run("docker", ["restart", controlPlane(layout)]));
    await waitForNode(layout, progress);
  },

  async down(layout, keepVolumes, progress) {
    if (keepVolumes) {
      throw new UserError(
        "--keep-volumes: a kind cluster keeps its volumes inside its container. Leave the option out, or stop it with docker stop.",
      );
    }
    const kind = await program(progress);
    await progress.step("Delete the kind cluster", () => run(kind, ["delete", "cluster", "--name", layout.name]));
    fs.rmSync(layout.root, { recursive: true, force: true });
  },

  async load(layout, names, progress) {
    const kind = await program(progress);
    const images = [...(await engineImages(names)).keys()];
    if (images.length > 0) {
      await progress.step(`Load ${images.length} images`, () =>
        run(kind, ["load", "docker-image", ...images, "--name", layout.name]),
      );
    }
    return { loaded: images, unchanged: 0 };
  },

  async importProgram(layout, image, progress) {
    const kind = await program(progress);
    await withArchive(layout, image, (file) => run(kind, ["load", "image-archive", file, "--name", layout.name]));
  },
};

async function program(progress: Progress): Promise<string> {
  return which("kind") ?? (await buildGo(KIND, progress));
}

async function clusters(kind: string): Promise<string[]> {
  return (await capture(kind, ["get", "clusters"])).split("\n");
}

function controlPlane(layout: Layout): string {
  return `${layout.name}-control-plane`;
}

async function waitForNode(layout: Layout, progress: Progress): Promise<void> {
  await progress.step("Node and cluster DNS", async () => {
    await run(layout.kubectl, ["wait", "--for=condition=Ready", "node", "--all", "--timeout=180s"]);
    await run(layout.kubectl, ["-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=180s"]);
  });
}
