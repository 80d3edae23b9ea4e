import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Image } from "../../core/images";
import { sha256 } from "../../core/names";
import { bytes, type Size } from "../../core/units";
import type { Placement } from "../target";
import { transformed } from "../transform";
import { type File, LOOPBACK, type Process, type Publication, type User } from "../workload";
import { type Engine, labels } from "./engine";
import type { Healthcheck } from "./health";

const TYPE = "docker:index/container:Container";
const MIB = 2 ** 20;

/** Where the containers of one process go, and from which image. */
export interface Placed {
  readonly engine: Engine;
  readonly placement: Placement;
  readonly options: pulumi.CustomResourceOptions;
  readonly image: pulumi.Input<string>;
  /** What was registered for the process so far. */
  readonly nodes: Readonly<Record<string, pulumi.CustomResource>>;
}

/** What differs from container to container. */
export interface ContainerSpec {
  /** Unique in the stack: logical name, and with the stack before it the container's. */
  readonly name: string;
  readonly process: Omit<Process, "image"> & { readonly image?: Image };
  /** Names in the stack's network. Without any it has no network at all. */
  readonly aliases: readonly string[];
  readonly files: readonly File[];
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the process's. */
  readonly command?: readonly string[];
  /** Instead of the process's. */
  readonly args?: readonly pulumi.Input<string>[] | undefined;
  readonly ports?: readonly { readonly internal: number; readonly publish: Publication | undefined }[];
  readonly volumes?: readonly Mount[];
  /** More scratch paths. */
  readonly scratch?: Readonly<Record<string, Size>>;
  readonly host?: { readonly network: boolean; readonly pid: boolean; readonly root?: string };
  readonly healthcheck: Healthcheck;
  /** Seconds until it has to be healthy. */
  readonly waitTimeout: number;
  /** Seconds between the stop signal and the kill. */
  readonly grace: number;
  readonly labels?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly hosts?: readonly { readonly host: string; readonly ip: pulumi.Input<string> }[];
  readonly dependsOn: readonly pulumi.Resource[];
  /** Ends by itself. @default false */
  readonly ends?: boolean;
  /** Capabilities, such as `CAP_CHOWN`. @default none */
  readonly capabilities?: readonly string[];
  /** No limit of processor time, because a change of that limit replaces a container. @default false */
  readonly unlimitedCpu?: boolean;
}

export interface Mount {
  readonly name: pulumi.Input<string>;
  readonly path: string;
  readonly readOnly?: boolean;
}

/** Changes of these are taken into state and not done by some versions of the provider. */
const NOT_UPDATED = ["healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota"];

export function container(at: Placed, spec: ContainerSpec): docker.Container {
  const { args, opts } = transformed<docker.ContainerArgs>(at.placement.transform, TYPE, spec.name, inputs(at, spec), {
    ...at.options,
    dependsOn: [...spec.dependsOn],
    // Names and host ports are taken until the old one is gone.
    deleteBeforeReplace: true,
    replaceOnChanges: NOT_UPDATED,
  });
  return new docker.Container(spec.name, args, opts);
}

function inputs({ engine, image }: Placed, spec: ContainerSpec): docker.ContainerArgs {
  const { process, ends = false, host } = spec;
  const user = process.user ?? process.image?.user ?? { uid: 0, gid: 0 };
  const command = spec.command ?? process.command;
  const args = spec.args ?? process.args;
  const scratch = Object.entries({ ...process.scratch, ...spec.scratch });
  const shm = scratch.find(([path]) => path === SHM)?.[1];
  const memory = mebibytes(process.resources.memory);
  return {
    name: `${engine.stack}-${spec.name}`,
    image,
    ...(command ? { entrypoints: [...command] } : {}),
    ...(args && args.length > 0 ? { command: [...args] } : {}),
    envs: environment({ ...process.env, ...spec.env }),
    user: `${user.uid}:${user.gid}`,
    // The process is not number 1: signals and orphans are somebody else's work.
    init: true,
    // The engine adds the second itself, and a refresh would take it for a change.
    securityOpts: ["no-new-privileges:true", ...(host?.pid ? ["label=disable"] : [])],
    capabilities: { drops: ["ALL"], ...(spec.capabilities ? { adds: [...spec.capabilities] } : {}) },
    memory,
    memorySwap: memory,
    ...(spec.unlimitedCpu ? {} : { cpus: decimal(process.resources.cpu) }),
    ...(shm ? { shmSize: mebibytes(shm) } : {}),
    tmpfs: Object.fromEntries(
      scratch.filter(([path]) => path !== SHM).map(([path, size]) => [path, inMemory(bytes(size) ?? 0, user)]),
    ),
    uploads: uploads(engine, spec.files),
    volumes: (spec.volumes ?? []).map(({ name, path, readOnly = false }) => ({
      volumeName: name,
      containerPath: path,
      readOnly,
    })),
    // Without a propagation the engine follows the host's mounts where it can, and refuses "private" for what holds its own root.
    ...(host?.root ? { mounts: [{ type: "bind", source: "/", target: host.root, readOnly: true }] } : {}),
    ...(host?.pid ? { pidMode: "host" } : {}),
    ...network(engine, spec),
    healthcheck: spec.healthcheck,
    wait: true,
    waitTimeout: spec.waitTimeout,
    mustRun: !ends,
    restart: ends ? "no" : "unless-stopped",
    // Without the first the engine kills at once when the container is replaced; the second is for `docker stop`.
    destroyGraceSeconds: spec.grace,
    stopTimeout: spec.grace,
    logDriver: "json-file",
    logOpts: engine.logs,
    labels: labels({
      "datastack.stack": engine.stack,
      "datastack.service": process.name,
      ...fileLabels(spec.files),
      ...spec.labels,
    }),
  };
}

const SHM = "/dev/shm";

function network(
  engine: Engine,
  { name, aliases, ports = [], hosts = [], host }: ContainerSpec,
): Partial<docker.ContainerArgs> {
  if (host?.network) return { networkMode: "host" };
  if (aliases.length === 0) return { networkMode: "none" };
  return {
    hostname: name,
    // Both: the provider's default is "bridge", which it leaves again for the networks below.
    networkMode: "bridge",
    networksAdvanced: [{ name: engine.network.name, aliases: [...new Set(aliases)] }],
    // Sorted as the provider reads them back.
    ports: ports
      .flatMap(({ internal, publish }) =>
        publish ? [{ internal, external: publish.host, ip: publish.address ?? LOOPBACK, protocol: "tcp" }] : [],
      )
      .sort((a, b) => a.internal - b.internal),
    ...(hosts.length > 0 ? { hosts: hosts.map(({ host, ip }) => ({ host, ip })) } : {}),
  };
}

function environment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

/** Root-owned, so that the process cannot change them, and readable by any user of the container. */
function uploads(engine: Engine, files: readonly File[]): docker.ContainerArgs["uploads"] {
  return [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => ({
      file: file.path,
      content: file.secret ? engine.secrets.resolve(file.content) : file.content,
      permissions: isExecutable(file) ? "0555" : "0444",
    }));
}

function isExecutable(file: File): boolean {
  return !file.secret && file.executable === true;
}

/** As the provider reads it back ("1.0", "10."), or every run would replace the container. */
function decimal(cpu: number): string {
  if (!Number.isInteger(cpu)) return String(cpu);
  return String(cpu).includes("0") ? `${cpu}.` : `${cpu}.0`;
}

/** One secret hides the whole list of files in a diff; these show which one has changed. Never a trace of a secret. */
function fileLabels(files: readonly File[]): Record<string, string> {
  return Object.fromEntries(files.flatMap((f) => (f.secret ? [] : [[`datastack.file.${f.path}`, sha256(f.content)]])));
}

/**
 * Executable as an emptyDir of Kubernetes is: libraries unpack themselves there. It belongs to the user, because runc takes the
 * mode of the directory below it when a container is started again, and the engine made that one for root alone.
 */
function inMemory(size: number, { uid, gid }: User): string {
  return `rw,exec,nosuid,nodev,size=${size},uid=${uid},gid=${gid},mode=1777`;
}

function mebibytes(size: string): number {
  return Math.floor((bytes(size) ?? 0) / MIB);
}
