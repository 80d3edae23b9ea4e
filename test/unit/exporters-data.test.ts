import { describe, expect, it } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { PostgresExporter, RedisExporter, SqlExporter, type SqlExporterArgs } from "../../components/exporters";
import { Redis } from "../../components/redis";
import type { Connection } from "../../components/target/connection";
import { DockerTarget } from "../../components/target/docker";
import { CONTAINER, one, plain, record } from "../support/record";

const target = new DockerTarget({ stack: "test" });
const images = imageCatalogue();
const inStack: Connection = {
  id: "timescaledb",
  kind: "postgres",
  port: 5432,
  peer: { workload: "timescaledb" },
  host: "timescaledb",
  endpoints: ["timescaledb-0:5432"],
  database: "crypto_viz_ts",
  credentials: { monitoring: { user: "monitoring", password: { generated: "timescaledb-monitoring" } } },
};
const elsewhere: Connection = { ...inStack, peer: { cidrs: ["10.0.0.0/16"] }, host: "db.example.com" };
const sql = (more: Partial<SqlExporterArgs> = {}): SqlExporterArgs => ({
  target,
  images,
  database: inStack,
  edition: "community",
  ...more,
});

describe("Redis exporter", () => {
  const args = { target, images, redis: Redis.connection("redis", { target, images, use: "cache" }) };

  it("asks for the host's memory too, and can be sent nowhere else", () => {
    const service = RedisExporter.plan("redis-exporter", args).services?.[0];
    expect(service?.args).toEqual(expect.arrayContaining(["--include-system-metrics", "--disable-scrape-endpoint"]));
    expect(service?.needs).toMatchObject([{ to: { id: "redis" }, start: true }]);
  });

  it("finds its password under the address that it asks, with its user", async () => {
    const recording = await record(() => {
      const target = new DockerTarget({ stack: "test" });
      new Redis("redis", { target, images, use: "cache" });
      new RedisExporter("redis-exporter", { ...args, target });
    });
    const container = one(recording, CONTAINER, "redis-exporter");
    const [upload] = plain(container.inputs.uploads ?? []) as { content: string }[];
    const passwords = JSON.parse(upload?.content ?? "") as Record<string, string>;
    expect(Object.keys(passwords)).toEqual(["redis://exporter@redis:6379"]);
    expect(Object.values(passwords)[0]).toMatch(/^\w{32}$/);
    const { uploads: _uploads, ...rest } = plain(container.inputs) as Record<string, unknown>;
    expect(JSON.stringify(rest)).not.toContain(Object.values(passwords)[0]);
    expect(JSON.stringify(rest)).toContain("--redis.addr=redis://redis:6379");
  });
});

describe("PostgreSQL exporter", () => {
  const service = (database: Connection) =>
    PostgresExporter.plan("postgres-exporter", { target, images, database }).services?.[0];

  it("leaves out what would be a series for each chunk, and counts checkpoints where PostgreSQL 17 does", () => {
    expect(service(inStack)?.args).toEqual(
      expect.arrayContaining([
        "--no-collector.stat_user_tables",
        "--no-collector.statio_user_tables",
        "--collector.stat_checkpointer",
      ]),
    );
  });

  it("gives up early, and has its password in a file", () => {
    const { env, files } = service(inStack) ?? {};
    expect(env).toEqual({
      DATA_SOURCE_URI:
        "timescaledb:5432/crypto_viz_ts?sslmode=disable&connect_timeout=5&statement_timeout=5000&lock_timeout=1000&application_name=postgres-exporter",
      DATA_SOURCE_USER: "monitoring",
      DATA_SOURCE_PASS_FILE: "/opt/datastack/postgres-exporter/password",
    });
    expect(files).toEqual([
      {
        path: "/opt/datastack/postgres-exporter/password",
        content: { generated: "timescaledb-monitoring" },
        secret: true,
      },
    ]);
  });

  it("asks for TLS elsewhere, and waits only for a server of the stack", () => {
    expect(service(elsewhere)?.env?.DATA_SOURCE_URI).toContain("sslmode=require");
    expect(service(elsewhere)?.needs).toMatchObject([{ start: false }]);
    expect(service(inStack)?.needs).toMatchObject([{ start: true }]);
  });

  it("calls replication slots by one name, whatever the release", () => {
    const [scraped] = PostgresExporter.monitoring("p", { target, images, database: inStack }).targets;
    const [rule] = scraped?.metricRelabel ?? [];
    const renamed = (name: string) => name.replace(new RegExp(`^${rule?.regex}$`), String(rule?.replacement));
    expect(renamed("pg_replication_slot_slot_is_active")).toBe("pg_replication_slots_slot_is_active");
    expect(renamed("pg_replication_slots_slot_is_active")).toBe("pg_replication_slots_slot_is_active");
    expect(renamed("pg_replication_slots_active")).toBe("pg_replication_slots_active");
  });
});

describe("SQL exporter", () => {
  it("says nothing that the PostgreSQL exporter says already", () => {
    const service = SqlExporter.plan("sql-exporter", sql()).services?.[0];
    expect(service?.args).toEqual(
      expect.arrayContaining(["--disable-default-metrics", "--no-collector.stat_database", "--no-collector.locks"]),
    );
    expect(service?.env?.PG_EXPORTER_DISABLE_SETTINGS_METRICS).toBe("true");
  });

  it("starts after what makes its tables", () => {
    expect(SqlExporter.plan("sql-exporter", sql()).services?.[0]?.after).toBeUndefined();
    expect(SqlExporter.plan("sql-exporter", sql({ after: ["migrate"] })).services?.[0]?.after).toEqual(["migrate"]);
  });

  it("has rules only about what is there", () => {
    const names = (args: SqlExporterArgs) =>
      SqlExporter.monitoring("sql-exporter", args).rules.flatMap((group) => (group.alerts ?? []).map((a) => a.name));
    expect(names(sql({ edition: "apache" }))).toEqual(["TimescaleDBExporterBlind", "TimescaleDBTooManyChunks"]);
    const aggregate = {
      from: "t",
      bucket: "1h",
      measures: {},
      refresh: { start: "4h", end: "1h", every: "1h" },
    } as const;
    const schema = { aggregates: { hourly: aggregate } };
    expect(names(sql({ edition: "apache", schema }))).toContain("TimescaleDBAggregateBehind");
    expect(names(sql({ schema }))).toHaveLength(7);
  });
});
