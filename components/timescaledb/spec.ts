import { bytes, type Size } from "../core/units";
import type { Resources } from "../target/workload";
import type { Backup, TimescaleDBArgs } from "./args";
import { divideMemory, type Memory } from "./memory";
import { type Edition, MONITORING } from "./schema/schema";

export const PORT = 5432;

/** Where the target mounts the volume; the data lie in `data-<major version>` below it. */
export const VOLUME = "/var/lib/postgresql";
/** Socket, and what the start script tells the probe. In memory. */
export const RUN = "/var/run/postgresql";
/** Our files in the container. */
export const FILES = "/opt/datastack/timescaledb";
/** Passwords of the roles, by name. */
export const SECRETS = `${FILES}/secrets`;

/** Superuser over TCP, for jobs and schedules of the component. `postgres` has no password and no way in but the socket. */
export const ADMIN = "datastack_admin";
export const DEFAULT_RESOURCES: Resources = { cpu: 1, memory: "1Gi" };
export const DEFAULT_STORAGE: Size = "10Gi";
const BACKUP_RESOURCES: Resources = { cpu: 1, memory: "256Mi" };

/** A role with what the server has to know of it. */
export interface ServerRole {
  readonly name: string;
  readonly connectionLimit: number | undefined;
  /** Name of its generated password. */
  readonly secret: string;
}

/** Everything that the rest of the component reads, with defaults applied. */
export interface Spec {
  readonly name: string;
  readonly stack: string;
  readonly database: string;
  readonly edition: Edition;
  readonly resources: Resources;
  readonly memory: Memory;
  readonly storage: Size;
  /** Those of `roles`, and `monitoring`; not the administrator. */
  readonly roles: readonly ServerRole[];
  readonly backup: (Required<Omit<Backup, "storage">> & { readonly storage: Size }) | undefined;
}

export function spec(name: string, args: TimescaleDBArgs): Spec {
  const resources = args.resources ?? DEFAULT_RESOURCES;
  const storage = args.storage?.size ?? DEFAULT_STORAGE;
  return {
    name,
    stack: args.target.stack,
    database: args.database,
    edition: editionOf(args),
    resources,
    memory: divideMemory(bytes(resources.memory) ?? 0, resources, args.maxConnections),
    storage,
    roles: roles(name, args),
    backup: args.backup && {
      dailyAt: args.backup.dailyAt ?? "02:30",
      keep: args.backup.keep ?? 7,
      storage: args.backup.storage?.size ?? storage,
      resources: args.backup.resources ?? BACKUP_RESOURCES,
    },
  };
}

/** Debian, from which local images are made, has the Apache edition only. */
export function editionOf({
  edition,
  images,
  existing,
}: Pick<TimescaleDBArgs, "edition" | "images" | "existing">): Edition {
  return edition ?? (images.timescaledb.source === "local" || existing ? "apache" : "community");
}

/** Underscores are usual in names of roles, and not allowed in those of secrets. */
export function secretOf(name: string, role: string): string {
  return `${name}-${role.replaceAll("_", "-")}`;
}

/** The generated password of the administrator. */
export function adminSecret(name: string): string {
  return `${name}-admin`;
}

function roles(name: string, args: TimescaleDBArgs): ServerRole[] {
  const declared = Object.entries(args.roles ?? {}).map(([role, { connectionLimit }]) => ({
    name: role,
    connectionLimit,
    secret: secretOf(name, role),
  }));
  const monitoring = { name: MONITORING, connectionLimit: 5, secret: secretOf(name, MONITORING) };
  const all = declared.some((role) => role.name === MONITORING) ? declared : [...declared, monitoring];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}
