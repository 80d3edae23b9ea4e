import { posix } from "node:path";
import { checkImageReference } from "../core/images";
import { checkName } from "../core/names";
import { type Problem, under } from "../core/problems";
import { bytes } from "../core/units";
import { checkTime } from "./every";
import type { Agent, File, Job, Plan, Probe, Process, Schedule, Workload } from "./workload";

/** Rules that hold on every target, for all plans of a stack together. Targets add their own. */
export function checkPlans(plans: readonly Plan[]): Problem[] {
  const all = collect(plans);
  return [
    ...checkUnique(all),
    ...checkReferences(all),
    ...all.processes.flatMap((p) => under(p.name, checkProcess(p))),
    ...all.services.flatMap((s) => under(s.name, [...checkLongRunning(s), ...checkReplicas(s)])),
    ...all.agents.flatMap((a) => under(a.name, [...checkLongRunning(a), ...checkPaths(a, hostPaths(a))])),
    ...all.jobs.flatMap((j) => under(j.name, [...checkSeconds("timeout", j.timeout), ...checkPaths(j)])),
    ...all.schedules.flatMap((s) =>
      under(s.name, [...checkTime("every", s.every), ...checkSeconds("timeout", s.timeout), ...checkPaths(s)]),
    ),
  ];
}

export interface Collected {
  readonly services: readonly Workload[];
  readonly agents: readonly Agent[];
  readonly jobs: readonly Job[];
  readonly schedules: readonly Schedule[];
  readonly processes: readonly Process[];
  readonly unplanned: readonly string[];
}

export function collect(plans: readonly Plan[]): Collected {
  const services = plans.flatMap((p) => p.services ?? []);
  const agents = plans.flatMap((p) => p.agents ?? []);
  const jobs = plans.flatMap((p) => p.jobs ?? []);
  const schedules = plans.flatMap((p) => p.schedules ?? []);
  const unplanned = plans.flatMap((p) => p.unplanned ?? []);
  return { services, agents, jobs, schedules, unplanned, processes: [...services, ...agents, ...jobs, ...schedules] };
}

/** Names under which a workload is reached, or its containers and pods are called. */
function names(process: Process & Partial<Workload>): string[] {
  if (process.identity !== "stable") return [process.name];
  const replicas = Array.from({ length: Math.max(0, process.replicas ?? 1) }, (_, i) => `${process.name}-${i}`);
  return [process.name, ...replicas];
}

function checkUnique(all: Collected): Problem[] {
  const owner = new Map<string, string>();
  return all.processes.flatMap((process) =>
    names(process).flatMap((name) => {
      const other = owner.get(name);
      owner.set(name, process.name);
      if (other === undefined || (other === process.name && name !== other)) return [];
      const what = name === other ? "another workload, job or schedule" : `a replica of "${other}"`;
      const rule = process.name === name ? `is also the name of ${what}` : `has a replica "${name}", which is ${what}`;
      return [{ path: process.name, rule, fix: "Give each component a name of its own" }];
    }),
  );
}

function checkReferences(all: Collected): Problem[] {
  const running = new Set([...all.services, ...all.agents].map((w) => w.name));
  const jobs = new Set(all.jobs.map((j) => j.name));
  const unknown = (path: string, value: string, what: string, known: Set<string>): Problem[] =>
    known.has(value) || all.unplanned.includes(value)
      ? []
      : [{ path, value, rule: `is no ${what} of this stack`, fix: listed(what, known) }];
  return all.processes.flatMap((process: Process & Partial<Workload> & Partial<Job>) =>
    under(process.name, [
      ...(process.needs ?? []).flatMap(({ to, start }, i) => {
        if (!start || !("workload" in to.peer)) return [];
        const path = `needs[${i}]`;
        if (to.peer.workload !== process.name) return unknown(path, to.peer.workload, "workload", running);
        return [{ path, value: process.name, rule: "cannot start only after itself", fix: "Leave out `start`" }];
      }),
      ...(process.after ?? []).flatMap((job, i) => unknown(`after[${i}]`, job, "job", jobs)),
      ...(process.restores ?? []).flatMap((w, i) => unknown(`restores[${i}]`, w, "workload", running)),
    ]),
  );
}

function listed(what: string, known: Set<string>): string {
  return known.size === 0 ? `There is no ${what}` : `There are: ${[...known].sort().join(", ")}`;
}

function checkProcess(process: Process): Problem[] {
  const { cpu, memory, cpuRequest, memoryRequest } = process.resources;
  const limit = bytes(memory);
  const request = memoryRequest === undefined ? limit : bytes(memoryRequest);
  const problems: Problem[] = [
    ...checkName("name", process.name),
    ...checkImageReference("image", process.image.reference),
    ...checkSize("resources.memory", memory),
    ...(memoryRequest === undefined ? [] : checkSize("resources.memoryRequest", memoryRequest)),
    ...Object.entries(process.scratch ?? {}).flatMap(([path, size]) => [
      ...checkPath(`scratch[${path}]`, path),
      ...checkSize(`scratch[${path}]`, size),
    ]),
    ...Object.keys(process.env ?? {})
      .filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      .map((name) => ({ path: "env", value: name, rule: "must be a name of letters, digits and _" })),
  ];
  if (!(cpu > 0)) problems.push({ path: "resources.cpu", value: cpu, rule: "must be more than 0 cores" });
  if (cpuRequest !== undefined && !(cpuRequest > 0 && cpuRequest <= cpu))
    problems.push({
      path: "resources.cpuRequest",
      value: cpuRequest,
      rule: `must be more than 0, at most cpu (${cpu})`,
    });
  if (limit !== undefined && request !== undefined && request > limit)
    problems.push({
      path: "resources.memoryRequest",
      value: memoryRequest,
      rule: `must be at most memory (${memory})`,
    });
  return problems;
}

function checkLongRunning(workload: Workload | Agent): Problem[] {
  const numbers = new Map<number, string>();
  const ports = Object.entries(workload.ports).flatMap(([name, { port }]) => {
    const problems: Problem[] = [...checkPortName(name), ...checkPort(`ports.${name}`, port)];
    const same = numbers.get(port);
    if (same !== undefined)
      problems.push({ path: `ports.${name}`, value: port, rule: `is already the port "${same}"` });
    numbers.set(port, name);
    return problems;
  });
  const { ready, alive, stop } = workload;
  return [
    ...ports,
    ...checkProbe("ready.probe", ready.probe, workload.ports),
    ...(alive ? checkProbe("alive", alive, workload.ports) : []),
    ...checkSeconds("ready.period", ready.period),
    ...checkSeconds("ready.timeout", ready.timeout),
    ...checkSeconds("ready.startWithin", ready.startWithin),
    ...checkSeconds("stop.grace", stop.grace),
  ];
}

function checkReplicas(workload: Workload): Problem[] {
  const { replicas = 1, identity = "none", volumes = [] } = workload;
  if (!(Number.isInteger(replicas) && replicas >= 1))
    return [{ path: "replicas", value: replicas, rule: "must be a whole number of at least 1" }];
  const problems: Problem[] = [];
  if (identity === "none" && replicas > 1 && volumes.length > 0)
    problems.push({
      path: "volumes",
      rule: `cannot be shared by ${replicas} replicas without identity`,
      fix: 'Set identity: "stable", so that each has its own, or replicas: 1',
    });
  const seen = new Set<string>();
  for (const { name, path, size, prepare } of volumes) {
    problems.push(...checkPath(`volumes.${name}.path`, path), ...checkSize(`volumes.${name}.size`, size));
    problems.push(...under(`volumes.${name}`, checkName("name", name)));
    if (seen.has(name)) problems.push({ path: `volumes.${name}`, rule: "is there twice" });
    seen.add(name);
    const mounted = [...memoryPaths(workload), { path, what: "volume" }];
    for (let i = 0; i < replicas; i++)
      problems.push(...under(`volumes.${name}.prepare(${i})`, checkFiles(prepare?.(i).files ?? [], mounted)));
  }
  const own = Array.from({ length: replicas }, (_, i) => workload.perReplica?.(i).files ?? []).flat();
  const files = [...(workload.files ?? []), ...own];
  return [
    ...problems,
    ...checkPaths(
      { ...workload, files },
      volumes.map(({ path }) => ({ path, what: "volume" })),
    ),
  ];
}

interface Mounted {
  readonly path: string;
  readonly what: string;
}

function memoryPaths(process: Process): Mounted[] {
  return Object.keys(process.scratch ?? {}).map((path) => ({ path, what: "scratch path" }));
}

function hostPaths({ host }: Agent): Mounted[] {
  const paths = [
    { path: host.root, what: "mount of the host's files" },
    { path: host.textfiles, what: "mount of the schedules' metrics" },
  ];
  return paths.flatMap(({ path, what }) => (path === undefined ? [] : [{ path, what }]));
}

/** Everything that is laid or mounted into one container. */
function checkPaths(process: Process, others: readonly Mounted[] = []): Problem[] {
  const mounts = [...memoryPaths(process), ...others];
  return [...checkNesting(mounts), ...checkFiles(process.files ?? [], mounts)];
}

/** A file has a path of its own that no mount hides. */
function checkFiles(files: readonly File[], mounts: readonly Mounted[]): Problem[] {
  const seen = new Set<string>();
  return files.flatMap(({ path }) => {
    const problems = checkPath("files", path);
    if (seen.has(path))
      problems.push({
        path: "files",
        value: path,
        rule: "is there twice",
        fix: "Give replicas' files their own paths",
      });
    seen.add(path);
    const hidden = mounts.find((mount) => within(path, mount.path));
    if (hidden)
      problems.push({
        path: "files",
        value: path,
        rule: `would be hidden by the ${hidden.what} ${hidden.path}`,
        fix: "Lay it somewhere else; a start script can copy it",
      });
    return problems;
  });
}

function checkNesting(mounts: readonly Mounted[]): Problem[] {
  return mounts.flatMap((inner, i) => {
    const outer = mounts.find(
      (other, j) => j !== i && within(inner.path, other.path) && (inner.path !== other.path || j < i),
    );
    if (!outer) return [];
    return [{ path: inner.what, value: inner.path, rule: `lies within the ${outer.what} ${outer.path}` }];
  });
}

function within(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

export function checkPath(path: string, value: string): Problem[] {
  if (value !== "/" && posix.isAbsolute(value) && posix.normalize(value) === value && !value.endsWith("/")) return [];
  return [{ path, value, rule: 'must be an absolute path other than "/", without "..", "//" or a "/" at its end' }];
}

function checkSize(path: string, size: string): Problem[] {
  const value = bytes(size);
  if (value !== undefined && value > 0) return [];
  return [{ path, value: size, rule: "must be a size with a binary unit", fix: 'Write it like "512Mi" or "10Gi"' }];
}

export function checkPort(path: string, port: number): Problem[] {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return [];
  return [{ path, value: port, rule: "must be a port number from 1 to 65535" }];
}

function checkPortName(name: string): Problem[] {
  if (/^(?=.*[a-z])[a-z0-9]([a-z0-9]|-(?=[a-z0-9])){0,14}$/.test(name)) return [];
  const rule = 'must be at most 15 lower-case letters, digits and single "-", with a letter among them';
  return [{ path: "ports", value: name, rule }];
}

function checkProbe(path: string, probe: Probe, ports: Workload["ports"]): Problem[] {
  if ("exec" in probe) return probe.exec.length > 0 ? [] : [{ path: `${path}.exec`, rule: "must name a command" }];
  const port = "http" in probe ? probe.http.port : probe.tcp.port;
  const problems: Problem[] = [];
  if (!(port in ports))
    problems.push({
      path,
      value: port,
      rule: "is no port of this workload",
      fix: listed("port", new Set(Object.keys(ports))),
    });
  if ("http" in probe && !/^\/[^\s'"]*$/.test(probe.http.path))
    problems.push({
      path: `${path}.http.path`,
      value: probe.http.path,
      rule: 'must begin with "/" and have no spaces or quotes',
    });
  return problems;
}

function checkSeconds(path: string, value: number | undefined): Problem[] {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return [];
  return [{ path, value, rule: "must be a whole number of seconds, at least 1" }];
}
