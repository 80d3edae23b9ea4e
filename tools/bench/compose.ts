import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import type { Deployment } from "../pulumi/state";

const CONTAINER = "docker:index/container:Container";

/** The inputs of a container, as far as a compose file can say the same. */
interface Inputs {
  readonly name: string;
  readonly image: string;
  readonly mustRun?: boolean;
  readonly entrypoints?: readonly string[];
  readonly command?: readonly string[];
  readonly envs?: readonly string[];
  readonly user?: string;
  readonly memory?: number;
  readonly cpus?: string;
  readonly shmSize?: number;
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly uploads?: readonly { readonly file: string; readonly content: string; readonly permissions: string }[];
  readonly volumes?: readonly {
    readonly volumeName: string;
    readonly containerPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly mounts?: readonly { readonly source: string; readonly target: string; readonly readOnly?: boolean }[];
  readonly networkMode?: string;
  readonly pidMode?: string;
  readonly networksAdvanced?: readonly { readonly aliases?: readonly string[] }[];
  readonly ports?: readonly { readonly internal: number; readonly external: number; readonly ip: string }[];
  readonly hosts?: readonly { readonly host: string; readonly ip: string }[];
  readonly healthcheck?: { readonly tests: readonly string[]; readonly interval?: string; readonly timeout?: string };
  readonly logOpts?: Readonly<Record<string, string>>;
}

/** Writes a compose file with the services of a deployed stack, on its volumes, into `folder`; returns the file. */
export function composeFile(state: Deployment, folder: string): string {
  const inputs = (state.deployment.resources ?? [])
    .filter((resource) => resource.type === CONTAINER)
    .map((resource) => plain(resource.inputs) as unknown as Inputs)
    .filter((container) => container.mustRun !== false);
  const volumes = new Set(inputs.flatMap((container) => container.volumes?.map((v) => v.volumeName) ?? []));
  const file = path.join(folder, "docker-compose.yml");
  const text = stringify({
    version: "2.4",
    services: Object.fromEntries(inputs.map((container) => [container.name, service(container, folder)])),
    volumes: Object.fromEntries([...volumes].map((name) => [name, { external: true, name }])),
  });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function service(container: Inputs, folder: string): Record<string, unknown> {
  const host = container.networkMode === "host";
  return defined({
    image: container.image,
    entrypoint: container.entrypoints?.map(literal),
    command: container.command?.map(literal),
    environment: container.envs?.map(literal),
    user: container.user,
    init: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    mem_limit: container.memory === undefined ? undefined : `${container.memory}m`,
    memswap_limit: container.memory === undefined ? undefined : `${container.memory}m`,
    cpus: container.cpus === undefined ? undefined : Number(container.cpus),
    shm_size: container.shmSize === undefined ? undefined : `${container.shmSize}m`,
    tmpfs: Object.entries(container.tmpfs ?? {}).map(([target, options]) => `${target}:${options}`),
    volumes: [
      ...(container.volumes ?? []).map((v) => `${v.volumeName}:${v.containerPath}${v.readOnly ? ":ro" : ""}`),
      ...(container.mounts ?? []).map((m) => `${m.source}:${m.target}${m.readOnly ? ":ro" : ""}`),
      ...(container.uploads ?? []).map((upload, i) => bound(container.name, upload, i, folder)),
    ],
    network_mode: host ? "host" : undefined,
    networks: host ? undefined : { default: { aliases: container.networksAdvanced?.flatMap((n) => n.aliases ?? []) } },
    pid: container.pidMode,
    ports: host ? undefined : container.ports?.map((p) => `${p.ip}:${p.external}:${p.internal}`),
    extra_hosts: container.hosts?.map(({ host: name, ip }) => `${name}:${ip}`),
    healthcheck: container.healthcheck && {
      test: container.healthcheck.tests.map(literal),
      interval: container.healthcheck.interval,
      timeout: container.healthcheck.timeout,
    },
    logging: { driver: "json-file", options: container.logOpts },
    restart: "unless-stopped",
  });
}

/** A file of the container, as a compose file has it: bound from the host. */
function bound(name: string, upload: NonNullable<Inputs["uploads"]>[number], index: number, folder: string): string {
  const source = path.join(folder, "files", name, String(index));
  fs.mkdirSync(path.dirname(source), { recursive: true });
  fs.writeFileSync(source, upload.content);
  fs.chmodSync(source, Number.parseInt(upload.permissions, 8));
  return `${source}:${upload.file}:ro`;
}

/** What compose would take for a variable of its own. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function defined(of: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
}

/** Without the envelopes in which an export keeps secrets. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const envelope = (value as { plaintext?: unknown }).plaintext;
  if (typeof envelope === "string") return plain(JSON.parse(envelope));
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]));
}
