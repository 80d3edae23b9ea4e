import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblem } from "../../components/core/problems";
import type { Aggregate, DatabaseSchema, Edition, Hypertable, Refresh } from "../../components/timescaledb/schema";
import { validateSchema } from "../../components/timescaledb/schema";
import { migration } from "../../components/timescaledb/schema/migration";
import { ident, literal } from "../../components/timescaledb/schema/names";
import { migrationSql } from "../../components/timescaledb/schema/script";
import { interval, spanOf, spanSeconds } from "../../components/timescaledb/schema/span";
import { CRYPTO_VIZ_SCHEMA } from "../../stacks/crypto-viz-schema";

const TICKS: Hypertable = {
  columns: { time: "timestamptz", symbol: "text", price: "double", ok: "boolean", took: "interval", body: "jsonb" },
  primaryKey: ["time", "symbol"],
};
const HOURLY: Aggregate = {
  from: "ticks",
  bucket: "1h",
  groupBy: ["symbol"],
  measures: { close: { last: "price" } },
  refresh: { start: "4h", end: "1h", every: "30m" },
};

const problems = (schema: DatabaseSchema, edition: Edition = "community", roles?: string[]) =>
  validateSchema("s", schema, edition, roles).map(formatProblem);
const table = (changes: Partial<Hypertable>, edition?: Edition) =>
  problems({ hypertables: { ticks: { ...TICKS, ...changes } } }, edition);
const aggregate = (changes: Partial<Aggregate>, ticks: Partial<Hypertable> = {}) =>
  problems({ hypertables: { ticks: { ...TICKS, ...ticks } }, aggregates: { hourly: { ...HOURLY, ...changes } } });
const refresh = (start: string, end: string, every = "1h", bucket = "1h") =>
  aggregate({ bucket, refresh: { start, end, every } } as Aggregate);

describe("the schema of crypto-viz", () => {
  test.each<Edition>(["community", "apache"])("is valid in the edition %s", (edition) => {
    expect(problems(CRYPTO_VIZ_SCHEMA, edition, ["market_sink", "market_api"])).toEqual([]);
  });
});

describe("refresh windows", () => {
  test.each([
    // start, end, every, bucket
    ["3h", "1h", "1h", "1h"],
    ["2h", "0h", "1h", "1h"],
    ["60d", "0d", "1d", "1mo"],
    ["3mo", "1mo", "1d", "1mo"],
    ["2y", "0d", "1d", "1y"],
    ["49h", "1h", "1d", "1d"],
  ])("start %s, end %s, every %s with buckets of %s will do", (...window) => expect(refresh(...window)).toEqual([]));

  test.each([
    ["2h", "1h", "1h", "1h", "least 3h"],
    ["179m", "1h", "1h", "1h", "least 3h"],
    ["1h", "2h", "1h", "1h", "least 4h"],
    ["59d", "0d", "1d", "1mo", "least 60d"],
    ["1y", "0d", "1d", "1y", "least 720d"],
  ])("start %s, end %s, every %s is too small for buckets of %s", (start, end, every, bucket, fix) => {
    const found = refresh(start, end, every, bucket);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("s.aggregates.hourly.refresh.start");
    expect(found[0]).toContain("policy refresh window too small");
    expect(found[0]).toContain(fix);
  });

  const minutes = fc.integer({ min: 1, max: 600 });
  const every = fc.constantFrom(1, 5, 10, 15, 30, 60, 120, 180, 360, 720);

  test("one that is accepted leaves no bucket out, and the smallest start that is named will do and is the smallest", () => {
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 2000 }), fc.nat(300), every, (bucket, start, end, period) => {
        const given = (from: number) => refresh(`${from}m`, `${end}m`, `${period}m`, `${bucket}m`);
        const found = given(start);
        if (found.length === 0) {
          expect(uncovered(bucket, start, end, period)).toEqual([]);
          return;
        }
        const least = spanSeconds(/set start to at least (\w+)/i.exec(found[0] ?? "")?.[1] ?? "") ?? 0;
        expect(start * 60).toBeLessThan(least);
        const small = found.some((f) => f.includes("window too small"));
        expect(small).toBe(start - end < 2 * bucket);
        // The second rule may ask for more than the first.
        expect(given(least / 60).filter((f) => f.includes("too small"))).toEqual([]);
        expect(given(least / 60 - 1)).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  /** Buckets that no run has whole in its window: what the policy does, played through. */
  function uncovered(bucket: number, start: number, end: number, period: number): number[] {
    const runs = Array.from({ length: 400 }, (_, i) => i * period);
    const last = (runs.at(-1) ?? 0) - end - bucket;
    const missing: number[] = [];
    for (let from = 0; from <= Math.min(last, 40 * bucket); from += bucket) {
      if (!runs.some((now) => now - start <= from && from + bucket <= now - end)) missing.push(from);
    }
    return missing;
  }

  test("the retention of the rows and of the buckets is longer", () => {
    expect(aggregate({}, { retention: "7d" })).toEqual([]);
    expect(aggregate({ retention: "5h" })).toEqual([]);
    expect(aggregate({}, { retention: "4h", chunk: "1h" })[0]).toContain(
      "must be less than the retention of ticks (4h)",
    );
    expect(aggregate({ retention: "4h" })[0]).toContain("must be less than the aggregate's own retention (4h)");
  });
});

describe("measures", () => {
  test.each([
    ["avg", "took", []],
    ["sum", "took", []],
    ["min", "symbol", []],
    ["first", "body", []],
    ["last", "ok", []],
    ["count", "body", []],
    ["count", "*", []],
    ["stddev", "price", []],
    ["stddev", "took", ["has no stddev: its type is interval"]],
    ["sum", "symbol", ["has no sum: its type is text"]],
    ["avg", "ok", ["has no avg: its type is boolean"]],
    ["max", "body", ["has no max: its type is jsonb"]],
    ["min", "*", ["is no column of the table"]],
    ["median", "price", ["must be one function and its column"]],
    ["count", "constructor", ["is no column of the table"]],
  ])("%s(%s)", (fn, column, expected) => {
    const found = aggregate({ measures: { m: { [fn]: column } as never } });
    expect(found).toHaveLength(expected.length);
    expected.forEach((text, i) => {
      expect(found[i]).toContain(text);
    });
  });
});

describe("tables", () => {
  test.each<[string, Partial<Hypertable>, string[]]>([
    [
      "no columns",
      { columns: {}, primaryKey: [] },
      ["at least one column", "name at least one column", "must be a column of the table"],
    ],
    [
      "a time that may be null",
      { columns: { ...TICKS.columns, time: { type: "timestamptz", nullable: true } } },
      ["in the primary key", "must not be nullable"],
    ],
    [
      "an index that is unique within a chunk only",
      { indexes: [{ columns: ["symbol desc"], unique: true }] },
      ["must contain the time column"],
    ],
    ["a column twice", { primaryKey: ["time", "time"] }, ["must not name a column twice"]],
    ["an index of nothing", { indexes: [{ columns: [] }] }, ["must name at least one column"]],
    [
      "an index of one name again",
      { indexes: [{ columns: ["price"] }, { columns: ["price"] }] },
      ["is also the name of"],
    ],
    [
      "a long index",
      {
        indexes: [{ columns: ["symbol", "price", "symbol_of_a_very_long_name_indeed_that_goes_on"] }],
        columns: { ...TICKS.columns, symbol_of_a_very_long_name_indeed_that_goes_on: "text" },
      },
      ["at most 63 bytes"],
    ],
    ["a chunk of a calendar month", { chunk: "1mo" }, ["chunks are of the same length"]],
    ["a chunk of a second", { chunk: "1s" }, ["at least 1m"]],
    ["retention below the default chunk", { retention: "1d" }, ["at least one chunk (7d)"]],
    [
      "a fraction",
      { columns: { ...TICKS.columns, n: { type: "integer", default: 1.5 } } },
      ["must be a value of the column's type"],
    ],
    [
      "two statements",
      { columns: { ...TICKS.columns, n: { type: "text", default: { sql: "now(); DROP TABLE x" } } } },
      ["one SQL expression"],
    ],
    ["an impossible numeric", { columns: { ...TICKS.columns, n: "numeric(3,5)" } }, ["must have one of the types"]],
    [
      "compression by the time",
      { compression: { after: "1d", segmentBy: ["time"] } },
      ["must not have the time column"],
    ],
  ])("%s", (_, changes, expected) => {
    const found = table(changes);
    expect(found, found.join("\n")).toHaveLength(expected.length);
    expected.forEach((text, i) => {
      expect(found[i]).toContain(text);
    });
  });

  test("everything that is fine", () => {
    const columns = {
      ...TICKS.columns,
      order: "numeric(12,2)",
      n: { type: "real", default: 1.5 },
      at: { type: "timestamptz", default: { sql: "now()" } },
    } as const;
    const compression = { after: "2d", segmentBy: ["symbol"], orderBy: ["time desc", "price"] } as const;
    expect(
      table({
        columns,
        chunk: "12h",
        retention: "30d",
        compression,
        indexes: [{ columns: ["order", "time desc"], unique: true }],
      }),
    ).toEqual([]);
  });

  test("problems of all parts come together", () => {
    const found = problems(
      {
        hypertables: { ticks: { ...TICKS, chunk: "1" as never, compression: { after: "x" as never } } },
        tables: { Ticks: { columns: { a: "text" } } },
        aggregates: {
          hourly: { ...HOURLY, from: "x", refresh: { start: "a", end: "b", every: "c" } as never as Refresh },
        },
        grants: { pg_x: { read: ["y"] } },
        rebuild: ["z"],
      },
      "apache",
    );
    expect(found.map((f) => f.slice(0, f.search(/[ :]/)))).toEqual([
      "s.tables.Ticks",
      "s.hypertables.ticks.chunk",
      "s.hypertables.ticks.compression",
      "s.aggregates.hourly.from",
      "s.aggregates.hourly.refresh.start",
      "s.aggregates.hourly.refresh.end",
      "s.aggregates.hourly.refresh.every",
      "s.grants.pg_x",
      "s.grants.pg_x.read[0]",
      "s.rebuild[0]",
    ]);
  });
});

describe("grants", () => {
  test("roles are those of the server and monitoring; without a list they are somebody else's", () => {
    const schema = {
      hypertables: { ticks: TICKS },
      grants: { api: { read: "all" }, monitoring: { read: ["ticks"] } },
    } as const;
    expect(problems(schema, "community", ["api"])).toEqual([]);
    expect(problems(schema)).toEqual([]);
    expect(problems(schema, "community", [])[0]).toContain("is no role of this database. Its roles are monitoring");
  });

  test("a schema has one owner, and is not one of PostgreSQL's", () => {
    const of = (...owns: string[]) =>
      problems({ grants: Object.fromEntries(owns.map((s, i) => [`r${i}`, { owns: s }])) });
    expect(of("django", "app")).toEqual([]);
    expect(of("django", "django")[0]).toContain("is owned by r0 already");
    for (const name of [
      "public",
      "datastack",
      "pg_x",
      "timescaledb_information",
      "_timescaledb_catalog",
      "information_schema",
    ])
      expect(of(name)[0], name).toContain("cannot be a role's own");
  });
});

describe("text", () => {
  test("what is quoted stays what it was", () => {
    fc.assert(
      fc.property(
        fc.string().filter((s) => !s.includes("\0")),
        (text) => {
          expect(ident(text).slice(1, -1).replaceAll('""', '"')).toBe(text);
          expect(ident(text).slice(1, -1).replaceAll('""', "")).not.toContain('"');
          expect(literal(text).slice(1, -1).replaceAll("''", "'")).toBe(text);
          expect(literal(text).slice(1, -1).replaceAll("''", "")).not.toContain("'");
        },
      ),
    );
  });

  test("lengths of time", () => {
    expect(["90s", "4h", "1d", "2w", "1mo", "2y"].map(interval)).toEqual([
      "INTERVAL '90 seconds'",
      "INTERVAL '4 hours'",
      "INTERVAL '1 day'",
      "INTERVAL '2 weeks'",
      "INTERVAL '1 month'",
      "INTERVAL '2 years'",
    ]);
    expect(["", "h", "1.5h", "-1h", "1 h", "4H", "1001y"].map(spanSeconds)).toEqual(Array(7).fill(undefined));
    fc.assert(fc.property(fc.integer({ min: 1, max: 10 ** 6 }), (n) => spanSeconds(spanOf(n)) === n));
  });

  test.each<Edition>(["community", "apache"])(
    "%s: the same whatever the order of names, another for any change",
    (edition) => {
      const sql = (schema: DatabaseSchema) => migrationSql(migration(schema, edition));
      const whole = (schema: DatabaseSchema) => migration(schema, edition).steps.at(-1)?.hash;
      const { aggregates, ...rest } = CRYPTO_VIZ_SCHEMA;
      expect(whole({ aggregates: aggregates ?? {}, ...rest })).toBe(whole(CRYPTO_VIZ_SCHEMA));
      expect(sql(CRYPTO_VIZ_SCHEMA)).toBe(sql(structuredClone(CRYPTO_VIZ_SCHEMA)));
      expect(whole({ ...rest, aggregates: {} })).not.toBe(whole(CRYPTO_VIZ_SCHEMA));
      // How a change is made is not what is wanted.
      expect(whole({ ...CRYPTO_VIZ_SCHEMA, rebuild: ["ticker_data"], goBack: true })).toBe(whole(CRYPTO_VIZ_SCHEMA));
      // In a transaction with its record, or alone: nothing else.
      for (const { id, alone, statements } of migration(CRYPTO_VIZ_SCHEMA, edition).steps)
        expect(Boolean(alone), id).toBe(
          statements.some((s) => /^CALL (refresh|"datastack")|transaction_per_chunk/.test(s)),
        );
    },
  );
});
