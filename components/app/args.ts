import type { ComponentArgs } from "../core/component";
import type { Image } from "../core/images";
import type { SecretContent } from "../core/secrets";
import type { Duration, Size } from "../core/units";
import type { AlertDefinitions } from "../monitoring/alert";
import type { Dashboard, Panel } from "../monitoring/dashboard";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { File, Need, Probe, Readiness, Resources } from "../target/workload";
import type { AppAlert } from "./alerts";
import type { HttpDialect, HttpDialectName } from "./http-dialect";
import type { KafkaClient } from "./kafka-client/args";

/** An image of one's own. */
export interface AppImage extends Pick<Image, "reference" | "user"> {
  /** `local` images are not pulled. @default "local" below datastack.local/, else "registry" */
  readonly source?: Image["source"];
  /** What it has to ask itself with on Docker: `bash`, or `wget` as in Alpine and busybox. @default "bash" */
  readonly probe?: Image["probe"];
}

/** A server whose user the app is. */
export interface UsedServer {
  readonly connection: Connection;
  /** One of the connection's `credentials`. @default the only one there is */
  readonly user?: string;
  /** Start only after it is ready. @default true */
  readonly start?: boolean;
}

/** What the app connects to; it learns addresses, users and paths of password files from its environment, see docs/app.md. */
export interface AppUses {
  /** `DATABASE_HOST`, `DATABASE_PORT`, `DATABASE_NAME`, `DATABASE_USER`, `DATABASE_PASSWORD_FILE`. */
  readonly database?: UsedServer & {
    /** @default the connection's `database` */
    readonly name?: string;
  };
  /** `REDIS_HOST`, `REDIS_PORT`, `REDIS_USER`, `REDIS_PASSWORD_FILE`. */
  readonly redis?: UsedServer;
  /** `KAFKA_BOOTSTRAP_SERVERS`, and with `client` `KAFKA_CLIENT_CONFIG`, the path of a file with its settings. */
  readonly kafka?: Omit<UsedServer, "user"> & { readonly client?: KafkaClient };
}

/** A port on the host (Docker). */
export interface AppPublication {
  /** Host port of the first replica; replica i has this plus i. @default the port itself */
  readonly port?: number;
  /** Address of the host to bind to. @default "127.0.0.1" */
  readonly address?: string;
}

/** That the app is an HTTP server. */
export interface AppHttp {
  /** Port that it listens on, on all addresses; it is told in `PORT`. Above 1023: it does not run as root. */
  readonly port: number;
  /**
   * Path that answers 2xx or 3xx when the app can serve, such as "/health/". It decides about traffic, never about a restart, so it may
   * ask the database.
   */
  readonly health: string;
  /**
   * Path that answers when the process itself is in order, whatever its servers do: when it does not, the process is restarted
   * (Kubernetes). @default that something listens
   */
  readonly alive?: string;
  /** @default reached inside the stack only */
  readonly publish?: AppPublication;
  /** How its library names the metrics of requests; without one there are no alerts about them. @default none */
  readonly dialect?: HttpDialectName | HttpDialect;
  /** Routes, as the metrics name them, that do not count, such as that of the health check. @default those of the dialect itself */
  readonly ignoredRoutes?: readonly string[];
  /** Alerts when nobody asks it anything (`HttpNoTraffic`): for apps that always have users. @default false */
  readonly expectsTraffic?: boolean;
}

export interface AppMetrics {
  /** One of its own is told in `METRICS_PORT`. @default the port of `http` */
  readonly port?: number;
  /** @default "/metrics" */
  readonly path?: string;
  /** Prometheus's own interval unless given. */
  readonly interval?: Duration;
  /** It exports `process_*`, as client libraries do by themselves outside of multi-process modes: watches restarts and files. @default true */
  readonly process?: boolean;
}

/** Runs to its end before the app starts, in the app's image with its environment: migrations and the like. */
export interface AppJob {
  readonly command: readonly string[];
  readonly args?: readonly string[];
  /** Beside those of the app. @default none */
  readonly settings?: AppSettings;
  /** Beside those of the app. @default none */
  readonly secrets?: Readonly<Record<string, SecretContent>>;
  /** Another user of `uses.database`, such as one that may change the schema. @default the app's own */
  readonly databaseUser?: string;
  /** @default those of the app */
  readonly resources?: Resources;
  /** Seconds. @default 300 */
  readonly timeout?: number;
}

/** Plain environment, by its names. */
export type AppSettings = Readonly<Record<string, string | number | boolean>>;

/** A service of one's own image: what it is told, what it needs, how it is watched. */
export interface AppArgs extends ComponentArgs {
  readonly image: AppImage;
  /** Replaces the image's entrypoint. @default the image's */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** With more than one, each has an ordinal and an address of its own. @default 1 */
  readonly replicas?: number;
  /** @default it is no HTTP server: a worker */
  readonly http?: AppHttp;
  /** Further ports by name. @default none */
  readonly ports?: Readonly<Record<string, number>>;
  /** @default the port of `http` at /metrics when that has a dialect; a worker has none */
  readonly metrics?: AppMetrics;
  /** Plain environment. A name that is a secret's is refused. @default none */
  readonly settings?: AppSettings;
  /**
   * By name: the app finds the path of a file in the variable `<NAME>_FILE`. A generated one whose name begins with the app's is the
   * app's own and generated with it: `{ SIGNING_KEY: { generated: "shop-signing-key" } }`. @default none
   */
  readonly secrets?: Readonly<Record<string, SecretContent>>;
  readonly uses?: AppUses;
  /** What else it connects to. @default nothing */
  readonly needs?: readonly Need[];
  /** Jobs before its start by name, one after the other; the name is appended to the app's. @default none */
  readonly before?: Readonly<Record<string, AppJob>>;
  /** Names of jobs of other components that must have succeeded before. @default none */
  readonly after?: readonly string[];
  /** Files beside those that follow from the rest. @default none */
  readonly files?: readonly File[];
  /** Writable paths in memory: everything else is read-only on Kubernetes. @default { "/tmp": "16Mi" } */
  readonly scratch?: Readonly<Record<string, Size>>;
  /** @default { cpu: 0.5, memory: "256Mi" } */
  readonly resources?: Resources;
  /** Seconds between the stop signal and the kill. @default 30 */
  readonly stopGrace?: number;
  /** When it is ready. @default `http.health`, else the page of its metrics */
  readonly ready?: Probe;
  /** Seconds between two probes, until one fails, and until the first success. */
  readonly readyTiming?: Omit<Readiness, "probe">;
  /** Changes to the alerts that the app gets. */
  readonly alerts?: AlertTuning<AppAlert>;
  /** What only you know about it. Alerts need a runbook. @default none */
  readonly monitoring?: {
    readonly alerts?: AlertDefinitions;
    readonly rules?: readonly RuleGroup[];
    readonly dashboards?: readonly Dashboard[];
    /** Panels about it alone, for the overview of the stack. @default requests, or processor time and memory */
    readonly highlights?: readonly Panel[];
  };
}
