import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture, interactive, run } from "../core/exec";
import { withLock } from "../core/lock";
import { ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import type { LoadResult } from "./images";
import { buildIngress, installIngress } from "./ingress";
import { kindCluster, kindHindrance } from "./kind";
import { isUp } from "./node";
import { ownNode } from "./own-node";
import type { Provider } from "./provider";
import { type Layout, layoutOf } from "./settings";
import { refuseMounted } from "./teardown";

/** File that says which provider made a cluster. */
const PROVIDER = "provider";

export type Choice = "auto" | "kind" | "node";

/** Brings the cluster up and loads our images into it. */
/** Builds what `up` would, and `addIngress` on request, so that it can be done beside something else. */
export async function build(layout: Layout, choice: Choice, ingress: boolean, progress: Progress): Promise<void> {
  const provider = await choose(layout, choice, progress);
  await provider.build(progress);
  if (ingress) await buildIngress(progress);
}

export async function up(layout: Layout, choice: Choice, yes: boolean, progress: Progress): Promise<void> {
  await locked(layout, progress, async () => {
    const provider = await choose(layout, choice, progress);
    await provider.check(layout, { yes }, progress);
    // from here on there is something to remove
    ensureDir(layout.root);
    fs.writeFileSync(providerFile(layout), provider.kind);
    await provider.up(layout, progress);
    await provider.load(layout, [], progress);
  });
}

/** Removes the cluster and says whether there was one, so it can be repeated. */
export async function down(layout: Layout, keepVolumes: boolean, progress: Progress): Promise<boolean> {
  return locked(layout, progress, async () => {
    const provider = existing(layout);
    if (!provider) {
      // volumes that an earlier `down --keep-volumes` left
      if (!keepVolumes) {
        refuseMounted([layout.root]);
        fs.rmSync(layout.root, { recursive: true, force: true });
      }
      return false;
    }
    await provider.down(layout, keepVolumes, progress);
    return true;
  });
}

export async function restart(layout: Layout, progress: Progress): Promise<void> {
  await locked(layout, progress, () => required(layout).restart(layout, progress));
}

export async function load(layout: Layout, images: readonly string[], progress: Progress): Promise<LoadResult> {
  return locked(layout, progress, () => required(layout).load(layout, images, progress));
}

/** Installs Traefik, the ingress controller. */
export async function addIngress(layout: Layout, progress: Progress): Promise<void> {
  await locked(layout, progress, () => installIngress(layout, required(layout), progress));
}

/** Nodes and pods as text, or why there are none. */
export async function status(layout: Layout): Promise<{ up: boolean; text: string }> {
  const provider = existing(layout);
  const start = "Start it with: npm run cluster -- up";
  if (!provider) return { up: false, text: `There is no cluster "${layout.name}". ${start}` };
  const answers =
    provider.kind === "node"
      ? await isUp(layout)
      : (await run(layout.kubectl, ["get", "--raw", "/readyz"], { ok: [0, 1] })).code === 0;
  if (!answers)
    return { up: false, text: `Cluster "${layout.name}" does not run; its data are in ${layout.root}. ${start}` };
  const nodes = await capture(layout.kubectl, ["get", "nodes", "-o", "wide"]);
  const pods = await capture(layout.kubectl, ["get", "pods", "--all-namespaces", "-o", "wide"]);
  return { up: true, text: `${nodes}\n\n${pods}\n\n${access(layout)}` };
}

/** Runs kubectl on this terminal and returns its exit code. */
export function kubectl(layout: Layout, args: readonly string[]): Promise<number> {
  required(layout);
  return interactive(layout.kubectl, args);
}

/** How to reach the cluster by hand. */
export function access(layout: Layout): string {
  return [
    `Kubeconfig: ${layout.kubeconfig}`,
    `kubectl:    ${layout.kubectl} get pods --all-namespaces, or npm run cluster -- kubectl get pods --all-namespaces`,
  ].join("\n");
}

/** The cluster that a kubeconfig was written for, where `npm run cluster` made it. */
export function clusterOf(kubeconfig: string): Layout | undefined {
  const root = path.dirname(kubeconfig);
  if (!fs.existsSync(path.join(root, PROVIDER))) return undefined;
  const layout = layoutOf(path.basename(root), path.dirname(root));
  return layout.kubeconfig === kubeconfig ? layout : undefined;
}

async function choose(layout: Layout, choice: Choice, progress: Progress): Promise<Provider> {
  const there = existing(layout);
  if (there) {
    if (choice !== "auto" && choice !== there.kind) {
      throw new UserError(
        `Cluster "${layout.name}" was made with --use ${there.kind}. To change that, remove it first: npm run cluster -- down`,
      );
    }
    return there;
  }
  if (choice === "node") return ownNode;
  const hindrance = await progress.step(
    "Is kind possible here",
    () => kindHindrance(),
    (why) => (why ? `no, ${why}` : "yes"),
  );
  if (!hindrance) return kindCluster;
  if (choice === "kind") throw new UserError(`kind cannot be used here: ${hindrance}.`);
  return ownNode;
}

function existing(layout: Layout): Provider | undefined {
  if (!fs.existsSync(providerFile(layout))) return undefined;
  return fs.readFileSync(providerFile(layout), "utf8").trim() === "kind" ? kindCluster : ownNode;
}

function required(layout: Layout): Provider {
  const provider = existing(layout);
  if (provider && fs.existsSync(layout.kubectl)) return provider;
  throw new UserError(`There is no cluster "${layout.name}". Start it with: npm run cluster -- up`);
}

function providerFile(layout: Layout): string {
  return path.join(layout.root, PROVIDER);
}

function locked<T>(layout: Layout, progress: Progress, work: () => Promise<T>): Promise<T> {
  ensureDir(path.dirname(layout.lock));
  return withLock(layout.lock, work, (pid) => progress.note(`Waiting for process ${pid}, which works on the cluster.`));
}
