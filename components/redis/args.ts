import type { ComponentArgs } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import type { Duration, Size } from "../core/units";
import type { Credentials } from "../target/connection";
import type { Resources } from "../target/workload";

/**
 * `cache`: everything in it can be computed again, so the least useful keys go when it is full. `queue`: queues, locks, sessions,
 * streams; nothing may go, so writes are refused when it is full.
 */
export type RedisUse = "cache" | "queue";

/** What goes when memory is full, by Redis's names. `volatile-*` looks only at keys that expire. */
export type EvictionPolicy =
  | "allkeys-lru"
  | "allkeys-lfu"
  | "allkeys-random"
  | "volatile-lru"
  | "volatile-lfu"
  | "volatile-random"
  | "volatile-ttl"
  | "noeviction";

/** Commands that are off for `app` and can be given back one by one. */
export type AllowedCommand = "flushdb" | "flushall" | "keys" | "sort" | "function" | "restore";

/** A server that somebody else runs, reached without TLS. Nothing is configured in it. */
export interface ExistingRedis {
  /** Name or address as workloads of the stack reach it. */
  readonly host: string;
  /** @default 6379 */
  readonly port?: number;
  /** Where it is, as CIDR blocks, for network policies. */
  readonly cidrs: readonly string[];
  /** `app` for applications and `exporter` for RedisExporter: who they are there. */
  readonly credentials: Readonly<Record<"app" | "exporter", Credentials>>;
}

/** One Redis server, with users, a bound on its memory and its data on a kept volume. No TLS yet. */
export interface RedisArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** What it holds, which decides what happens when its memory is full. */
  readonly use: RedisUse;
  /** @default "allkeys-lru" for a cache, "noeviction" for a queue, which can have no other */
  readonly eviction?: EvictionPolicy;
  /** Limits. At least 64Mi of memory. @default { cpu: 0.5, memory: "256Mi" } */
  readonly resources?: Resources;
  /**
   * Memory of data and clients' buffers, at most 75 % of the limit. @default 60 % of what the limit leaves beyond 32Mi: the rest is for
   * fragmentation, and for the pages that change while a child process rewrites the append-only file
   */
  readonly maxMemory?: Size;
  /** Connections at once. @default one for each 16Ki of a tenth of `maxMemory`, from 128 to 10,000 */
  readonly maxClients?: number;
  /** Closes connections that were idle for so long. @default never: pools keep theirs open */
  readonly idleTimeout?: Duration;
  /** When a write is on disk: within a second, or before it is answered. @default "everysec" */
  readonly fsync?: "everysec" | "always";
  /** Volume of the append-only files, at least three times `maxMemory`. Grow only. @default { size: "1Gi" } */
  readonly storage?: { readonly size: Size };
  /** Commands that `app` may use although they are off. @default none */
  readonly allow?: readonly AllowedCommand[];
  /** Clients on the host and beyond. Passwords and data cross the network as they are. @default reached inside the stack only */
  readonly publish?: {
    /** @default 6379 */
    readonly port?: number;
    /** @default "127.0.0.1" */
    readonly address?: string;
  };
  /** A server that exists, in place of one's own. Only `use` can be given with it. */
  readonly existing?: ExistingRedis;
}
