import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { sqlExporterQueries } from "../../components/exporters/sql-exporter-queries";
import type { DatabaseSchema, Edition } from "../../components/timescaledb/schema/schema";
import { Database } from "../support/pglite";

const SCHEMA: DatabaseSchema = {
  hypertables: {
    ticker_data: {
      columns: { time: "timestamptz", symbol: "text", price: "double" },
      primaryKey: ["time", "symbol"],
      chunk: "1d",
    },
  },
  aggregates: {
    ticker_hourly: {
      from: "ticker_data",
      bucket: "1h",
      groupBy: ["symbol"],
      measures: { high: { max: "price" } },
      refresh: { start: "4h", end: "1h", every: "30m" },
    },
  },
};

interface Question {
  readonly query: string;
  readonly master: boolean;
  readonly cache_seconds: number;
  readonly metrics: readonly Readonly<Record<string, { readonly usage: string }>>[];
}
type Row = Record<string, unknown>;

const questions = (edition: Edition, schema = SCHEMA) =>
  parse(sqlExporterQueries(schema, edition)) as Readonly<Record<string, Question>>;
const columns = (question: Question) => question.metrics.flatMap((metric) => Object.keys(metric));

let database: Database;
beforeAll(async () => {
  database = await Database.start();
}, 60_000);

/** As the exporter asks: with the rights of `monitoring`, and no other. */
async function ask(question: Question | undefined): Promise<{ fields: string[]; rows: Row[] }> {
  await database.run("SET ROLE monitoring");
  try {
    const { fields, rows } = await database.pg.query<Row>(question?.query ?? "");
    return { fields: fields.map((field) => field.name), rows };
  } finally {
    await database.run("RESET ROLE");
  }
}

describe.each(["community", "apache"] as const)("the questions of the %s edition", (edition) => {
  const asked = questions(edition);

  beforeAll(async () => {
    await database.clear();
    await database.migrate(SCHEMA, edition);
    await database.run(
      "INSERT INTO ticker_data SELECT now() - i * INTERVAL '1 minute', 'BTC', i FROM generate_series(0, 3000) i",
    );
  });

  it("are answered with the columns that are declared, to a role that reads statistics", async () => {
    for (const [name, question] of Object.entries(asked)) {
      const { fields, rows } = await ask(question);
      expect(fields.sort(), name).toEqual(columns(question).sort());
      for (const row of rows) expect(Object.values(row), name).not.toContain(null);
    }
  });

  it("count chunks and bytes of hypertables, and not of what makes an aggregate", async () => {
    const { rows } = await ask(asked.timescaledb_hypertable);
    const row = rows.find((each) => each.hypertable === "ticker_data");
    expect(row?.schema).toBe("public");
    expect(Number(row?.chunks)).toBeGreaterThanOrEqual(3);
    expect(Number(row?.size_bytes)).toBeGreaterThan(100_000);
    expect(rows.filter((each) => /materialized/.test(String(each.hypertable)))).toEqual([]);
  });

  it("tell how far an aggregate is behind, and how far it may be: two buckets, late rows and one period", async () => {
    expect((await ask(asked.timescaledb_aggregate)).rows).toEqual([]);
    const fill =
      edition === "community"
        ? "CALL refresh_continuous_aggregate('ticker_hourly', NULL, now() - INTERVAL '1 hour')"
        : "INSERT INTO ticker_hourly (bucket, symbol, high) VALUES (now() - INTERVAL '3 hours', 'BTC', 1)";
    await database.run(fill);
    const [row] = (await ask(asked.timescaledb_aggregate)).rows;
    expect(row).toMatchObject({ aggregate: "ticker_hourly", lag_limit_seconds: 2 * 3600 + 3600 + 1800 });
    expect(Number(row?.lag_seconds)).toBeGreaterThanOrEqual(0);
    // Counted while the server runs, which it does since a minute at most.
    expect(Number(row?.lag_seconds)).toBeLessThan(600);
  });
});

describe("the questions", () => {
  it("are about jobs and compression only where there are any, and about aggregates only if some are declared", () => {
    expect(Object.keys(questions("community"))).toEqual([
      "timescaledb_extension",
      "timescaledb_hypertable",
      "timescaledb_aggregate",
      "timescaledb_compression",
      "timescaledb_job",
    ]);
    expect(Object.keys(questions("apache", {}))).toEqual(["timescaledb_extension", "timescaledb_hypertable"]);
  });

  it("are asked once a minute at most, and on one connection", () => {
    for (const question of Object.values(questions("community"))) {
      expect(question.cache_seconds).toBeGreaterThanOrEqual(60);
      expect(question.master).toBe(true);
    }
  });

  it("know the jobs by what they are for, and not the one that calls home", async () => {
    await database.clear();
    await database.migrate(SCHEMA, "community");
    const { rows } = await ask(questions("community").timescaledb_job);
    expect(rows).toContainEqual(
      expect.objectContaining({
        procedure: "policy_refresh_continuous_aggregate",
        relation: "ticker_hourly",
        schedule_seconds: 1800,
        scheduled: 1,
        last_run_success: 1,
      }),
    );
    expect(rows.map((row) => row.procedure)).not.toContain("policy_telemetry");
  });
});
