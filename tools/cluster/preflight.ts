import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { which } from "../core/exec";
import { ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { installPackages, isDebian } from "../core/system";
import { confirm } from "../core/terminal";
import { type Layout, NETWORK, PORTS } from "./settings";

/** Free space that images, database and volumes need to begin with, in GiB. */
const MIN_DISK = 4;
/** Memory of the machine, in GiB; the node itself takes about 1. */
const MIN_MEMORY = 2;

/** Programs that run the node, with the Debian package of each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  iptables: "iptables",
  ip: "iproute2",
  mount: "mount",
  umount: "mount",
};
const CNI_PACKAGE = "containernetworking-plugins";
const CNI_DIRS = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/** Folder of the network plugins, if they are installed. */
export function cniBin(): string | undefined {
  return CNI_DIRS.find((dir) => ["ptp", "host-local", "portmap"].every((name) => fs.existsSync(path.join(dir, name))));
}

/** Full path of containerd. */
export function containerdProgram(): string {
  const found = which("containerd", searchPath());
  if (!found) throw new UserError("containerd is not installed: install the package containerd.");
  return found;
}

/** Debian packages that are missing. */
export function missingPackages(): string[] {
  const missing = Object.entries(PROGRAMS).flatMap(([program, name]) => (which(program, searchPath()) ? [] : [name]));
  return [...new Set([...missing, ...(cniBin() ? [] : [CNI_PACKAGE])])];
}

/** @throws UserError with everything that hinders a node on this machine */
export async function preflight(layout: Layout, options: { running: boolean; yes: boolean }, progress: Progress) {
  const problems = [...machineProblems(), ...(options.running ? [] : [...portProblems(), ...addressProblems()])];
  if (problems.length === 0) problems.push(...roomProblems(layout));
  const missing = missingPackages();
  const install = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  const canInstall = missing.length > 0 && isDebian() && problems.length === 0;
  if (canInstall && (options.yes || (await confirm(`Install ${missing.join(", ")} (${install})?`)))) {
    await progress.step(`Packages ${missing.join(", ")}`, () => installPackages(missing));
  } else if (missing.length > 0) {
    problems.push(
      `These packages are missing: ${missing.join(", ")}. Install them, on Debian and Ubuntu with: ${install}`,
    );
  }
  if (problems.length > 0) {
    throw new UserError(["A Kubernetes node cannot run here:", ...problems.map((each) => `  - ${each}`)].join("\n"));
  }
}

function machineProblems(): string[] {
  const problems: string[] = [];
  if (process.platform !== "linux") {
    problems.push(
      `The operating system is ${process.platform}, and a node needs Linux. Use kind: install it and Docker.`,
    );
    return problems;
  }
  if (!["x64", "arm64"].includes(process.arch))
    problems.push(`The processor is ${process.arch}: it must be x64 or arm64.`);
  if (process.getuid?.() !== 0) problems.push("It takes root: run the command with sudo -E.");
  if (os.totalmem() < MIN_MEMORY * 2 ** 30) {
    problems.push(`The machine has ${gib(os.totalmem())} GiB of memory: it must have at least ${MIN_MEMORY}.`);
  }
  const missing = missingControllers();
  if (missing.length > 0) {
    problems.push(
      `The kernel's cgroup controllers ${missing.join(", ")} are not available under /sys/fs/cgroup: enable them.`,
    );
  }
  return problems;
}

/** Works for both versions of cgroups. */
function missingControllers(root = "/sys/fs/cgroup"): string[] {
  const wanted = ["cpu", "memory", "pids"];
  const unified = path.join(root, "cgroup.controllers");
  if (!fs.existsSync(unified)) return wanted.filter((name) => !fs.existsSync(path.join(root, name)));
  const have = fs.readFileSync(unified, "utf8").trim().split(" ");
  return wanted.filter((name) => !have.includes(name));
}

function roomProblems(layout: Layout): string[] {
  const stats = fs.statfsSync(ensureDir(path.dirname(layout.root)));
  const free = stats.bavail * stats.bsize;
  if (free >= MIN_DISK * 2 ** 30) return [];
  return [`${path.dirname(layout.root)} has ${gib(free)} GiB free: it must have at least ${MIN_DISK}.`];
}

function portProblems(): string[] {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) =>
    fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "",
  );
  const busy = listeningPorts(tables.join("\n"));
  return Object.entries(PORTS).flatMap(([use, port]) =>
    busy.has(port)
      ? [`TCP port ${port} (${use}) is in use, perhaps by another Kubernetes: see ss -ltnp "sport = :${port}"`]
      : [],
  );
}

/** Ports with a listener, of the text of /proc/net/tcp. */
export function listeningPorts(table: string): Set<number> {
  const ports = new Set<number>();
  for (const line of table.split("\n")) {
    const match = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A /.exec(line);
    if (match) ports.add(Number.parseInt(match[1] ?? "", 16));
  }
  return ports;
}

function addressProblems(): string[] {
  const ours = { pods: NETWORK.pods, services: NETWORK.services };
  return Object.entries(os.networkInterfaces()).flatMap(([device, addresses]) =>
    (addresses ?? []).flatMap(({ family, cidr, address }) => {
      // links of pods outlive a crash
      const own: readonly string[] = [NETWORK.node, NETWORK.podGateway];
      if (family !== "IPv4" || !cidr || own.includes(address)) return [];
      const clash = Object.entries(ours).find(([, range]) => overlap(cidr, range));
      if (!clash) return [];
      return [`Network ${cidr} of ${device} overlaps the ${clash[0]}' range ${clash[1]}: take ${device} down first.`];
    }),
  );
}

/** Whether two IPv4 ranges such as `10.0.0.0/8` have an address in common. */
export function overlap(a: string, b: string): boolean {
  const [x, y] = [parse(a), parse(b)];
  const bits = Math.min(x.bits, y.bits);
  const mask = bits === 0 ? 0 : (~0 << (32 - bits)) >>> 0;
  return (x.base & mask) >>> 0 === (y.base & mask) >>> 0;
}

function parse(cidr: string): { base: number; bits: number } {
  const [address = "", bits = "32"] = cidr.split("/");
  const base = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { base, bits: Number(bits) };
}

/** iptables and ip are not on everybody's PATH. */
function searchPath(): string {
  return `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
}

/** Lets this process, and all that it starts, find the system's programs. */
export function useSystemPrograms(): void {
  process.env.PATH = searchPath();
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
