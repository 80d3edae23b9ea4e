import { createHash } from "node:crypto";
import { bytes, type Duration, type Size, seconds } from "../core/units";
import { LOOPBACK, type Resources } from "../target/workload";
import type { KafkaArgs } from "./args";
import { type Outside, outside } from "./outside";

/** Ports inside the container; the same on every broker. */
export const PORTS = { inside: 29092, outside: 9092, controller: 9093, metrics: 9404 } as const;

export const RMI_PORT = 9101;
/** Where the target mounts the volume, and the directory in it: file systems have a `lost+found` at their top. */
export const VOLUME = "/var/lib/kafka";
export const DATA = `${VOLUME}/data`;

/** Where the preparation that begins a cluster sees the volumes of the other nodes, by their numbers, if the target can show them. */
export const OTHERS = "/var/lib/kafka-others";

/** Our files in the container. */
export const FILES = "/opt/datastack/kafka";

const MI = 2 ** 20;
const MAX_DEFAULT_HEAP = 5 * 2 ** 30;
const REASSIGNMENT: { readonly throttle: Size; readonly within: Duration } = { throttle: "50Mi", within: "30m" };

/**
 * On Kubernetes the next broker is restarted when this one is ready, so it waits for copies that come: an hour, in which 50 MiB per
 * second are 175 GiB. Not for ever, for a copy on a broken disk never comes, and a restart may mend that. On Docker all are replaced at
 * once: nothing depends on it but `up`, which waits for ten minutes.
 */
const CATCH_UP = { kubernetes: 3600, docker: 300 } as const;

const RESOURCES: Resources = { cpu: 1, memory: "1Gi" };

/** Everything that the rest of the component reads, with defaults applied. Sizes in bytes. */
export interface Spec {
  readonly name: string;
  readonly stack: string;
  readonly brokers: number;
  readonly clusterId: string;
  readonly resources: Resources;
  readonly heap: number;
  readonly storage: Size;
  /** Replication of what is created without saying so, and how many of the copies must have a record. */
  readonly replication: number;
  readonly minInSyncReplicas: number;
  /** Bytes per second and broker, and seconds. */
  readonly reassignment: { readonly throttle: number; readonly within: number };
  /** Seconds that a broker that runs is held back for copies while all brokers answer. */
  readonly catchUp: number;
  readonly outside: Outside | undefined;
  /** Whether a broker has a rack; alone, and on one Docker host, it has nothing to be apart from. */
  readonly rack: "where-known" | "required" | "off";
  /** RMI port of broker 0, and whether it is published. */
  readonly rmi: { readonly port: number; readonly address: string | undefined } | undefined;
  /** Host name of one broker, as seen by workloads of the stack. */
  readonly host: (broker: number) => string;
}

export function spec(name: string, args: KafkaArgs): Spec {
  const brokers = args.brokers ?? 1;
  const resources = args.resources ?? RESOURCES;
  const replication = Math.min(3, brokers);
  return {
    name,
    stack: args.target.stack,
    brokers,
    clusterId: args.clusterId ?? derivedClusterId(args.target.stack, name),
    resources,
    heap: (args.heap ? bytes(args.heap) : undefined) ?? defaultHeap(resources),
    storage: args.storage?.size ?? "10Gi",
    replication,
    minInSyncReplicas: minInSyncReplicas(replication),
    reassignment: {
      throttle: Math.floor(bytes(args.reassignment?.throttle ?? REASSIGNMENT.throttle) ?? 0),
      within: Math.ceil(seconds(args.reassignment?.within ?? REASSIGNMENT.within) ?? 0),
    },
    catchUp: CATCH_UP[args.target.kind],
    outside: outside(args),
    rack: brokers > 1 && args.target.kind === "kubernetes" ? (args.rack ?? "where-known") : "off",
    rmi: rmi(args),
    host: (broker) => args.target.host(name, broker),
  };
}

/** One copy may be missing before writes stop. */
export function minInSyncReplicas(replication: number): number {
  return replication > 2 ? replication - 1 : 1;
}

export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
}

function rmi({ rmi: args }: KafkaArgs): Spec["rmi"] {
  if (!args) return undefined;
  const address = args.publish ? (args.publish.address ?? LOOPBACK) : undefined;
  return { port: args.publish?.port ?? args.port ?? RMI_PORT, address };
}

/** The page cache serves reads, so it gets the other half. */
function defaultHeap({ memory }: Resources): number {
  const half = Math.min((bytes(memory) ?? 0) / 2, MAX_DEFAULT_HEAP);
  return Math.floor(half / MI) * MI;
}

/** A Kafka UUID: 16 bytes as URL-safe base64. Kafka's tools cannot take one that begins with "-". */
function derivedClusterId(stack: string, name: string): string {
  const id = createHash("sha256").update(`datastack/kafka/${stack}/${name}`).digest().subarray(0, 16);
  return id.toString("base64url").replace(/^-/, "A");
}
