import type { GeneratedSecret } from "../core/secrets";
import { bytes, type Size, seconds } from "../core/units";
import { LOOPBACK, type Resources } from "../target/workload";
import type { EvictionPolicy, RedisArgs } from "./args";

export const PORT = 6379;
/** Where the volume is mounted: the image has this folder, owned by its user. */
export const DATA = "/data";
/** Where files are laid. */
export const FILES = "/opt/datastack/redis";

const RESOURCES: Resources = { cpu: 0.5, memory: "256Mi" };

const MI = 2 ** 20;
/** The process without data: its code, the allocator, the append-only file's buffers. */
const PROCESS = 32 * MI;
/** Of the rest, what data may fill. A child that rewrites the file shares the pages that do not change meanwhile. */
const DATA_SHARE = 0.6;
/** Of maxmemory, what all clients' buffers together may take before the greediest is disconnected. */
const CLIENTS_SHARE = 0.1;
/** What an idle connection costs at most. */
const CONNECTION = 16 * 2 ** 10;

/** The arguments with all defaults filled in; sizes in bytes, times in seconds. */
export interface Spec {
  readonly name: string;
  readonly eviction: EvictionPolicy;
  readonly resources: Resources;
  readonly maxMemory: number;
  /** Of all clients' buffers together. */
  readonly clientMemory: number;
  readonly maxClients: number;
  /** 0: never. */
  readonly idleTimeout: number;
  readonly fsync: "everysec" | "always";
  readonly ioThreads: number;
  readonly storage: Size;
  readonly publish: { readonly port: number; readonly address: string } | undefined;
}

export function spec(name: string, args: RedisArgs): Spec {
  const resources = args.resources ?? RESOURCES;
  const maxMemory = (args.maxMemory ? bytes(args.maxMemory) : undefined) ?? defaultMaxMemory(resources.memory);
  const clientMemory = mebibytes(Math.max(4 * MI, maxMemory * CLIENTS_SHARE));
  return {
    name,
    eviction: args.eviction ?? (args.use === "cache" ? "allkeys-lru" : "noeviction"),
    resources,
    maxMemory,
    clientMemory,
    maxClients: args.maxClients ?? Math.min(10_000, Math.max(128, mostClients(clientMemory))),
    idleTimeout: (args.idleTimeout ? seconds(args.idleTimeout) : undefined) ?? 0,
    fsync: args.fsync ?? "everysec",
    // Redis's own advice: one thread below four cores, and never all of them.
    ioThreads: resources.cpu >= 4 ? Math.min(8, Math.floor(resources.cpu) - 1) : 1,
    storage: args.storage?.size ?? "1Gi",
    publish: args.publish ? { port: args.publish.port ?? PORT, address: args.publish.address ?? LOOPBACK } : undefined,
  };
}

/** Connections that clients' memory has room for. */
export function mostClients(clientMemory: number): number {
  return Math.floor(clientMemory / CONNECTION);
}

/** `app` and `exporter` for others; `admin` is known inside the container alone, to its probe and to operators. */
export type RedisUser = "app" | "exporter" | "admin";
export const USERS: readonly RedisUser[] = ["app", "exporter", "admin"];

export function secret(name: string, user: RedisUser): GeneratedSecret {
  return { generated: `${name}-${user}` };
}

function defaultMaxMemory(limit: string): number {
  return mebibytes(Math.max(0, (bytes(limit) ?? 0) - PROCESS) * DATA_SHARE);
}

function mebibytes(size: number): number {
  return Math.floor(size / MI) * MI;
}
