import * as fs from "node:fs";
import { run, succeeds } from "../core/exec";
import { NETWORK } from "./settings";

/** Chains of ours: traffic of pods that a default-deny policy (Docker's, a firewall's) would drop, and their way out. */
const FILTER = "DATASTACK-PODS";
const MASQUERADE = "DATASTACK-PODS-OUT";

interface Rules {
  readonly table: string;
  readonly chain: string;
  /** Built-in chains that jump to it, first of all. */
  readonly from: readonly string[];
  readonly rules: readonly (readonly string[])[];
}

export function podRules(): Rules[] {
  const pods = NETWORK.pods;
  return [
    {
      table: "filter",
      chain: FILTER,
      from: ["INPUT", "FORWARD"],
      rules: [
        ["-s", pods, "-j", "ACCEPT"],
        // answers; nobody outside this machine can open a connection to a pod
        ["-d", pods, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"],
      ],
    },
    {
      table: "nat",
      chain: MASQUERADE,
      from: ["POSTROUTING"],
      rules: [
        ["-d", pods, "-j", "RETURN"],
        ["-d", `${NETWORK.node}/32`, "-j", "RETURN"],
        ["-s", pods, "-j", "MASQUERADE"],
      ],
    },
  ];
}

/** Gives the machine the node's address, lets it route, and writes our rules. Repeatable. */
export async function setUpNetwork(): Promise<void> {
  await run("ip", ["address", "replace", `${NETWORK.node}/32`, "dev", "lo"]);
  fs.writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  for (const { table, chain, from, rules } of podRules()) {
    const iptables = (...args: string[]): Promise<unknown> => run("iptables", ["-w", "30", "-t", table, ...args]);
    if (!(await succeeds("iptables", ["-w", "30", "-t", table, "-n", "-L", chain]))) await iptables("-N", chain);
    await iptables("-F", chain);
    for (const rule of rules) await iptables("-A", chain, ...rule);
    for (const parent of from) {
      if (await succeeds("iptables", ["-w", "30", "-t", table, "-C", parent, "-j", chain])) continue;
      await iptables("-I", parent, "1", "-j", chain);
    }
  }
}

/** Takes back what `setUpNetwork` did, and what kube-proxy and the CNI plugins left. Routing stays on: others may use it. */
export async function takeDownNetwork(): Promise<void> {
  await run("ip", ["address", "delete", `${NETWORK.node}/32`, "dev", "lo"], { ok: [0, 2] });
  for (const program of ["iptables", "ip6tables"]) {
    if (!(await succeeds(program, ["-V"]))) continue;
    for (const table of ["filter", "nat", "mangle"]) {
      const dump = (await run(program, ["-w", "30", "-t", table, "-S"], { ok: [0, 1, 3] })).stdout;
      for (const args of removals(dump)) await run(program, ["-w", "30", "-t", table, ...args], { ok: [0, 1] });
    }
  }
}

/** Chains that Kubernetes, its CNI plugins and we make. The chains of other software have other names. */
const OURS = /^(KUBE-|CNI-|DATASTACK-PODS)/;

/** iptables arguments that remove our chains and the jumps to them, from what `iptables -S` printed. */
export function removals(dump: string): string[][] {
  const lines = dump.split("\n");
  const chains = lines.flatMap((line) => /^-N (\S+)/.exec(line)?.[1] ?? []).filter((chain) => OURS.test(chain));
  const jumps = lines.flatMap((line) => {
    const [append, from, ...rule] = words(line);
    const to = rule[rule.indexOf("-j") + 1] ?? "";
    if (append !== "-A" || from === undefined || OURS.test(from) || !rule.includes("-j") || !OURS.test(to)) return [];
    return [["-D", from, ...rule]];
  });
  return [...jumps, ...chains.map((chain) => ["-F", chain]), ...chains.map((chain) => ["-X", chain])];
}

/** Words of a line as a shell would split it: comments of rules are in double quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

/** The servers that this machine asks for names; a local cache (127.0.0.53) does not answer pods. */
export function upstreamDns(): { servers: string[]; file: string } {
  const files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
  for (const file of files) {
    if (!fs.existsSync(file)) continue;
    const servers = nameservers(fs.readFileSync(file, "utf8"));
    if (servers.length) return { servers, file };
  }
  return { servers: [], file: "" };
}

export function nameservers(resolvConf: string): string[] {
  const all = [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? "");
  return all.filter((server) => !server.startsWith("127.") && server !== "::1");
}
