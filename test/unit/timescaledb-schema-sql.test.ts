import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MISSING_ROLES, ROLES } from "../../components/timescaledb/backup-scripts";
import type { Aggregate, DatabaseSchema, Edition } from "../../components/timescaledb/schema";
import { migration } from "../../components/timescaledb/schema/migration";
import { ident, literal } from "../../components/timescaledb/schema/names";
import { CRYPTO_VIZ_SCHEMA } from "../../stacks/crypto-viz-schema";
import { Database } from "../support/pglite";

let db: Database;
beforeAll(async () => {
  db = await Database.start();
  await db.run("CREATE ROLE market_sink; CREATE ROLE market_api; CREATE ROLE reader; CREATE ROLE writer");
});
beforeEach(() => db.clear());

const HOURLY: Aggregate = {
  from: "order",
  bucket: "1h",
  groupBy: ["group"],
  measures: {
    open: { first: "price" },
    high: { max: "price" },
    low: { min: "price" },
    n: { count: "*" },
    mean: { avg: "price" },
  },
  refresh: { start: "4h", end: "1h", every: "30m" },
};

/** Reserved words throughout, and columns called as variables are elsewhere. */
const SMALL: DatabaseSchema = {
  hypertables: {
    order: {
      columns: { time: "timestamptz", group: "text", price: "double", low: { type: "varchar(8)", default: "it's" } },
      primaryKey: ["time", "group"],
      indexes: [{ columns: ["group", "time desc"] }],
      chunk: "1d",
      retention: "30d",
    },
  },
  tables: { user: { columns: { id: "integer", name: { type: "text", nullable: true } }, primaryKey: ["id"] } },
  aggregates: { hourly: HOURLY },
  grants: { reader: { read: "all", owns: "own" }, writer: { write: ["order"] } },
};

const order = (changes: object): DatabaseSchema => ({
  ...SMALL,
  hypertables: {
    order: { ...SMALL.hypertables?.order, ...changes } as NonNullable<DatabaseSchema["hypertables"]>[string],
  },
});
const hourly = (changes: Partial<Aggregate>): DatabaseSchema => ({
  ...SMALL,
  aggregates: { hourly: { ...HOURLY, ...changes } },
});

/** Everything that a declaration decides, but for when. */
async function state(): Promise<unknown> {
  const [row] = await db.rows(`SELECT
    (SELECT json_agg(format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid)) ORDER BY c.relname, a.attname)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')) AS columns,
    (SELECT json_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public') AS indexes,
    (SELECT json_agg(format('%s %s %s', proc_name, schedule_interval, config - 'mat_hypertable_id' - 'hypertable_id') ORDER BY proc_name, config::text)
      FROM timescaledb_information.jobs WHERE job_id >= 1000) AS policies,
    (SELECT json_agg(format('%s %s', relname, relacl) ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS rights,
    (SELECT json_agg(view_definition) FROM timescaledb_information.continuous_aggregates) AS queries,
    (SELECT json_agg(DISTINCT m.step || (SELECT hash FROM datastack.migrations l WHERE l.step = m.step ORDER BY id DESC LIMIT 1)) FROM datastack.migrations m) AS ledger`);
  return row;
}

const policies = () =>
  db
    .rows<{
      policy: string;
    }>(`SELECT proc_name || ' ' || coalesce(config->>'start_offset', config->>'drop_after', config->>'compress_after') AS policy
    FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1`)
    .then((rows) => rows.map((r) => r.policy));

/** The beginning of the hour in which the test runs; fixed, so that the hour may end meanwhile. */
const HOUR = `TIMESTAMPTZ '${new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString()}'`;

/** A price every ten minutes for six hours up to the beginning of this hour, each one higher. */
const PRICES = `INSERT INTO "order" SELECT ${HOUR} - i * INTERVAL '10 minutes', 'a', 100 - i FROM generate_series(1, 36) i`;

/** What the policy or the schedule does every half an hour, at that time of the hour. */
const refresh = (edition: Edition, at = `${HOUR} + INTERVAL '30 minutes'`) =>
  db.run(
    edition === "community"
      ? `CALL refresh_continuous_aggregate('hourly', ${at} - INTERVAL '4 hours', ${at} - INTERVAL '1 hour')`
      : `CALL datastack.refresh_hourly(${at} - INTERVAL '4 hours', ${at} - INTERVAL '1 hour')`,
  );

const buckets = () =>
  db.rows<Record<string, number>>(
    `SELECT (extract(epoch FROM ${HOUR} - bucket) / 3600)::int AS ago, open, high, low, n::int AS n, mean FROM hourly ORDER BY 1`,
  );

const refusal = async (schema: DatabaseSchema, edition: Edition) => {
  const before = await state();
  const error = await db.migrate(schema, edition).then(
    () => new Error("not refused"),
    (e: Error) => e,
  );
  expect(await state()).toEqual(before);
  return error.message.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00/g, "<time>");
};

const readers: unknown[] = [];

describe.each<Edition>(["community", "apache"])("%s", (edition) => {
  test("crypto-viz: made, made again, and what readers see", async () => {
    const first = await db.migrate(CRYPTO_VIZ_SCHEMA, edition);
    expect(first.warnings).toEqual([]);
    expect(first.done).toContain("aggregate:ticker_ohlc_hourly");
    expect(await db.migrate(CRYPTO_VIZ_SCHEMA, edition)).toEqual({ done: [], warnings: [] });
    expect(
      await db.value(
        "SELECT count(*)::int FROM timescaledb_information.hypertables WHERE hypertable_name LIKE '%_data'",
      ),
    ).toBe(6);
    expect(await policies()).toHaveLength(edition === "community" ? 8 : 0);
    readers.push(
      await db.rows(`SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`),
    );
    // The same names, columns, types and order in both editions.
    expect(readers.at(-1)).toEqual(readers[0]);
    expect(readers[0]).toHaveLength(38 + 6 + 4 + 7);
  });

  test("the same rows give the same buckets; what comes in later than the window is not seen", async () => {
    await db.migrate(SMALL, edition);
    await db.run(PRICES);
    await refresh(edition);
    const bucket = { ago: 2, open: 88, high: 93, low: 88, n: 6, mean: 90.5 };
    expect(await buckets()).toEqual([bucket, { ago: 3, open: 82, high: 87, low: 82, n: 6, mean: 84.5 }]);
    // Late within the window, late before it, too young for it; and a bucket whose rows are gone.
    for (const minutes of [61, 301, 1])
      await db.run(`INSERT INTO "order" VALUES (${HOUR} - INTERVAL '${minutes} minutes', 'a', 500)`);
    await db.run(`DELETE FROM "order" WHERE time < ${HOUR} - INTERVAL '2 hours'
      AND time >= ${HOUR} - INTERVAL '3 hours'`);
    await refresh(edition);
    expect(await buckets()).toEqual([{ ...bucket, high: 500, n: 7, mean: (6 * 90.5 + 500) / 7 }]);
  });

  test("an aggregate over rows that are there already is filled as far back as they are kept", async () => {
    await db.migrate({ ...SMALL, aggregates: {} }, edition);
    await db.run(PRICES);
    expect((await db.migrate(SMALL, edition)).done).toEqual(
      expect.arrayContaining(["aggregate:hourly", "fill:hourly", "grants:reader", "base:schema"]),
    );
    // It ends an hour before now.
    expect((await buckets()).map((b) => b.ago).filter((ago = 0) => ago > 1)).toEqual([2, 3, 4, 5, 6]);
  });

  test("killed at any step and run again, it ends as one that was not", async () => {
    await db.migrate(SMALL, edition);
    const whole = await state();
    const { steps } = migration(SMALL, edition);
    const points = [
      "table:order!",
      "index:order:order_group_time_desc_idx!",
      "aggregate:hourly!",
      "fill:hourly!",
      "grants:writer!",
    ];
    for (const point of points) {
      expect(steps.map((s) => s.id)).toContain(point.replace("!", ""));
      await db.clear();
      const { done } = await db.migrate(SMALL, edition, point);
      expect(done).not.toContain("base:schema");
      await db.migrate(SMALL, edition);
      expect(await state(), point).toEqual(whole);
    }
  });

  test("what can be added is, what is taken out stays and is reported", async () => {
    await db.migrate(SMALL, edition);
    await db.run(PRICES);
    const more = order({
      columns: {
        ...SMALL.hypertables?.order?.columns,
        venue: { type: "text", default: "x" },
        note: { type: "jsonb", nullable: true },
      },
      indexes: [{ columns: ["group", "time desc"] }, { columns: ["venue"] }],
      chunk: "12h",
    });
    expect((await db.migrate(more, edition)).done).toEqual([
      "table:order",
      "chunk:order",
      "index:order:order_venue_idx",
      "base:schema",
    ]);
    expect(await db.value(`SELECT venue FROM "order" LIMIT 1`)).toBe("x");
    const { user: _, ...tables } = SMALL.tables ?? {};
    const less = { ...SMALL, tables, grants: { reader: { read: ["order"] } } };
    const { done, warnings } = await db.migrate(
      { ...less, hypertables: { order: { ...SMALL.hypertables?.order, chunk: "2d" } as never } },
      edition,
    );
    expect(warnings).toEqual([
      'order.venue is no longer declared; it is kept, and may be null. To drop it with its values: ALTER TABLE public."order" DROP COLUMN venue',
      'order.note is no longer declared; it is kept, and may be null. To drop it with its values: ALTER TABLE public."order" DROP COLUMN note',
      'user is no longer declared; it is kept with its policies. To drop it with its rows: DROP TABLE public."user"',
      "index order_venue_idx is no longer declared; it is kept. To drop it: DROP INDEX public.order_venue_idx",
    ]);
    expect(done).toEqual([
      "table:order",
      "chunk:order",
      "base:revoke",
      "grants:reader",
      "grants:monitoring",
      "base:schema",
    ]);
    await db.run(`INSERT INTO "order" VALUES (now(), 'b', 1)`);
    expect(
      await db.value(
        `SELECT has_table_privilege('writer', '"order"', 'insert') OR has_table_privilege('reader', 'hourly', 'select')`,
      ),
    ).toBe(false);
    expect(await db.value('SELECT low FROM "order" WHERE "group" = \'b\'')).toBe("it's");
  });

  test("a change that needs a rebuild is refused, all of them together, until it is asked for", async () => {
    await db.migrate(SMALL, edition);
    await db.run(PRICES);
    await refresh(edition);
    const changed = {
      ...order({
        columns: { ...SMALL.hypertables?.order?.columns, price: "numeric", fee: "integer" },
        primaryKey: ["group", "time"],
      }),
      tables: { user: { columns: { id: "bigint" as const, name: "text" as const }, primaryKey: ["id"] } },
    };
    expect(await refusal(changed, edition)).toBe(`5 changes are refused; nothing was changed in the database:
  - order.price is of the type double precision, and is declared as numeric: all rows would be rewritten while nobody can use the table. Add "order" to rebuild
  - order.fee is new and not nullable, and the table has rows: give it a default, or make it nullable
  - order has the primary key (time, group), and is declared with (group, time): all rows would be checked while nobody can use the table. Add "order" to rebuild
  - user.id is of the type integer, and is declared as bigint: all rows would be rewritten while nobody can use the table. Add "user" to rebuild
  - hourly has another query (source, bucket, groups, measures or the type of a column) than before: it would be dropped and filled again from order. Add "hourly" to rebuild`);
    const fits = {
      ...changed,
      ...order({ columns: { ...SMALL.hypertables?.order?.columns, price: "numeric" }, primaryKey: ["group", "time"] }),
      tables: changed.tables,
      rebuild: ["order", "user", "hourly"],
    };
    await db.migrate(fits, edition, "table:user!");
    const { done } = await db.migrate(fits, edition);
    expect(done).toEqual(
      expect.arrayContaining(["table:user", "aggregate:hourly", "fill:hourly", "grants:reader", "base:schema"]),
    );
    expect(await buckets()).toContainEqual(expect.objectContaining({ ago: 2, n: 6, mean: "90.5000000000000000" }));
    expect(await db.value(`SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'order_pkey'`)).toBe(
      'PRIMARY KEY ("group", "time")',
    );
    expect(await db.value("SELECT has_table_privilege('reader', 'hourly', 'select')")).toBe(true);
    // Asked for still, and nothing to do.
    expect((await db.migrate(fits, edition)).done).toEqual([]);
  });

  test("a rebuild that would lose history is refused, unless that is asked for, too", async () => {
    await db.migrate(SMALL, edition);
    await db.run(PRICES);
    await refresh(edition);
    await db.run(`DELETE FROM "order" WHERE time < ${HOUR} - INTERVAL '2 hours'`);
    const changed = hourly({ bucket: "30m" });
    expect(
      await refusal({ ...changed, rebuild: ["hourly"] }, edition),
    ).toBe(`1 change is refused; nothing was changed in the database:
  - hourly has buckets since <time>, and the rows of order are there since <time> only: a rebuild would lose what is older. Add "hourly" to discardHistory to lose it`);
    await db.migrate({ ...changed, rebuild: ["hourly"], discardHistory: ["hourly"] }, edition);
    expect(await db.value(`SELECT count(*)::int FROM hourly WHERE bucket < ${HOUR} - INTERVAL '2 hours'`)).toBe(0);
  });

  test("a database that is newer than the program is refused, unless it shall go back", async () => {
    await db.migrate(SMALL, edition);
    await db.migrate(hourly({ refresh: { ...HOURLY.refresh, start: "6h" } }), edition);
    expect(await refusal(SMALL, edition)).toBe(`1 change is refused; nothing was changed in the database:
  - the database is newer than this declaration, which was applied at <time>; another one was applied at <time>. Deploy the newer program, or set goBack: true to return to this one`);
    expect((await db.migrate({ ...SMALL, goBack: true }, edition)).done).toContain("base:schema");
    expect((await db.migrate(SMALL, edition)).done).toEqual([]);
  });

  test("what somebody dropped is made again, with its rights; what somebody else made is not touched", async () => {
    await db.migrate(SMALL, edition);
    const whole = await state();
    await db.run(edition === "community" ? "DROP MATERIALIZED VIEW hourly" : "DROP TABLE hourly");
    expect((await db.migrate(SMALL, edition)).warnings).toEqual([
      "hourly had been made, and is not there any more: it is made again",
    ]);
    expect(await state()).toEqual(whole);
    await db.clear();
    await db.run("CREATE VIEW hourly AS SELECT 1 AS bucket");
    await db.run(`CREATE TABLE "order" (time timestamptz)`).catch(() => undefined);
    const error = await db.migrate({ ...SMALL, grants: { nobody: { read: "all" } } }, edition).catch((e: Error) => e);
    expect(String(error)).toContain(
      "role nobody is granted rights, and the server does not have it: create it, or take it out of grants",
    );
    expect(String(error)).toContain(
      'order is an ordinary table, and is declared as a hypertable: all of its rows would be moved. Add "order" to rebuild',
    );
    expect(String(error)).toContain("hourly is in the database, but was not made by this job");
    await db.run("DROP VIEW hourly");
  });

  test("rights: what is granted, and nothing else", async () => {
    await db.migrate(SMALL, edition);
    const may = async (role: string, sql: string) => {
      try {
        await db.run(`SET ROLE ${role}; ${sql}`);
        return true;
      } catch (error) {
        expect(String(error)).toContain("permission denied");
        return false;
      } finally {
        await db.run("RESET ROLE");
      }
    };
    expect(await may("writer", `INSERT INTO "order" VALUES (now(), 'c', 1); UPDATE "order" SET price = 2`)).toBe(true);
    expect(await may("reader", `SELECT * FROM "order"; SELECT * FROM hourly; CREATE TABLE own.x (i int)`)).toBe(true);
    expect(
      await may(
        "monitoring",
        "SELECT max(bucket) FROM hourly; SELECT * FROM datastack.migrations; SELECT * FROM timescaledb_information.jobs",
      ),
    ).toBe(true);
    for (const [role, sql] of [
      ["writer", `DELETE FROM "order"`],
      ["writer", "SELECT * FROM hourly"],
      ["writer", "CREATE TABLE public.x (i int)"],
      ["reader", `INSERT INTO "user" VALUES (1)`],
      ["reader", "SELECT * FROM datastack.migrations"],
      ["monitoring", `SELECT * FROM "order"`],
      ["monitoring", "INSERT INTO datastack.migrations (step, hash, duration) VALUES ('a', 'b', '0')"],
    ] as const)
      expect(await may(role, sql), `${role}: ${sql}`).toBe(false);
    expect(await db.value("SELECT setconfig[1] FROM pg_db_role_setting WHERE setrole = 'reader'::regrole")).toBe(
      "search_path=own, public",
    );
  });
});

test("roles that a dump names and a new server lacks are made, without login, and no others", async () => {
  const missing = ["Grüße", "O'Hara", `by "hand"; \\ \n`];
  for (const role of missing) await db.run(`CREATE ROLE ${ident(role)} LOGIN`);
  const names = String(await db.value(`SELECT (${ROLES})::text`));
  expect(JSON.parse(names)).toEqual(expect.arrayContaining([...missing, "postgres", "reader"]));
  expect(names).not.toContain("pg_");
  for (const role of missing) await db.run(`DROP ROLE ${ident(role)}`);
  const roles = () => db.rows<{ rolname: string; rolcanlogin: boolean }>("SELECT rolname, rolcanlogin FROM pg_roles");
  const before = await roles();
  // As psql does it.
  const statements = MISSING_ROLES.replace(":'roles'", literal(names)).replace("\\gexec", "");
  const restore = async () => {
    const { rows } = await db.pg.query<string[]>(statements, [], { rowMode: "array" });
    const said = [];
    for (const [create = "", say = ""] of rows) {
      await db.run(create);
      said.push(await db.value(say));
    }
    return said;
  };
  const said = await restore();
  expect(said).toHaveLength(missing.length);
  expect(said).toContainEqual(expect.stringMatching(/^made the role "O'Hara", .* it cannot log in$/));
  const made = missing.map((rolname) => ({ rolname, rolcanlogin: false }));
  expect(await roles()).toEqual(expect.arrayContaining([...before, ...made]));
  expect(await roles()).toHaveLength(before.length + missing.length);
  expect(await restore()).toEqual([]);
  for (const role of missing) await db.run(`DROP ROLE ${ident(role)}`);
});

test("a roll-up asked to compute all of time leaves what it has kept of rows that are gone", async () => {
  await db.migrate(SMALL, "apache");
  await db.run(PRICES);
  await db.run(`INSERT INTO hourly (bucket, "group", n) VALUES (${HOUR} - INTERVAL '40 days', 'a', 7)`);
  await db.run("CALL datastack.refresh_hourly(NULL, NULL)");
  expect((await buckets()).map(({ ago, n }) => [ago, n])).toEqual([
    ...[1, 2, 3, 4, 5, 6].map((ago) => [ago, 6]),
    [960, 7],
  ]);
});

describe("policies of the community edition", () => {
  test("a changed one is removed and added, one that is taken out is removed", async () => {
    await db.migrate(SMALL, "community");
    expect(await policies()).toEqual(["policy_refresh_continuous_aggregate 04:00:00", "policy_retention 30 days"]);
    const changed = {
      ...order({ retention: "60d", compression: { after: "7d", segmentBy: ["group"], orderBy: ["time desc"] } }),
      aggregates: {
        hourly: { ...HOURLY, refresh: { ...HOURLY.refresh, start: "6h" as const }, retention: "1y" as const },
      },
    };
    expect((await db.migrate(changed, "community")).done).toEqual([
      "compression:order",
      "refresh:hourly",
      "retention:order",
      "retention:hourly",
      "base:schema",
    ]);
    const set = [
      "policy_compression 7 days",
      "policy_refresh_continuous_aggregate 06:00:00",
      "policy_retention 1 year",
      "policy_retention 60 days",
    ];
    expect(await policies()).toEqual(set);
    expect((await db.migrate(changed, "community")).done).toEqual([]);
    const { retention: _, ...kept } = SMALL.hypertables?.order ?? { columns: {} };
    const none = {
      ...changed,
      hypertables: { order: kept },
      aggregates: { hourly: { ...HOURLY, refresh: changed.aggregates.hourly.refresh } },
    };
    expect((await db.migrate(none, "community")).done).toEqual([
      "compression:order",
      "retention:order",
      "retention:hourly",
      "base:schema",
    ]);
    expect(await policies()).toEqual(["policy_refresh_continuous_aggregate 06:00:00"]);
    expect((await db.migrate(none, "community")).done).toEqual([]);
  });

  test("the database itself refuses what the rule of two buckets refuses", async () => {
    const narrow = hourly({ refresh: { start: "2h", end: "1h", every: "30m" } });
    await expect(db.migrate(narrow, "community")).rejects.toThrow("policy refresh window too small");
    await db.clear();
    await db.migrate(hourly({ refresh: { start: "3h", end: "1h", every: "30m" } }), "community");
  });
});
