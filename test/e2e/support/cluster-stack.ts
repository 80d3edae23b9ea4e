import * as fs from "node:fs";
import * as path from "node:path";
import { KubernetesStack } from "../../../tools/check/kubernetes/cluster";
import { chooseSource } from "../../../tools/images";
import { SCRIPT } from "../../../tools/render/render";
import { type Ended, program } from "./cli";
import type { TestCluster } from "./kubernetes";
import { E2eStack } from "./stack";

/** What the program of this repository makes of objects, but for Secrets: they are applied before. */
const KINDS = [
  ...["pods", "statefulsets", "deployments", "daemonsets", "jobs", "services", "configmaps", "serviceaccounts"],
  ...["persistentvolumeclaims", "networkpolicies", "poddisruptionbudgets", "roles", "rolebindings", "ingresses"],
].join(",");

/** A stack of the repository's program on a cluster: rendered, and applied as the documentation says. */
export class ClusterE2eStack extends E2eStack {
  readonly #manifests = path.join(this.home, "manifests");
  readonly #secrets = path.join(this.home, "secrets.yaml");

  constructor(
    name: string,
    config: Readonly<Record<string, unknown>>,
    readonly cluster: TestCluster,
  ) {
    super(name, { target: "kubernetes", ...config });
  }

  /** As `npm run check` asks it. */
  get kube(): KubernetesStack {
    return new KubernetesStack(this.name, this.declaration.config);
  }

  get namespaces(): readonly [string, string] {
    const { namespace, agentsNamespace } = this.kube;
    return [namespace, agentsNamespace];
  }

  async render(): Promise<Ended> {
    const images = await chooseSource("auto");
    return this.run("render", ["--images", images, "--out", this.#manifests, "--secrets", this.#secrets]);
  }

  async apply(): Promise<Ended> {
    if (/^kind: Secret$/m.test(fs.readFileSync(this.#secrets, "utf8")))
      await this.cluster.kubectl("apply", "--server-side", "-f", this.#secrets);
    return program("sh", [path.join(this.#manifests, SCRIPT)], { env: this.cluster.env });
  }

  check(): Promise<Ended> {
    return this.run("check", [], { env: this.cluster.env });
  }

  /** Everything of the stack by kind and name, with what changes when it changes. */
  async versions(): Promise<Record<string, string>> {
    const lists = await Promise.all(this.namespaces.map((namespace) => this.kube.list(KINDS, namespace)));
    return Object.fromEntries(
      lists.flat().map(({ kind, metadata }) => {
        const { uid, generation, resourceVersion } = metadata as unknown as Record<string, string>;
        return [
          `${kind} ${metadata.namespace}/${metadata.name}`,
          `${uid} ${kind === "Pod" ? "" : (generation ?? resourceVersion)}`,
        ];
      }),
    );
  }

  /** Pods first, and at once: a namespace is only looked at again after half of its pods' longest grace. */
  async remove(): Promise<void> {
    const { cluster, namespaces, name } = this;
    for (const namespace of namespaces) {
      const all = ["--all", "--namespace", namespace, "--ignore-not-found", "--timeout=60s"];
      await cluster.attempt(["delete", "statefulsets,deployments,daemonsets,jobs", ...all, "--cascade=orphan"]);
      await cluster.attempt(["delete", "pods", ...all, "--grace-period=1"]);
    }
    await cluster.removeNamespaces(...namespaces);
    // Of no namespace, so it does not go with one.
    const mine = ["clusterrole,clusterrolebinding", "-l", `datastack.io/stack=${name}`, "--ignore-not-found"];
    await cluster.attempt(["delete", ...mine]);
  }
}
