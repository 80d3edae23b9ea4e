import * as fs from "node:fs";
import * as path from "node:path";
import { ensureDir, inRoot } from "../core/paths";
import type { Progress } from "../core/progress";
import { buildGo, type GoProgram } from "../toolchain/go";
import { KUBERNETES_VERSION, type Layout } from "./settings";

const [MAJOR, MINOR] = KUBERNETES_VERSION.slice(1).split(".");

/** Kubernetes in one binary, with etcd, the volume provisioner and two helpers: what it is goes by the name it is called by. */
export const NODE_PROGRAM: GoProgram = {
  name: "datastack-node",
  dir: inRoot("tools/toolchain/go/kubernetes"),
  variables: {
    "k8s.io/component-base/version.gitVersion": KUBERNETES_VERSION,
    "k8s.io/component-base/version.gitMajor": MAJOR ?? "",
    "k8s.io/component-base/version.gitMinor": MINOR ?? "",
    "k8s.io/client-go/pkg/version.gitVersion": KUBERNETES_VERSION,
  },
};

export const COREDNS_PROGRAM: GoProgram = { name: "coredns", dir: inRoot("tools/toolchain/go/coredns") };

export const PAUSE_PROGRAM: GoProgram = { name: "pause", dir: inRoot("tools/toolchain/go/pause") };

/** Paths of the built programs. */
export interface Programs {
  readonly node: string;
  readonly coredns: string;
  readonly pause: string;
}

/** Names by which the node's binary is called. */
const NAMES = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
  "local-volumes",
  "certificates",
  "sandboxes",
];

/** Builds what is missing: minutes the first time, nothing later. */
export async function buildPrograms(progress: Progress): Promise<Programs> {
  return {
    node: await buildGo(NODE_PROGRAM, progress),
    coredns: await buildGo(COREDNS_PROGRAM, progress),
    pause: await buildGo(PAUSE_PROGRAM, progress),
  };
}

/** Links the cluster's programs to the binary, and writes the kubectl script. */
export function linkPrograms(layout: Layout, programs: Programs): void {
  ensureDir(layout.bin);
  for (const name of NAMES) {
    const link = path.join(layout.bin, name);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(programs.node, link);
  }
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const script = `#!/bin/sh\nKUBECONFIG=${quoted(layout.kubeconfig)} exec ${quoted(path.join(layout.bin, "kubectl"))} "$@"\n`;
  fs.writeFileSync(layout.kubectl, script, { mode: 0o700 });
}
