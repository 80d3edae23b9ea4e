import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TimescaleDB } from "../../components/timescaledb";
import { BACKUP_SCRIPT } from "../../components/timescaledb/backup-scripts";
import { visit } from "../../tools/check/app/visit";
import { DockerStack } from "../../tools/check/docker/engine";
import { psqlOf } from "../../tools/check/timescaledb";
import type { Psql } from "../../tools/check/timescaledb/psql";
import { attempt, containers, docker } from "./support/docker";
import { healthy, killMain, sweep } from "./support/faults";
import { behind, irregular, produced, rows } from "./support/market";
import { NIGHTLY, ONLY_NIGHTLY } from "./support/nightly";
import { judgePanels } from "./support/panels";
import { E2eStack, unexpected, wrong } from "./support/stack";
import { until } from "./support/wait";

/** crypto-viz whole: feed, Kafka, sink, database, API, and everything that watches them. */
const NAME = "e2e-market";
const BROKER = { workload: "kafka", replica: 0 };
const container = (workload: string): string => `${NAME}-${workload}`;

describe("market data on a Docker engine", () => {
  const stack = new E2eStack(NAME, { kafkaMemory: "1Gi", feedRate: 60 });
  const engine = new DockerStack(NAME);
  let psql: Psql;

  beforeAll(() => sweep(NAME));
  afterAll(async () => {
    await sweep(NAME);
    stack.forget();
  });

  it("comes up although the migration was killed half-way", async () => {
    const migration = container("timescaledb-migrate");
    const killWhen = async (): Promise<boolean> => {
      if (!(migration in (await containers(NAME)))) return false;
      return (await attempt("kill", migration)).code === 0;
    };
    expect((await stack.run("up", ["--yes"], { killWhen })).code).toBeNull();
    const { code, output } = await stack.run("up", ["--yes"]);
    expect(code, output.slice(-3000)).toBe(0);
    expect(output).toMatch(/^Market API /m);
    const { declaration } = stack;
    const [database] = declaration.all(TimescaleDB);
    if (!database) throw new Error("the stack has no database");
    psql = psqlOf(engine, declaration, database);
  });

  it("has data within 30 s, and more and more of it", async () => {
    await until("rows in ticker_data", 30, async () =>
      (await psql.number("select count(*) from ticker_data")) > 0 ? undefined : "none",
    );
    const before = await psql.number("select count(*) from ticker_data");
    await until("more rows in ticker_data", 15, async () =>
      (await psql.number("select count(*) from ticker_data")) > before ? undefined : `still ${before}`,
    );
  });

  it("passes npm run check but for what this network cannot have", async () => {
    const { code, output } = await stack.run("check");
    expect(wrong(output)).toEqual([]);
    expect(code).toBe(0);
  });

  it("is not touched by a second npm start", async () => {
    const again = await stack.run("up", ["--yes"]);
    expect(again.output).toContain("no changes");
  });

  if (!NIGHTLY) {
    it.skip(`comes through every fault exactly once: ${ONLY_NIGHTLY}`, () => undefined);
    return;
  }

  it("has every message exactly once after sink, Kafka and database were killed in turn under load", async () => {
    for (const victim of ["market-sink", "kafka-0", "timescaledb-0", "market-sink"]) {
      const before = await psql.number("select count(*) from ticker_data").catch(() => 0);
      await killMain(container(victim));
      await healthy([container(victim)], 180);
      await until(`rows after the death of ${victim}`, 120, async () => {
        const now = await psql.number("select count(*) from ticker_data");
        return now > before ? undefined : `still ${now}`;
      });
    }
    await until("10,000 messages", 240, async () => {
      const total = Object.values(await rows(psql)).reduce((sum, count) => sum + count, 0);
      return total >= 10_000 ? undefined : `${total}`;
    });
    await docker("stop", container("market-feed"));
    await drained();
    expect(await irregular(psql)).toEqual([]);
    expect(await rows(psql)).toEqual(await produced(stack.kafka.tools(BROKER)));
  });

  it("reads everything again after its offsets were deleted, and adds no row", async () => {
    const before = await rows(psql);
    await docker("stop", container("market-sink"));
    await psql.rows("delete from sink_offsets");
    await docker("start", container("market-sink"));
    await drained();
    expect(await rows(psql)).toEqual(before);
    expect(await psql.number("select sum(skipped) from sink_offsets")).toBe(0);
  });

  it("goes on after messages were deleted before it came to them, and says how many", async () => {
    await docker("stop", container("market-sink"));
    const before = await psql.number("select sum(next_offset) from sink_offsets where topic = 'rawticker'");
    await docker("start", container("market-feed"));
    const tools = stack.kafka.tools(BROKER);
    await until("200 new messages", 60, async () => {
      const { ticker_data: end = 0 } = await produced(tools);
      return end >= before + 200 ? undefined : `${end - before}`;
    });
    await docker("stop", container("market-feed"));
    const partitions = Array.from({ length: 6 }, (_, partition) => ({ topic: "rawticker", partition, offset: -1 }));
    const request = JSON.stringify({ version: 1, partitions });
    const script = `cat >/tmp/delete.json && /opt/kafka/bin/kafka-delete-records.sh --bootstrap-server kafka-0:29092 --offset-json-file /tmp/delete.json`;
    const deleted = await engine.exec(BROKER, ["bash", "-c", script], { input: request });
    expect(deleted.code, deleted.stderr).toBe(0);
    const { ticker_data: end = 0 } = await produced(tools);
    await docker("start", container("market-sink"));
    await drained();
    const skipped = await psql.number("select sum(skipped) from sink_offsets where topic = 'rawticker'");
    expect(skipped).toBe(end - before);
    expect((await attempt("logs", "--since", "3m", container("market-sink"))).text).toMatch(/skipped/i);
    await docker("start", container("market-feed"));
  });

  it("has the same rows after a backup, their loss, and a restore", async () => {
    await docker("stop", container("market-feed"));
    await drained();
    const before = await rows(psql);
    // Of nobody's declaration, so that a new server would not have it.
    await psql.rows('create role "by hand" login; grant select on ticker_data to "by hand"');
    const backup = await engine.exec(
      { workload: "timescaledb-backup", replica: undefined },
      ["/bin/sh", BACKUP_SCRIPT],
      { timeout: 120_000 },
    );
    expect(backup.code, backup.stderr).toBe(0);
    await docker("stop", container("market-sink"));
    await psql.rows('drop table ticker_data cascade; truncate trade_data; drop role "by hand"');
    const restored = await stack.run("restore", ["--from", "latest", "--yes"]);
    expect(restored.code, restored.output).toBe(0);
    expect(restored.output).toContain('made the role "by hand"');
    expect(await rows(psql)).toEqual(before);
    const rights = "select rolcanlogin, has_table_privilege(oid, 'ticker_data', 'select') from pg_roles";
    expect(await psql.rows(`${rights} where rolname = 'by hand'`)).toEqual([["f", "t"]]);
    await docker("start", container("market-sink"));
    await docker("start", container("market-feed"));
    await healthy([container("market-sink"), container("market-feed"), container("market-api")], 120);
  });

  it("locks nobody out when passwords are rotated, and lets none of the old ones in", async () => {
    const names = ["timescaledb-market-sink", "timescaledb-admin", "redis-app", "market-api-superuser"];
    const secret = async (of: string): Promise<string> => (await stack.run("secret", [of])).output.trim();
    const old = await secret("timescaledb-market-sink");
    expect(await psql.refusal("market_sink", old)).toBe("");
    stack.configure({ rotations: Object.fromEntries(names.map((of) => [of, 2])) });
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    expect(await secret("timescaledb-market-sink")).not.toBe(old);
    expect(await psql.refusal("market_sink", old)).toMatch(/password authentication failed/);
    const { output } = await stack.run("check");
    expect(unexpected(output)).toEqual([]);
  });

  it("has something to show in its panels", async () => {
    const api = { workload: "market-api", replica: undefined };
    // what is shown of requests begins with some, and of rates with two scrapes
    const asked = {
      base: "http://127.0.0.1:8000",
      paths: ["/api/v1/prices/", "/api/v1/ohlc/?symbol=BTC-USD", "/none/"],
    };
    const seen = new Set<string>();
    let share = 0;
    await until("panels with data", 180, async () => {
      await visit(engine, api, "python3", asked);
      const { unknown, empty, total, filled } = await judgePanels(stack, seen);
      expect(total).toBeGreaterThan(100);
      share = filled;
      return [...unknown, ...empty].join(", ");
    });
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  async function drained(): Promise<void> {
    const tools = stack.kafka.tools(BROKER);
    await until("the end of the topics", 180, async () => {
      const left = await behind(psql, tools);
      return left === 0 ? undefined : `${left} messages behind`;
    });
  }
});
