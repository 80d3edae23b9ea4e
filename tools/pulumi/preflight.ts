import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { bytes } from "../../components/core/units";
import type { Plan } from "../../components/target/workload";
import { UserError } from "../core/errors";
import { capture } from "../core/exec";
import { cacheDir } from "../core/paths";
import type { Engine } from "../docker/engine";

const GIB = 2 ** 30;

/** What this run is going to need of the machine. */
export interface Demand {
  readonly stack: string;
  readonly ports: readonly HostPort[];
  /** Memory limits of everything that runs at the same time, in bytes. */
  readonly memory: number;
  /** Bytes that will be written to the cache directory: built programs and what building them leaves. */
  readonly cache: number;
}

export interface HostPort {
  readonly port: number;
  readonly address: string;
  /** Whose it is, such as "kafka-0 (client)". */
  readonly owner: string;
}

/** What is found on the machine. */
export interface Machine {
  /** Bytes of memory. */
  readonly memory: number;
  /** Folder and free bytes of the cache directory. */
  readonly disk: { readonly path: string; readonly free: number };
  /** Ports of the demand that something else uses. */
  readonly busy: readonly HostPort[];
}

/** Host ports that a stack publishes, from its plans. */
export function publishedPorts(plans: readonly Plan[]): HostPort[] {
  const ports: HostPort[] = [];
  const add = (owner: string, publish: { host: number; address?: string } | undefined): void => {
    if (publish) ports.push({ port: publish.host, address: publish.address ?? "127.0.0.1", owner });
  };
  for (const workload of plans.flatMap((plan) => [...(plan.services ?? []), ...(plan.agents ?? [])])) {
    for (const [name, port] of Object.entries(workload.ports)) add(`${workload.name} (${name})`, port.publish);
    if (!("replicas" in workload) && !("perReplica" in workload)) continue;
    for (let i = 0; i < (workload.replicas ?? 1); i++) {
      for (const [name, publish] of Object.entries(workload.perReplica?.(i).publish ?? {})) {
        add(`${workload.name}-${i} (${name})`, publish);
      }
    }
  }
  return ports;
}

/** Memory limits of a stack's services and agents together, in bytes. */
export function memoryOf(plans: readonly Plan[]): number {
  const services = plans.flatMap((plan) => plan.services ?? []);
  const agents = plans.flatMap((plan) => plan.agents ?? []);
  const limits = [
    ...services.map((service) => (bytes(service.resources.memory) ?? 0) * (service.replicas ?? 1)),
    ...agents.map((agent) => bytes(agent.resources.memory) ?? 0),
  ];
  return limits.reduce((sum, limit) => sum + limit, 0);
}

/** Everything that stands in the way, as sentences. */
export function judge(demand: Demand, machine: Machine): string[] {
  const problems = machine.busy.map(
    ({ port, address, owner }) =>
      `Port ${port} on ${address} is in use by something else; ${owner} needs it. Stop that (ss -ltnp 'sport = :${port}' names it), or ` +
      `choose another port in Pulumi.${demand.stack}.yaml.`,
  );
  if (demand.memory > machine.memory) {
    problems.push(
      `The stack may use ${gib(demand.memory)} of memory, and the machine has ${gib(machine.memory)}. Lower datastack:kafkaMemory, or ` +
        "use a larger machine.",
    );
  }
  if (demand.cache > machine.disk.free) {
    problems.push(
      `${gib(demand.cache)} are needed below ${machine.disk.path}, and ${gib(machine.disk.free)} are free. Make room, or set ` +
        "DATASTACK_CACHE to a folder on another disk.",
    );
  }
  return problems;
}

/** One message for all problems, or nothing. */
export function refuseProblems(stack: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new UserError(
    [`${count} in the way of stack ${stack}; nothing was changed.`, ...problems.map((p) => `  - ${p}`)].join("\n"),
  );
}

/** Looks at this machine; ports only where the engine is on it. */
export async function inspect(demand: Demand, engine: Engine | undefined): Promise<Machine> {
  const here = !engine || engine.local;
  const own = engine ? await ownPorts(demand.stack) : new Set<number>();
  const asked = here ? demand.ports.filter(({ port }) => !own.has(port)) : [];
  const free = await Promise.all(asked.map(({ port, address }) => isFree(port, address)));
  return {
    memory: engine && !engine.local ? await engineMemory() : os.totalmem(),
    disk: freeSpace(cacheDir()),
    busy: asked.filter((_, i) => !free[i]),
  };
}

/** Whether a port can be listened on. */
export function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Ports that containers of this stack publish now. */
async function ownPorts(stack: string): Promise<Set<number>> {
  const text = await capture("docker", ["ps", "--filter", `label=datastack.stack=${stack}`, "--format", "{{.Ports}}"]);
  return new Set([...text.matchAll(/:(\d+)->/g)].map((match) => Number(match[1])));
}

async function engineMemory(): Promise<number> {
  return Number(await capture("docker", ["info", "--format", "{{.MemTotal}}"])) || os.totalmem();
}

/** Free bytes of the file system that holds a folder, which need not exist yet. */
export function freeSpace(folder: string): { path: string; free: number } {
  let existing = folder;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize } = fs.statfsSync(existing);
  return { path: folder, free: bavail * bsize };
}

function gib(value: number): string {
  return `${(value / GIB).toFixed(1)} GiB`;
}
