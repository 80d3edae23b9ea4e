import { isIP } from "node:net";
import { checkName } from "../../core/names";
import { type Problem, under } from "../../core/problems";
import { bytes } from "../../core/units";
import { type Collected, checkPath, checkPlans, checkPort } from "../check";
import { type Agent, type File, LOOPBACK, type Plan, type Process, type Publication, type Workload } from "../workload";
import type { DockerTargetArgs } from "./target";

/** Names that Docker has for networks of its own. */
const RESERVED = ["bridge", "host", "none", "default"];

const MIB = 2 ** 20;

/** The least that the engine accepts. */
const LEAST_MEMORY = 6 * MIB;

/** What DockerTarget refuses, together with what every target does. */
export function checkDocker({ stack, rotations }: DockerTargetArgs, all: Collected, plans: readonly Plan[]): Problem[] {
  return [
    ...checkStack(stack),
    ...checkPlans(plans, rotations),
    ...all.processes.flatMap((process) => under(process.name, checkProcess(process))),
    ...all.services.flatMap((service) => under(service.name, checkService(service))),
    ...all.agents.flatMap((agent) => under(agent.name, checkAgent(agent))),
    ...all.jobs.flatMap((job) =>
      job.command?.length
        ? []
        : [
            {
              path: `${job.name}.command`,
              rule: "must be given for a job on Docker, which watches over it",
              fix: "Repeat the image's entrypoint",
            },
          ],
    ),
    ...checkHostPorts(all),
  ];
}

function checkStack(stack: string): Problem[] {
  if (!RESERVED.includes(stack)) return checkName("stack", stack);
  return [
    { path: "stack", value: stack, rule: "is a network of Docker itself", fix: "Choose another name for the stack" },
  ];
}

function checkProcess(process: Process): Problem[] {
  const problems = [...checkMegabytes("resources.memory", process.resources.memory, LEAST_MEMORY)];
  const shm = process.scratch?.["/dev/shm"];
  if (shm) problems.push(...checkMegabytes("scratch[/dev/shm]", shm, MIB));
  (process.args ?? []).forEach((arg, i) => {
    if (arg === "")
      problems.push({ path: `args[${i}]`, value: arg, rule: "must not be empty: the Docker provider refuses it" });
  });
  (process.needs ?? []).forEach(({ to }, i) => {
    if ("namespace" in to.peer)
      problems.push({
        path: `needs[${i}]`,
        value: to.peer.namespace,
        rule: "is a namespace of a Kubernetes cluster, which Docker has none of",
        fix: 'Give its addresses instead, such as cidrs: ["10.1.2.0/24"]',
      });
  });
  return [...problems, ...checkContents(process.files ?? [])];
}

function checkService(service: Workload): Problem[] {
  const { replicas = 1, perReplica, ports } = service;
  const problems: Problem[] = [];
  if (replicas > 1)
    for (const [name, { publish }] of Object.entries(ports))
      if (publish)
        problems.push({
          path: `ports.${name}.publish`,
          value: publish.host,
          rule: `cannot be the host port of ${replicas} replicas`,
          fix: "Publish each replica on a port of its own, by perReplica",
        });
  for (let replica = 0; replica < replicas; replica++) {
    const { files = [], publish = {}, expose = {} } = perReplica?.(replica) ?? {};
    problems.push(...under(`perReplica(${replica})`, checkContents(files)));
    for (const name of Object.keys(publish))
      if (!(name in ports))
        problems.push({ path: `perReplica(${replica}).publish`, value: name, rule: "is no port of this workload" });
    for (const name of Object.keys(expose))
      problems.push({
        path: `perReplica(${replica}).expose.${name}`,
        rule: "is a Service of a Kubernetes cluster, which Docker has none of",
        fix: "Publish the port on the host instead",
      });
    for (const { prepare } of service.volumes ?? [])
      problems.push(...under(`prepare(${replica})`, checkContents(prepare?.(replica).files ?? [])));
  }
  return problems;
}

function checkAgent(agent: Agent): Problem[] {
  const problems: Problem[] = [];
  const { network, root, textfiles } = agent.host;
  if (root !== undefined) problems.push(...checkPath("host.root", root));
  if (textfiles !== undefined) problems.push(...checkPath("host.textfiles", textfiles));
  if (!network) return problems;
  (agent.needs ?? []).forEach(({ to }, i) => {
    if ("workload" in to.peer)
      problems.push({
        path: `needs[${i}]`,
        value: to.peer.workload,
        rule: "cannot be reached from the host's network, where Docker knows no names of the stack",
        fix: "Leave out host.network, or let the other side connect",
      });
  });
  for (const [name, { publish }] of Object.entries(agent.ports))
    if (publish)
      problems.push({
        path: `ports.${name}.publish`,
        value: publish.host,
        rule: "is of no use in the host's network, where the agent listens itself",
        fix: "Leave it out",
      });
  return problems;
}

function checkMegabytes(path: string, size: string, least: number): Problem[] {
  const value = bytes(size);
  if (value === undefined || (value >= least && value % MIB === 0)) return [];
  return [{ path, value: size, rule: `must be whole mebibytes on Docker, at least ${least / MIB}Mi` }];
}

function checkContents(files: readonly File[]): Problem[] {
  return files.flatMap((file) =>
    file.secret || file.content !== ""
      ? []
      : [
          {
            path: "files",
            value: file.path,
            rule: "must not be empty: the Docker provider refuses it",
            fix: "Write a line feed or a comment",
          },
        ],
  );
}

interface HostPort extends Publication {
  readonly path: string;
}

function checkHostPorts({ services, agents }: Collected): Problem[] {
  const published = [...services.flatMap(publications), ...agents.flatMap(agentPorts)];
  const valid = (port: HostPort) => checkHostPort(port).length === 0;
  const problems = published.flatMap(checkHostPort);
  published.filter(valid).forEach((port, i, all) => {
    const other = all.slice(0, i).find((earlier) => earlier.host === port.host && overlap(earlier, port));
    if (other)
      problems.push({
        path: port.path,
        value: port.host,
        rule: `is the same host port as ${other.path}`,
        fix: "Choose another host port for one of them",
      });
  });
  return problems;
}

function checkHostPort({ path, host, address }: HostPort): Problem[] {
  const problems = checkPort(path, host);
  if (address !== undefined && address !== GATEWAY && isIP(address) === 0)
    problems.push({
      path: `${path}.address`,
      value: address,
      rule: "must be an IP address of the host",
      fix: `Leave it out for ${LOOPBACK}, or give "0.0.0.0" for every address`,
    });
  return problems;
}

function publications(service: Workload): HostPort[] {
  const { name, replicas = 1, ports, perReplica } = service;
  const shared = Object.entries(ports).flatMap(([port, { publish }]) =>
    publish ? [{ ...publish, path: `${name}.ports.${port}.publish` }] : [],
  );
  const own = Array.from({ length: Math.max(0, replicas) }, (_, replica) =>
    Object.entries(perReplica?.(replica).publish ?? {}).map(([port, publish]) => ({
      ...publish,
      path: `${name}.perReplica(${replica}).publish.${port}`,
    })),
  );
  return [...shared, ...own.flat()];
}

/** Stands for the address of the stack's network, which is known only when there is one. */
const GATEWAY = "gateway";

function agentPorts({ name, host, ports }: Agent): HostPort[] {
  return Object.entries(ports).flatMap(([port, { port: number, publish }]): HostPort[] => {
    if (host.network) return [{ host: number, address: GATEWAY, path: `${name}.ports.${port}` }];
    return publish ? [{ ...publish, path: `${name}.ports.${port}.publish` }] : [];
  });
}

function overlap(a: Publication, b: Publication): boolean {
  const [one, two] = [a.address ?? LOOPBACK, b.address ?? LOOPBACK];
  return one === two || [one, two].some((address) => address === "0.0.0.0" || address === "::");
}
