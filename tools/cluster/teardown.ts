import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, UserError } from "../core/errors";
import { run, succeeds } from "../core/exec";
import type { Progress } from "../core/progress";
import { ctrArgs } from "./images";
import { takeDownNetwork } from "./network";
import { containerdProgram } from "./preflight";
import { Processes } from "./processes";
import type { Layout } from "./settings";

/** Where the kubelet keeps logs and sockets outside its own directory, whatever it is told. */
const POD_LOGS = "/var/log/pods";
const CONTAINER_LOGS = "/var/log/containers";
const KUBELET_HOME = "/var/lib/kubelet";

/**
 * Ends and removes everything that the node put on this machine, also after a crash of any part. Goes on where one part
 * cannot be removed, and reports all of these together.
 */
export async function removeNode(layout: Layout, keepVolumes: boolean, progress: Progress): Promise<void> {
  const processes = new Processes(layout);
  const problems: string[] = [];
  const attempt = async (title: string, work: () => Promise<void>): Promise<void> => {
    try {
      await progress.step(title, work);
    } catch (error) {
      problems.push(`${title}: ${messageOf(error)}`);
    }
  };
  await attempt("Stop the node", async () => {
    for (const name of ["local-volumes", "kube-proxy", "kubelet", "kube-scheduler", "kube-controller-manager"]) {
      await processes.stop(name);
    }
  });
  await attempt("Stop and remove the pods", () => removePods(layout, processes));
  await attempt("Stop the control plane", async () => {
    for (const name of ["kube-apiserver", "etcd", "containerd"]) await processes.stop(name);
    await endShims(layout.socket);
  });
  await attempt("Undo mounts, network and control groups", async () => {
    await unmountBelow([layout.root, layout.run]);
    // address, chains and control groups have the same names for every cluster; only one can run
    if (otherClusters(layout).length > 0) return;
    await takeDownNetwork();
    removeCgroups();
  });
  if (problems.length > 0) {
    throw new UserError(
      [`Not all of cluster "${layout.name}" could be removed; its files are kept. Try again.`, ...problems].join("\n"),
    );
  }
  await attempt("Remove its files", async () => removeFiles(layout, keepVolumes));
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** Other clusters that have state of this boot. */
export function otherClusters(layout: Layout): string[] {
  const all = path.dirname(layout.run);
  if (!fs.existsSync(all)) return [];
  return fs.readdirSync(all).filter((name) => name !== layout.name);
}

/** Through the runtime, which then also removes their network and mounts; it is started for that when it does not run. */
async function removePods(layout: Layout, processes: Processes): Promise<void> {
  const config = path.join(layout.config, "containerd.toml");
  const helper = path.join(layout.bin, "sandboxes");
  if (!fs.existsSync(config) || !fs.existsSync(helper)) return;
  if (!processes.running("containerd")) {
    await processes.start("containerd", containerdProgram(), ["--config", config]);
    await processes.ready("containerd", 60, () => succeeds("ctr", ctrArgs(layout, ["images", "list", "-q"])));
  }
  const { stdout } = await run(helper, ["remove", layout.socket]);
  for (const pod of stdout.split("\n").filter(Boolean)) {
    fs.rmSync(path.join(POD_LOGS, pod), { recursive: true, force: true });
  }
}

/** A shim that survived its containerd is known by the socket in its arguments, and ends with its container. */
async function endShims(socket: string): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const left = shims(socket);
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // gone already
      }
    }
    await sleep(100);
  }
  throw new UserError(`Processes ${shims(socket).join(", ")} (containerd-shim) do not end.`);
}

/** Shims of our containerd, and the processes in their containers. */
function shims(socket: string): number[] {
  const all = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const found = all.filter((pid) => {
    try {
      const args = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return path.basename(args[0] ?? "").startsWith("containerd-shim") && args.includes(socket);
    } catch {
      return false;
    }
  });
  const children = all.filter((pid) => found.includes(parentOf(pid)));
  return [...children, ...found];
}

function parentOf(pid: number): number {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return -1;
  }
}

async function unmountBelow(roots: readonly string[]): Promise<void> {
  for (const target of mountsBelow(mountinfo(), roots)) {
    if (!(await succeeds("umount", [target]))) await run("umount", ["-l", target]);
  }
}

/** Mount points below the roots, the last mounted first, from the text of /proc/self/mountinfo: the kernel knows no symlinks. */
export function mountsBelow(mounts: string, roots: readonly string[]): string[] {
  const real = roots.map((root) => (fs.existsSync(root) ? fs.realpathSync(root) : root));
  const targets = mounts.split("\n").flatMap((line) => {
    const target = (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    return real.some((root) => target.startsWith(`${root}/`)) ? [target] : [];
  });
  return targets.reverse();
}

/** Empty on macOS, where only kind makes clusters. */
function mountinfo(): string {
  const file = "/proc/self/mountinfo";
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

/**
 * Removing files goes through mounts: into volumes that are to be kept, and into folders of the machine.
 * @throws UserError when anything is mounted below these folders
 */
export function refuseMounted(dirs: readonly string[], mounts = mountinfo()): void {
  const targets = mountsBelow(mounts, dirs);
  if (targets.length === 0) return;
  throw new UserError(
    ["No files were removed, as that would empty what is still mounted there. Unmount it, then try again:"]
      .concat(targets.map((target) => `  umount '${target}'`))
      .join("\n"),
  );
}

/** The kubelet's control groups, which are empty by now; both versions of cgroups. */
function removeCgroups(root = "/sys/fs/cgroup"): void {
  const hierarchies = [root, ...fs.readdirSync(root).map((name) => path.join(root, name))];
  for (const hierarchy of hierarchies) removeTree(path.join(hierarchy, "kubepods"));
}

function removeTree(dir: string): void {
  if (!fs.existsSync(dir)) return;
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(path.join(dir, entry.name));
  }
  try {
    fs.rmdirSync(dir);
  } catch {
    // still in use: of another kubelet
  }
}

function removeFiles(layout: Layout, keepVolumes: boolean): void {
  removeState(layout, keepVolumes);
  removeDeadLinks(CONTAINER_LOGS);
  for (const dir of [CONTAINER_LOGS, POD_LOGS]) removeIfEmpty(dir);
  if (fs.existsSync(KUBELET_HOME) && fs.readdirSync(KUBELET_HOME).every((name) => name === "device-plugins")) {
    fs.rmSync(KUBELET_HOME, { recursive: true, force: true });
  }
}

/** The cluster's own folders. */
export function removeState(layout: Layout, keepVolumes: boolean, mounts = mountinfo()): void {
  refuseMounted([layout.root, layout.run], mounts);
  fs.rmSync(layout.run, { recursive: true, force: true });
  removeIfEmpty(path.dirname(layout.run));
  if (!fs.existsSync(layout.root)) return;
  for (const entry of fs.readdirSync(layout.root)) {
    const full = path.join(layout.root, entry);
    if (!(keepVolumes && full === layout.volumes)) fs.rmSync(full, { recursive: true, force: true });
  }
  removeIfEmpty(layout.root);
}

function removeDeadLinks(dir: string): void {
  if (!fs.existsSync(dir)) return;
  for (const name of fs.readdirSync(dir)) {
    const link = path.join(dir, name);
    if (!fs.existsSync(link)) fs.rmSync(link, { force: true });
  }
}

function removeIfEmpty(dir: string): void {
  if (fs.existsSync(dir) && fs.readdirSync(dir).length === 0) fs.rmdirSync(dir);
}
