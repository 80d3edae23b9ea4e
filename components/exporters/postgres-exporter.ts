import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { checkName } from "../core/names";
import { type Problem, refuse, under } from "../core/problems";
import type { AlertTuning, Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, connectionTo } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Plan, Resources } from "../target/workload";
import { startsHere } from "./client";
import { checkDatabase, databaseClient, type SslMode } from "./postgres-client";
import { checkPostgresTuning, type PostgresAlert, postgresRules } from "./postgres-exporter-alerts";
import { postgresExporterDashboards, postgresExporterHighlights } from "./postgres-exporter-dashboards";

export interface PostgresExporterArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** The server to watch: a `TimescaleDB` of this stack, or one of elsewhere; with credentials for `monitoring`. */
  readonly database: Connection;
  /** @default "disable" for a server of this stack, "require" for any other */
  readonly sslMode?: SslMode;
  /** Limits. @default 0.25 cores, 96Mi */
  readonly resources?: Resources;
  /** Leaves alerts out or changes them. */
  readonly alerts?: AlertTuning<PostgresAlert>;
}

const PORT = 9187;
const PASSWORD = "/opt/datastack/postgres-exporter/password";

/**
 * Switched on beside the exporter's defaults, and off. Every chunk of a hypertable is a table: series for each table would be many
 * thousands, and asking for them takes longer than a scrape may. `process_idle` counts as failed where no connection is idle.
 */
const COLLECTORS = [
  "--collector.database_wraparound",
  "--collector.long_running_transactions",
  "--collector.postmaster",
  "--collector.stat_checkpointer",
  "--no-collector.stat_progress_vacuum",
  "--no-collector.stat_user_tables",
  "--no-collector.statio_user_tables",
];

/**
 * What a PostgreSQL server says of itself as metrics: connections, transactions, locks, write-ahead log, checkpoints, replication. What
 * belongs to TimescaleDB is the matter of `SqlExporter`.
 *
 * ```ts
 * new PostgresExporter("postgres-exporter", { target, images, database: timescaledb.connection });
 * ```
 */
export class PostgresExporter extends pulumi.ComponentResource {
  static readonly type = "datastack:index:PostgresExporter";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: PostgresExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(PostgresExporter.type, name, {}, opts);
    refuse(under(name, PostgresExporter.validate(name, args)));
    this.connection = PostgresExporter.connection(name, args);
    this.monitoring = PostgresExporter.monitoring(name, args);
    this.nodes = deploy(PostgresExporter.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: PostgresExporterArgs): Problem[] {
    return [...checkName("name", name), ...checkDatabase(args), ...checkPostgresTuning("alerts", args.alerts)];
  }

  static plan(name: string, args: PostgresExporterArgs): Plan {
    const { env, password } = databaseClient(name, args, { passwordFile: PASSWORD, statement: 5 });
    return {
      services: [
        {
          name,
          image: args.images.postgresExporter,
          command: ["/bin/postgres_exporter"],
          args: [`--web.listen-address=:${PORT}`, "--log.level=warn", "--collection-timeout=8s", ...COLLECTORS],
          env,
          files: [{ path: PASSWORD, content: password, secret: true }],
          // Once it runs it does so without its server too, and says so: that is what PostgresDown is made of.
          needs: [{ to: args.database, start: startsHere(args.database) }],
          ports: { metrics: { port: PORT } },
          ready: { probe: { http: { port: "metrics", path: "/" } } },
          resources: args.resources ?? { cpu: 0.25, memory: "96Mi" },
          stop: { grace: 10 },
        },
      ],
    };
  }

  static connection(name: string, args: PostgresExporterArgs): Connection {
    return connectionTo(args.target, name, { kind: "postgres-exporter", port: PORT });
  }

  static monitoring(name: string, args: PostgresExporterArgs): Monitoring {
    const page = { name: "metrics", number: PORT };
    const target = serviceTarget(name, page, PostgresExporter.connection(name, args), { metricRelabel: SLOT_NAMES });
    return {
      targets: [target],
      rules: postgresRules(name, args.alerts),
      dashboards: postgresExporterDashboards(),
      highlights: postgresExporterHighlights(name),
    };
  }
}

/** Releases of the exporter differ in what they call replication slots; the alerts know the later name. */
const SLOT_NAMES = [
  {
    source_labels: ["__name__"],
    regex: "pg_replication_slot_(slot_.*)",
    target_label: "__name__",
    replacement: "pg_replication_slots_$1",
  },
];
