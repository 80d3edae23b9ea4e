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
import type { DatabaseSchema, Edition } from "../timescaledb/schema/schema";
import { startsHere } from "./client";
import { checkDatabase, databaseClient, type SslMode } from "./postgres-client";
import { checkSqlExporterTuning, type SqlExporterAlert, sqlExporterRules } from "./sql-exporter-alerts";
import { sqlExporterDashboards, sqlExporterHighlights } from "./sql-exporter-dashboards";
import { sqlExporterQueries } from "./sql-exporter-queries";

export interface SqlExporterArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** The database to watch: a `TimescaleDB` of this stack, or one of elsewhere; with credentials for `monitoring`. */
  readonly database: Connection;
  /** As the database's own: jobs and compression are there to be watched in the community edition only. */
  readonly edition: Edition;
  /** What is declared in the database: says which aggregates there are, and how far behind they may be. @default none */
  readonly schema?: DatabaseSchema;
  /** Jobs that make what is asked about, such as `timescaledb-migrate`: it starts after them. @default none */
  readonly after?: readonly string[];
  /** @default "disable" for a server of this stack, "require" for any other */
  readonly sslMode?: SslMode;
  /** Limits. @default 0.25 cores, 64Mi */
  readonly resources?: Resources;
  /** Leaves alerts out or changes them. */
  readonly alerts?: AlertTuning<SqlExporterAlert>;
}

const PORT = 9399;
const FILES = "/opt/datastack/sql-exporter";
const PASSWORD = `${FILES}/password`;
const QUERIES = `${FILES}/queries.yaml`;

/** What postgres_exporter would say besides; the other exporter does. Without rows (a slot of replication) a collector costs nothing. */
const NOTHING_ELSE = [
  "--disable-default-metrics",
  ...[
    "database",
    "locks",
    "replication",
    "roles",
    "stat_bgwriter",
    "stat_database",
    "stat_progress_vacuum",
    "stat_user_tables",
    "statio_user_tables",
    "wal",
  ].map((collector) => `--no-collector.${collector}`),
];

/**
 * TimescaleDB's own figures by questions in SQL: sizes and chunks of hypertables, lag of aggregates, and, in the community edition, jobs
 * and compression. It is postgres_exporter with our questions in place of its own.
 *
 * ```ts
 * new SqlExporter("sql-exporter", { target, images, database: timescaledb.connection, edition: "community", schema });
 * ```
 *
 * Answers stand for one to five minutes, questions run one at a time and end after five seconds: a scrape cannot harm the database.
 */
export class SqlExporter extends pulumi.ComponentResource {
  static readonly type = "datastack:index:SqlExporter";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: SqlExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(SqlExporter.type, name, {}, opts);
    refuse(under(name, SqlExporter.validate(name, args)));
    this.connection = SqlExporter.connection(name, args);
    this.monitoring = SqlExporter.monitoring(name, args);
    this.nodes = deploy(SqlExporter.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: SqlExporterArgs): Problem[] {
    return [...checkName("name", name), ...checkDatabase(args), ...checkSqlExporterTuning("alerts", args.alerts)];
  }

  static plan(name: string, args: SqlExporterArgs): Plan {
    const { env, password } = databaseClient(name, args, { passwordFile: PASSWORD, statement: 5 });
    return {
      services: [
        {
          name,
          image: args.images.postgresExporter,
          command: ["/bin/postgres_exporter"],
          args: [
            `--web.listen-address=:${PORT}`,
            "--log.level=warn",
            `--extend.query-path=${QUERIES}`,
            ...NOTHING_ELSE,
          ],
          // A flag for this is not in all releases.
          env: { ...env, PG_EXPORTER_DISABLE_SETTINGS_METRICS: "true" },
          files: [
            { path: QUERIES, content: sqlExporterQueries(args.schema ?? {}, args.edition) },
            { path: PASSWORD, content: password, secret: true },
          ],
          needs: [{ to: args.database, start: startsHere(args.database) }],
          ...(args.after ? { after: args.after } : {}),
          ports: { metrics: { port: PORT } },
          ready: { probe: { http: { port: "metrics", path: "/" } } },
          resources: args.resources ?? { cpu: 0.25, memory: "64Mi" },
          stop: { grace: 10 },
        },
      ],
    };
  }

  static connection(name: string, args: SqlExporterArgs): Connection {
    return connectionTo(args.target, name, { kind: "sql-exporter", port: PORT });
  }

  static monitoring(name: string, args: SqlExporterArgs): Monitoring {
    const page = { name: "metrics", number: PORT };
    const target = serviceTarget(name, page, SqlExporter.connection(name, args));
    const aggregates = Object.keys(args.schema?.aggregates ?? {}).length > 0;
    const watched = { edition: args.edition, aggregates };
    return {
      targets: [target],
      rules: sqlExporterRules(name, watched, args.alerts),
      dashboards: sqlExporterDashboards(watched),
      highlights: sqlExporterHighlights(name, watched),
    };
  }
}
