import type { Image } from "../core/images";
import type { GeneratedSecret, SecretContent } from "../core/secrets";
import type { Size } from "../core/units";
import type { Connection } from "./connection";

/** User and group, as numbers: names are resolved by the wrong passwd file on some engines. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A file that the target lays into the container, root-owned, readable by the workload and by nothing else on the host.
 * The content of an ordinary file is plain text, so that a change of it shows in a preview; a secret one may be an Output, a
 * generated secret, or a text with such in it (`secretText`).
 */
export type File =
  | { readonly path: string; readonly content: string; readonly executable?: boolean; readonly secret?: false }
  | { readonly path: string; readonly content: SecretContent; readonly secret: true };

/** A kept volume: named, never replaced by a change of defaults, retained when the stack is destroyed. */
export interface Volume {
  /** Name within the workload, such as `data`. */
  readonly name: string;
  readonly path: string;
  /** Requested size. A limit where the storage enforces one; grow only. */
  readonly size: Size;
  /** Owner of a new volume. @default the workload's user */
  readonly owner?: User;
  /**
   * Run once for a new volume of that replica, before the workload exists, with the volume mounted at `path`. Has to be
   * idempotent: it may run again.
   */
  readonly prepare?: (replica: number) => VolumePreparation;
}

/** A volume of what runs again and again, whose first run finds it empty. */
export type ScheduleVolume = Omit<Volume, "prepare">;

export interface VolumePreparation {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly File[];
  /** What it may connect to, other replicas of its own workload too. @default nothing: it has no network */
  readonly reaches?: readonly Connection[];
  /**
   * Where the same volume of every other replica is mounted read-only, in a directory called by its ordinal (Docker; on
   * Kubernetes a volume is where its own pod is). @default not mounted
   */
  readonly others?: string;
  /** Seconds until it counts as failed; on Kubernetes, three minutes more for the image and the volume. @default 120 */
  readonly timeout?: number;
}

/** How health is asked. Commands run inside the container, so they use what its image has. */
export type Probe =
  | { readonly exec: readonly string[] }
  | { readonly tcp: { readonly port: string } }
  | { readonly http: { readonly port: string; readonly path: string } };

export interface Readiness {
  readonly probe: Probe;
  /** Seconds between two probes. @default 5 */
  readonly period?: number;
  /** Seconds until one probe counts as failed. @default 5 */
  readonly timeout?: number;
  /** Seconds that the workload may take until it is ready for the first time; an `up` fails after that. @default 180 */
  readonly startWithin?: number;
}

/** Hard limits, and on Kubernetes the requests too. */
export interface Resources {
  /** Cores. */
  readonly cpu: number;
  /** Memory limit; no swap beyond it. */
  readonly memory: Size;
  /** Memory request on Kubernetes. @default `memory` */
  readonly memoryRequest?: Size;
  /** CPU request on Kubernetes, in cores. @default a tenth of `cpu`: what is left idle is shared in that proportion */
  readonly cpuRequest?: number;
}

export interface Need {
  readonly to: Connection;
  /** Also start only after it is ready. Without it only traffic is allowed. @default false */
  readonly start?: boolean;
}

/** A port on the host that leads to a port of the workload (Docker). */
export interface Publication {
  readonly host: number;
  /** Address of the host to bind to. @default "127.0.0.1" */
  readonly address?: string;
}

/** A Service of one replica by itself, for clients outside of the cluster (Kubernetes). */
export interface Exposure {
  /** `LoadBalancer`: an address of its own. `NodePort`: a port of every node. */
  readonly by: "LoadBalancer" | "NodePort";
  /** Of the load balancer, or of the nodes, 30000 to 32767. */
  readonly port: number;
  /** Address blocks of the clients: nobody else is let in. */
  readonly from: readonly string[];
  /** Of the Service, for what makes load balancers and DNS names. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Port {
  readonly port: number;
  readonly publish?: Publication;
}

/** What every container has, whether it runs for ever, once or on a schedule. */
export interface Process {
  /** Unique in the stack; a DNS label. */
  readonly name: string;
  readonly image: Image;
  /** Replaces the image's entrypoint. */
  readonly command?: readonly string[];
  /** `HOST_ADDRESS` in an argument stands for the address that a host agent must listen on. */
  readonly args?: readonly string[];
  /** No secret where the software can read a file. */
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly File[];
  /** Writable paths in memory, with their size limit. */
  readonly scratch?: Readonly<Record<string, Size>>;
  readonly needs?: readonly Need[];
  readonly resources: Resources;
  /** @default the image's user */
  readonly user?: User;
}

/** A long-running service. Everything that shapes the resource graph is a plain value. */
export interface Workload extends Process {
  readonly volumes?: readonly Volume[];
  /** Ports by name; the names are DNS labels of at most 15 characters. */
  readonly ports: Readonly<Record<string, Port>>;
  /** @default 1 */
  readonly replicas?: number;
  /** `stable`: replicas have ordinals, own addresses and own volumes. `none`: interchangeable. @default "none" */
  readonly identity?: "stable" | "none";
  /**
   * What differs from replica to replica. Paths must differ too, because Kubernetes mounts the files of all replicas in each; a
   * process finds its own by the environment variable `DATASTACK_REPLICA`, which every container of a stable workload has.
   */
  readonly perReplica?: (replica: number) => {
    readonly files?: readonly File[];
    readonly publish?: Readonly<Record<string, Publication>>;
    /** By the name of the port. */
    readonly expose?: Readonly<Record<string, Exposure>>;
  };
  /**
   * `DATASTACK_ZONE` in its environment is the zone of the node that it runs on, where the target knows it: on Kubernetes, where the
   * pod has its node's label `topology.kubernetes.io/zone`. Elsewhere it is empty. @default false
   */
  readonly zone?: boolean;
  readonly ready: Readiness;
  /** Restarts the container when it fails (Kubernetes). @default a TCP probe of the first port */
  readonly alive?: Probe;
  /** Seconds between the stop signal and the kill. */
  readonly stop: { readonly grace: number };
  /** It reads the target's list of running workloads (Prometheus): gets the rights for that, no more. @default false */
  readonly discovery?: boolean | Discovery;
  /** Names of jobs that must have succeeded before it starts. */
  readonly after?: readonly string[];
}

/** What a service may list and watch of Kubernetes, instead of the pods of its stack. */
export interface Discovery {
  /** In every namespace of the stack. @default pods */
  readonly lists?: readonly ListedObjects[];
  /** Namespaces of others in which it lists the same. They have to exist. @default none */
  readonly namespaces?: readonly string[];
  /** Reads the metrics of every node, for which there is no right within a namespace. @default false */
  readonly nodeMetrics?: boolean;
}

/** Kinds of objects by the name of their API group, which is empty for the oldest ones. */
export interface ListedObjects {
  readonly group: string;
  readonly resources: readonly string[];
}

/** One per host: node exporter, log collector. */
export interface Agent extends Omit<Workload, "replicas" | "identity" | "perReplica" | "volumes" | "zone"> {
  readonly host: {
    /** The host's network name space. @default false */
    readonly network?: boolean;
    /** The host's processes. @default false */
    readonly pid?: boolean;
    /** Where the host's file system is mounted read-only. @default not mounted */
    readonly root?: string;
    /** Where the metrics that schedules write (`*.prom`) are mounted read-only (Docker). @default not mounted */
    readonly textfiles?: string;
  };
}

/** Runs once, and again when its definition changes. Failure fails the `up`; the next one tries again. */
export interface Job extends Process {
  /** Seconds until it counts as failed. @default 300 */
  readonly timeout?: number;
  /** Names of jobs that must have succeeded before. */
  readonly after?: readonly string[];
  /** Workloads whose volumes' preparation makes it run again: it set something up in them. */
  readonly restores?: readonly string[];
}

/** UTC throughout. */
export type Every =
  | { readonly minutes: number }
  | { readonly dailyAt: `${number}:${number}` }
  | { readonly weekly: Weekday; readonly at: `${number}:${number}` };

export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/**
 * Runs again and again; its last success is a metric, `datastack_schedule_last_success_timestamp_seconds{schedule}`. Where the target
 * collects them, `DATASTACK_METRICS` names the directory for metrics of its own, as `<name>-<what>.prom` (Docker).
 */
export interface Schedule extends Omit<Process, "command"> {
  readonly command: readonly string[];
  /** One each, kept from run to run and when the stack is destroyed. */
  readonly volumes?: readonly ScheduleVolume[];
  readonly every: Every;
  /** Seconds until one run counts as failed. @default 3600 */
  readonly timeout?: number;
}

/** What has to be in the cluster already, which nothing of the stack makes (Kubernetes). */
export type Requirement =
  | { readonly ingressClass: string }
  /** A kind of object that Kubernetes does not bring, by the name of its definition, such as `middlewares.traefik.io`. */
  | { readonly definition: string }
  /** A key of a Secret in the stack's namespace. The Secrets that files come from need not be named again. */
  | { readonly secret: string; readonly key: string };

/** What a component runs, as plain data: known before anything is constructed. */
export interface Plan {
  /** Generated before everything else of the component. */
  readonly secrets?: readonly GeneratedSecret[];
  readonly services?: readonly Workload[];
  readonly agents?: readonly Agent[];
  readonly jobs?: readonly Job[];
  readonly schedules?: readonly Schedule[];
  /** `npm start` looks for it before anything is changed. */
  readonly requires?: readonly Requirement[];
  /** Names of components whose plan is not known, because their args have problems: what needs them is not told so again. */
  readonly unplanned?: readonly string[];
}

/** See `Process.args`. */
export const HOST_ADDRESS = "{host-address}";

/** Address of the host itself; what is published without an address is bound to it. */
export const LOOPBACK = "127.0.0.1";

/** Defaults of what is left out above, in seconds. Every target takes them from here. */
export const DEFAULTS = {
  ready: { period: 5, timeout: 5, startWithin: 180 },
  prepare: { timeout: 120 },
  job: { timeout: 300 },
  schedule: { timeout: 3600 },
} as const;
