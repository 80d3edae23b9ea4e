import type { ComponentArgs } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import type { Size } from "../core/units";
import type { AlertTuning } from "../monitoring/monitoring";
import type { Credentials } from "../target/connection";
import type { Publication, Resources } from "../target/workload";
import type { TimescaleDBAlert } from "./alerts";
import type { DatabaseSchema, Edition } from "./schema/schema";

/** Somebody who logs in. What it may do in the database is granted by the schema. */
export interface Login {
  /** Connections that it may have at once. @default not limited, but by `maxConnections` */
  readonly connectionLimit?: number;
}

/** A nightly dump of the database, on a volume of its own. */
export interface Backup {
  /** Time of day in UTC. @default "02:30" */
  readonly dailyAt?: `${number}:${number}`;
  /** Dumps that are kept, 1 to 366; older ones are removed after a new one was verified. @default 7 */
  readonly keep?: number;
  /** Volume of the dumps. Grow only. @default the size of the database's own volume */
  readonly storage?: { readonly size: Size };
  /** Limits of the process that dumps. @default { cpu: 1, memory: "256Mi" } */
  readonly resources?: Resources;
}

/** A server that somebody else runs. Its roles are there already, with these passwords; the schema is made in its database. */
export interface ExistingTimescaleDB {
  /** Name or address as workloads of the stack reach it. */
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  /** Where it is, as CIDR blocks, for network policies. */
  readonly cidrs: readonly string[];
  /** By role: every one of `roles`, and `admin`, who owns what the schema makes. */
  readonly credentials: Readonly<Record<string, Credentials>>;
}

/** A setting of postgresql.conf. */
export type ServerSetting = string | number | boolean;

/** PostgreSQL 18 with TimescaleDB: one server, one database, its roles and its schema. */
export interface TimescaleDBArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** @default "apache" for an image that was built locally from Debian's packages, which have only that; else "community" */
  readonly edition?: Edition;
  /** Name of the database: lower-case letters, digits and "_". */
  readonly database: string;
  /** Tables, aggregates, policies and rights. @default none: the database is empty */
  readonly schema?: DatabaseSchema;
  /**
   * Who logs in, by name. Each has a generated password, `<component>-<role>` with "-" for "_". One that is taken out of here stays,
   * with what it owns, but cannot log in any more. @default none, beside `monitoring`
   */
  readonly roles?: Readonly<Record<string, Login>>;
  /** Volume of the data. Grow only. @default { size: "10Gi" } */
  readonly storage?: { readonly size: Size };
  /** At least 256Mi. Every memory setting of the server is computed from it. @default { cpu: 1, memory: "1Gi" } */
  readonly resources?: Resources;
  /** Connections at once, 10 at least. @default one for each 32Mi of memory, from 10 to 100 */
  readonly maxConnections?: number;
  /** Clients on the host and beyond. There is no TLS. @default reached inside the stack only */
  readonly publish?: Publication;
  /** @default none */
  readonly backup?: Backup;
  /** Settings of postgresql.conf that the component does not set itself. @default none */
  readonly settings?: Readonly<Record<string, ServerSetting>>;
  /**
   * The volume was lost, and may be initialised again as an empty one. No effect on a volume that is intact. Take it out again
   * afterwards. @default false
   */
  readonly recover?: boolean;
  /** Changes to the alerts of this component. */
  readonly alerts?: AlertTuning<TimescaleDBAlert>;
  /** A server that exists, in place of one's own. Only `database`, `schema`, `roles` and `edition` can be given with it. */
  readonly existing?: ExistingTimescaleDB;
}
