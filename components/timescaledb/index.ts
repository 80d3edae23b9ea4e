import * as pulumi from "@pulumi/pulumi";
import { deploy } from "../core/component";
import { type Problem, refuse, under } from "../core/problems";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Plan } from "../target/workload";
import { timescaledbRules } from "./alerts";
import type { TimescaleDBArgs } from "./args";
import { backupName, backupSchedule, databaseConnection, migrated, secrets, workload } from "./plan";
import { type Edition, migrationJob, schemaSchedules } from "./schema";
import { editionOf } from "./spec";
import { validateTimescaleDB } from "./validate";

export type { TimescaleDBAlert } from "./alerts";
export type { Backup, ExistingTimescaleDB, Login, ServerSetting, TimescaleDBArgs } from "./args";
export type {
  Aggregate,
  Column,
  ColumnType,
  Compression,
  DatabaseSchema,
  Edition,
  Grant,
  Hypertable,
  Index,
  Measure,
  Refresh,
  Span,
  Table,
} from "./schema";

/**
 * PostgreSQL with TimescaleDB: one server whose settings are computed from its memory limit, one database, its roles with generated
 * passwords, its schema as typed declarations, and a nightly dump. `PostgresExporter` and `SqlExporter` watch it.
 *
 * ```ts
 * const timescaledb = new TimescaleDB("timescaledb", {
 *   target,
 *   images,
 *   database: "market",
 *   schema: { hypertables: { trades: { columns: { time: "timestamptz", price: "double" } } }, grants: { sink: { write: "all" } } },
 *   roles: { sink: { connectionLimit: 4 } },
 *   backup: { dailyAt: "02:30" },
 * });
 * timescaledb.connection.credentials.sink;   // user and password
 * ```
 */
export class TimescaleDB extends pulumi.ComponentResource {
  static readonly type = "datastack:index:TimescaleDB";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: TimescaleDBArgs, opts?: pulumi.ComponentResourceOptions) {
    super(TimescaleDB.type, name, {}, opts);
    refuse(under(name, TimescaleDB.validate(name, args)));
    this.connection = TimescaleDB.connection(name, args);
    this.monitoring = TimescaleDB.monitoring(name, args);
    this.nodes = deploy(TimescaleDB.plan(name, args), args, this).nodes;
    this.registerOutputs({ endpoints: [...this.connection.endpoints] });
  }

  static validate(name: string, args: TimescaleDBArgs): Problem[] {
    return validateTimescaleDB(name, args);
  }

  static plan(name: string, args: TimescaleDBArgs): Plan {
    const schema = migrated(name, args);
    const jobs = schema ? [migrationJob(schema)] : [];
    const schedules = schema ? schemaSchedules(schema) : [];
    if (args.existing) return { jobs, schedules };
    return {
      secrets: secrets(name, args),
      services: [workload(name, args)],
      jobs,
      schedules: [...schedules, ...backupSchedule(name, args)],
    };
  }

  static connection(name: string, args: TimescaleDBArgs): Connection {
    return databaseConnection(name, args);
  }

  /** Of its schedules, by what the node exporter (Docker) or kube-state-metrics says of them; what the server says is its exporters'. */
  static monitoring(name: string, args: TimescaleDBArgs): Monitoring {
    const schema = migrated(name, args);
    const watched = {
      ...(args.backup && !args.existing ? { backup: backupName(name) } : {}),
      schedules: schema ? schemaSchedules(schema).map((schedule) => schedule.name) : [],
      kind: args.target.kind,
    };
    return { targets: [], rules: timescaledbRules(name, watched, args.alerts) };
  }

  /** The edition that the database has with these args, for what depends on it. */
  static edition(args: Pick<TimescaleDBArgs, "edition" | "images" | "existing">): Edition {
    return editionOf(args);
  }
}
