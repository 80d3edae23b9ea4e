import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { checkTime } from "../../components/target/every";
import { type Edition, type Migrated, migrationJob, schemaSchedules } from "../../components/timescaledb/schema";
import { FILES } from "../../components/timescaledb/schema/script";
import { CRYPTO_VIZ_SCHEMA } from "../../stacks/crypto-viz-schema";

const PASSWORD = { generated: "timescaledb-admin" };

const of = (edition: Edition, changes: Partial<Migrated> = {}): Migrated => ({
  name: "timescaledb",
  image: imageCatalogue().timescaledb,
  server: {
    id: "timescaledb",
    kind: "postgres",
    port: 5432,
    peer: { workload: "timescaledb" },
    host: "timescaledb",
    endpoints: ["timescaledb:5432"],
  },
  database: "market",
  admin: { user: "admin", password: PASSWORD },
  schema: CRYPTO_VIZ_SCHEMA,
  edition,
  restores: ["timescaledb"],
  ...changes,
});

const sql = (process: { files?: readonly { path: string; content: unknown }[] } | undefined) =>
  String(process?.files?.find((f) => f.path.endsWith(".sql"))?.content);

describe("the job", () => {
  const job = migrationJob(of("community"));

  test("starts after the server, again with a new volume, and has the password in a secret file alone", () => {
    expect(job).toMatchObject({
      name: "timescaledb-migrate",
      restores: ["timescaledb"],
      needs: [{ to: { id: "timescaledb" }, start: true }],
      env: { PGHOST: "timescaledb", PGPORT: "5432", PGDATABASE: "market", PGUSER: "admin" },
    });
    expect(job.files?.filter((f) => f.secret)).toEqual([
      { path: `${FILES}/password`, content: PASSWORD, secret: true },
    ]);
    expect(JSON.stringify([job.command, job.env])).not.toContain("PASSWORD");
    expect(migrationJob(of("community", { restores: [] }))).not.toHaveProperty("restores");
  });

  test("its text fits a config map and changes with the declaration only", () => {
    expect(sql(job).length).toBeLessThan(500_000);
    expect(sql(migrationJob(of("community", { name: "other" })))).toBe(sql(job));
    expect(sql(migrationJob(of("apache")))).not.toBe(sql(job));
  });

  test("every step is asked for before it is done, and recorded with it", () => {
    const text = sql(job);
    const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
    const steps = count(/\\gset begun_$/gm);
    expect(steps).toBeGreaterThan(30);
    expect(count(/^\\if :begun_pending$/gm)).toBe(steps);
    expect(count(/^INSERT INTO datastack\.migrations/gm)).toBe(steps);
    expect(count(/^BEGIN;$/gm)).toBe(count(/^COMMIT;$/gm));
    expect(count(/^BEGIN;$/gm) + count(/^SET statement_timeout = 0;$/gm)).toBe(steps);
    // psql would take these for variables of its own.
    const code = text.replaceAll(/'(?:[^']|'')*'|\$datastack\$[\s\S]*?\$datastack\$|^\\if .*$/gm, "");
    expect(code.match(/[^:]:[a-z"].*/g)).toBeNull();
  });
});

describe("schedules", () => {
  test("the community edition needs none", () => expect(schemaSchedules(of("community"))).toEqual([]));

  test("the Apache edition computes roll-ups of the same times together, and drops old chunks daily", () => {
    const [rollup, retention, ...more] = schemaSchedules(of("apache"));
    expect(more).toEqual([]);
    expect(rollup).toMatchObject({ name: "timescaledb-rollup-30m", every: { minutes: 30 }, needs: [{ start: true }] });
    expect(sql(rollup).match(/^CALL .*$/gm)).toEqual([
      `CALL "datastack"."refresh_sentiment_hourly"(now() - INTERVAL '4 hours', now() - INTERVAL '1 hour');`,
      `CALL "datastack"."refresh_ticker_ohlc_hourly"(now() - INTERVAL '4 hours', now() - INTERVAL '1 hour');`,
    ]);
    expect(retention).toMatchObject({ name: "timescaledb-retention", every: { dailyAt: "03:30" } });
    expect(sql(retention).match(/drop_chunks/g)).toHaveLength(6);
    for (const schedule of [rollup, retention]) {
      expect(schedule && checkTime("every", schedule.every)).toEqual([]);
      expect(schedule?.files?.filter((f) => f.secret)).toHaveLength(1);
    }
  });

  test("what the migration has not made yet is left alone, with a word about it", () => {
    const [rollup, retention] = schemaSchedules(of("apache"));
    expect(
      sql(rollup),
    ).toContain(`SELECT to_regprocedure('"datastack"."refresh_sentiment_hourly"(timestamptz, timestamptz)') IS NOT NULL AS made \\gset
\\if :made
CALL "datastack"."refresh_sentiment_hourly"(now() - INTERVAL '4 hours', now() - INTERVAL '1 hour');
\\else
\\warn 'aggregate sentiment_hourly is not there yet: nothing to compute before the migration'
\\endif
`);
    for (const text of [sql(rollup), sql(retention)]) {
      const statements = text.match(/^(CALL|SELECT drop_chunks)/gm) ?? [];
      expect(text.match(/^\\if :made\n(CALL|SELECT drop_chunks).*\n\\else$/gm)).toHaveLength(statements.length);
    }
  });

  test("what is kept for ever is not dropped", () => {
    const { aggregates: _, ...schema } = CRYPTO_VIZ_SCHEMA;
    const kept = Object.fromEntries(
      Object.entries(schema.hypertables ?? {}).map(([name, { retention: __, ...table }]) => [name, table]),
    );
    expect(schemaSchedules(of("apache", { schema: { hypertables: kept } }))).toEqual([]);
  });
});

describe("run.sh", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "schema-run-"));
    mkdirSync(join(root, "bin"));
    writeFileSync(join(root, "password"), "it's a secret");
    const script = migrationJob(of("apache")).files?.find((f) => f.path.endsWith("run.sh"));
    writeFileSync(join(root, "run.sh"), String(script?.content).replaceAll(FILES, root));
    tool("sleep", `echo "$@" >>"$ROOT/slept"`);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function tool(name: string, text: string): void {
    writeFileSync(join(root, "bin", name), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(root, "bin", name), 0o755);
  }

  /** psql that says and exits as told, once for each of `answers`. */
  function run(...answers: readonly (readonly [text: string, status: number])[]) {
    answers.forEach(([text], i) => {
      writeFileSync(join(root, `answer-${i}`), text);
    });
    tool(
      "psql",
      `n=$(cat "$ROOT/n" 2>/dev/null || echo 0); echo $((n + 1)) >"$ROOT/n"
echo "$PGPASSWORD $PGOPTIONS" >"$ROOT/env"; echo "$@" >"$ROOT/args"
statuses=(${answers.map(([, status]) => status).join(" ")}); cat "$ROOT/answer-$n" >&2; exit "\${statuses[$n]}"`,
    );
    const { status, stderr } = spawnSync("bash", [join(root, "run.sh"), "x.sql"], {
      env: { PATH: `${join(root, "bin")}:${process.env.PATH}`, ROOT: root, TMPDIR: root },
      encoding: "utf8",
      timeout: 15_000,
    });
    return { status, stderr, runs: Number(readFileSync(join(root, "n"), "utf8")) };
  }

  const lock =
    "psql:x.sql:7: ERROR:  55P03: canceling statement due to lock timeout\nLOCATION:  ProcessInterrupts, postgres.c:3391\n";
  const refused =
    'psql: error: connection to server at "timescaledb" (10.0.0.2), port 5432 failed: Connection refused\n\tIs the server running?\n';

  test("shows what is done, without where psql stands, and keeps the password off the command line", () => {
    const said =
      "table:ticks\npsql:x.sql:3: WARNING:  01000: ticks.a is no longer declared\nLOCATION:  exec_stmt_raise, pl_exec.c:3925\n";
    expect(run([said, 0])).toEqual({
      status: 0,
      runs: 1,
      stderr: "table:ticks\nwarning: ticks.a is no longer declared\n",
    });
    expect(readFileSync(join(root, "env"), "utf8")).toContain("it's a secret -c lock_timeout=5s");
    expect(readFileSync(join(root, "args"), "utf8")).not.toContain("secret");
  });

  test("waits for the server and for locks, and says so once", () => {
    const { status, stderr, runs } = run([refused, 2], [refused, 2], [`table:a\n${lock}`, 3], [lock, 3], ["done\n", 0]);
    expect({ status, runs }).toEqual({ status: 0, runs: 5 });
    expect(stderr.match(/waiting: /g)).toHaveLength(2);
    expect(stderr).toContain("waiting: error: connection to server");
    expect(stderr).toContain("waiting: ERROR:  55P03: canceling statement due to lock timeout");
    expect(stderr).not.toContain("LOCATION");
  });

  test.each([
    [
      "psql:x.sql:9: server closed the connection unexpectedly\npsql:x.sql:9: error: connection to server was lost\n",
      2,
    ],
    ["psql:x.sql:9: ERROR:  40P01: deadlock detected\n", 3],
    ["psql:x.sql:9: ERROR:  XX000: tuple concurrently updated\n", 3],
    ['psql: error: connection to server at "t" failed: FATAL:  the database system is starting up\n', 2],
  ])("tries again after %s", (text, code) => expect(run([text, code], ["", 0])).toMatchObject({ status: 0, runs: 2 }));

  test.each([
    ['psql: error: connection to server at "t" failed: FATAL:  password authentication failed for user "admin"\n', 2],
    ['psql: error: connection to server at "t" failed: FATAL:  database "market" does not exist\n', 2],
    ['psql:x.sql:9: ERROR:  42703: column "a" does not exist\nLINE 1: select a\n', 3],
  ])("gives up after %s", (text, code) => {
    const { status, runs, stderr } = run([text, code]);
    expect({ status, runs }).toEqual({ status: 1, runs: 1 });
    expect(stderr).toContain(/(FATAL|ERROR): .*/.exec(text)?.[0]);
  });

  test("a refusal is shown as it was written", () => {
    const text = `psql:x.sql:9: ERROR:  DS001: 1 change is refused; nothing was changed in the database:\n  - ticks has another query\nCONTEXT:  PL/pgSQL function inline_code_block line 128 at RAISE\n`;
    expect(run([text, 3])).toEqual({
      status: 1,
      runs: 1,
      stderr: "1 change is refused; nothing was changed in the database:\n  - ticks has another query\n",
    });
  });
});
