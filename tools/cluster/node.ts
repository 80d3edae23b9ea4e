import { Resolver } from "node:dns/promises";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../core/errors";
import { capture, run, succeeds } from "../core/exec";
import { ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { addons } from "./addons";
import { CLIENTS, ensureCertificates, kubeconfig } from "./certificates";
import { ctrArgs, importOwnImages } from "./images";
import { setUpNetwork, upstreamDns } from "./network";
import { clientConfig, kubeletConfig, nodePrograms } from "./node-config";
import { cniBin, containerdProgram } from "./preflight";
import { Processes } from "./processes";
import { linkPrograms, type Programs } from "./programs";
import { cniConfig, cniDir, containerdConfig } from "./runtime-config";
import { type Layout, NETWORK, nodeName, PORTS } from "./settings";

/** Seconds that each part has to become ready; a cold, busy machine with two cores needs a third of it. */
const TIMEOUT = { runtime: 60, etcd: 60, api: 120, node: 120, dns: 180 } as const;

/** Starts what is not running, in order, and waits until pods can run and names resolve. Repeatable. */
export async function startNode(layout: Layout, programs: Programs, progress: Progress): Promise<void> {
  const processes = new Processes(layout);
  const config = await progress.step("Certificates and configuration", () => configure(layout, programs));
  await progress.step("Pod network", () => setUpNetwork());
  // systemd's default: a host agent that mounts / with mountPropagation HostToContainer depends on it
  await run("mount", ["--make-rshared", "/"]);
  await progress.step("Container runtime", async () => {
    await processes.start(
      "containerd",
      containerdProgram(),
      ["--config", path.join(layout.config, "containerd.toml")],
      config.containerd,
    );
    await processes.ready("containerd", TIMEOUT.runtime, () =>
      succeeds("ctr", ctrArgs(layout, ["images", "list", "-q"])),
    );
    await importOwnImages(layout, programs);
  });
  await progress.step("Control plane", async () => {
    await startProgram(layout, processes, "etcd");
    await processes.ready("etcd", TIMEOUT.etcd, () => connects("127.0.0.1", PORTS.etcd));
    await startProgram(layout, processes, "kube-apiserver");
    await processes.ready("kube-apiserver", TIMEOUT.api, () => succeeds(layout.kubectl, ["get", "--raw", "/readyz"]));
    await run(layout.kubectl, ["apply", "--server-side", "--force-conflicts", "-f", "-"], {
      input: addons(upstreamDns().servers),
    });
    for (const name of ["kube-controller-manager", "kube-scheduler", "local-volumes"]) {
      await startProgram(layout, processes, name);
    }
  });
  await progress.step("Node", async () => {
    const begun = Date.now();
    const before = processes.pid("kubelet");
    await startProgram(layout, processes, "kubelet", config.kubelet);
    await startProgram(layout, processes, "kube-proxy");
    const fresh = processes.pid("kubelet") !== before;
    await processes.ready("kubelet", TIMEOUT.node, () => nodeIsReady(layout, fresh ? begun : 0));
  });
  await progress.step("Cluster DNS", (step) => waitForDns(layout, step.detail));
  for (const { name } of nodePrograms(layout)) {
    if (!processes.running(name)) throw processes.failure(name, "ended");
  }
}

/** Ends pods, then every program, in the order that lets each finish. What is on disk stays. */
export async function stopNode(layout: Layout): Promise<void> {
  const processes = new Processes(layout);
  for (const name of ["local-volumes", "kube-proxy", "kubelet", "kube-scheduler", "kube-controller-manager"]) {
    await processes.stop(name);
  }
  if (processes.running("containerd")) await run(path.join(layout.bin, "sandboxes"), ["stop", layout.socket]);
  for (const name of ["kube-apiserver", "etcd", "containerd"]) await processes.stop(name);
}

/** Whether the API server answers. */
export async function isUp(layout: Layout): Promise<boolean> {
  if (!fs.existsSync(layout.kubectl) || !new Processes(layout).running("kube-apiserver")) return false;
  return succeeds(layout.kubectl, ["get", "--raw", "/readyz"], { timeout: 10_000 });
}

async function configure(layout: Layout, programs: Programs): Promise<{ containerd: string; kubelet: string }> {
  const plugins = cniBin();
  if (!plugins)
    throw new UserError("The network plugins (package containernetworking-plugins) are gone: install them.");
  const dirs = [
    layout.certificates,
    layout.config,
    layout.logs,
    layout.etcd,
    layout.kubelet,
    layout.containerd,
    layout.volumes,
  ];
  for (const dir of [...dirs, layout.run, cniDir(layout)]) ensureDir(dir);
  linkPrograms(layout, programs);
  await ensureCertificates(layout);
  const read = (file: string): Buffer => fs.readFileSync(file);
  const write = (name: string, text: string): string => {
    fs.writeFileSync(path.join(layout.config, name), text, { mode: 0o600 });
    return text;
  };
  for (const client of [...Object.keys(CLIENTS), "kubelet"]) {
    if (client !== "admin") fs.writeFileSync(clientConfig(layout, client), kubeconfig(layout, client), { mode: 0o600 });
  }
  // complete in itself, so that it can be copied
  fs.writeFileSync(layout.kubeconfig, kubeconfig(layout, "admin", read), { mode: 0o600 });
  write("cni/10-datastack.conflist", cniConfig(layout));
  return {
    containerd: write("containerd.toml", containerdConfig(layout, plugins)),
    kubelet: write("kubelet.json", kubeletConfig(layout, resolvConf(layout))),
  };
}

/** The file that pods outside the cluster's DNS get; empty when the machine asks nobody. */
function resolvConf(layout: Layout): string {
  const { file } = upstreamDns();
  if (file) return file;
  const own = path.join(layout.config, "resolv.conf");
  fs.writeFileSync(own, "");
  return own;
}

async function startProgram(layout: Layout, processes: Processes, name: string, config = ""): Promise<void> {
  const program = nodePrograms(layout).find((each) => each.name === name);
  if (!program) throw new Error(`no program ${name}`);
  await processes.start(name, path.join(layout.bin, name), program.args, config);
}

/** Ready, and said so since `since` (milliseconds of the epoch): after a crash the last word of the kubelet before is still there. */
async function nodeIsReady(layout: Layout, since: number): Promise<boolean> {
  const node = nodeName(layout);
  const lease = ["-n", "kube-node-lease", "get", "lease", node, "-o", "jsonpath={.spec.renewTime}"];
  const ready = ["get", "node", node, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
  try {
    if (Date.parse(await capture(layout.kubectl, lease)) < since) return false;
    return (await capture(layout.kubectl, ready)) === "True";
  } catch {
    return false;
  }
}

async function waitForDns(layout: Layout, detail: (text: string) => void): Promise<void> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([NETWORK.dns]);
  const name = `kubernetes.default.svc.${NETWORK.domain}`;
  const until = Date.now() + TIMEOUT.dns * 1000;
  for (;;) {
    try {
      if ((await resolver.resolve4(name)).includes(NETWORK.apiService)) return;
    } catch {
      // not yet
    }
    if (Date.now() > until) throw await dnsFailure(layout, name);
    detail(`${NETWORK.dns} does not answer yet`);
    await sleep(300);
  }
}

async function dnsFailure(layout: Layout, name: string): Promise<UserError> {
  const look = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run(layout.kubectl, ["-n", "kube-system", ...args], { ok: [0, 1] });
    return (stdout + stderr).trim();
  };
  const pods = await look("get", "pods", "-o", "wide");
  const events = await look("get", "events", "--sort-by=.lastTimestamp");
  const log = await look("logs", "deployment/coredns", "--tail=20");
  return new UserError(
    `${name} was not resolved by ${NETWORK.dns} within ${TIMEOUT.dns} s.\n${pods}\n${events}\n${log}`,
  );
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 1000 });
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket
      .on("connect", () => end(true))
      .on("error", () => end(false))
      .on("timeout", () => end(false));
  });
}
