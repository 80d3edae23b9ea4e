import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Process } from "../../components/target/workload";
import { sqlType } from "../../components/timescaledb/schema/types";
import { parseConfig } from "../../stacks/config";
import { CRYPTO_VIZ_SCHEMA } from "../../stacks/crypto-viz-schema";
import { declare } from "../../tools/check/declared";

const run = promisify(execFile);
const APP = path.resolve(__dirname, "../../apps/market");

/** Only what is of Python's standard library is asked here; the rest is tested in apps/market with its packages. */
async function python(code: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const options = { cwd: APP, env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: "1", ...env } };
  return (await run("python3", ["-c", code], options)).stdout;
}

const { plans } = declare("dev", parseConfig({}).config);

function processOf(name: string): Process {
  const all = plans.flatMap((plan): Process[] => [...(plan.services ?? []), ...(plan.jobs ?? [])]);
  const found = all.find((process) => process.name === name);
  if (!found) throw new Error(`the stack has no ${name}`);
  return found;
}

describe("what the stack tells the market's processes", () => {
  let folder: string;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "market-"));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  /** The process's environment, its files laid into a folder of this machine. */
  function surroundings(name: string): Record<string, string> {
    const { env = {}, files = [] } = processOf(name);
    const places = new Map(
      files.map((file, i) => {
        const place = path.join(folder, `${name}-${i}`);
        fs.writeFileSync(place, file.secret ? "s".repeat(50) : file.content);
        return [file.path, place];
      }),
    );
    return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, places.get(value) ?? value]));
  }

  const read = (module: string, reader: string) =>
    `from market.core.environment import load\nfrom market.${module} import ${reader}\nprint(load(${reader}))`;

  it.concurrent.each([
    ["market-feed", "feed.settings", "read"],
    ["market-sink", "sink.settings", "read"],
    ["market-api", "api.options", "read"],
    ["market-api-migrate", "api.options", "read"],
  ])("is what %s takes", async (name, module, reader) => {
    const shown = await python(read(module, reader), surroundings(name));
    expect(shown).not.toContain("s".repeat(50));
  });

  it("would be refused with a mistake in it", async () => {
    const env = { ...surroundings("market-sink"), SINK_BATCH_SECOND: "2", DATABASE_PORT: "postgres" };
    const wrong = python(read("sink.settings", "read"), env);
    await expect(wrong).rejects.toThrow(/DATABASE_PORT \(is "postgres"\) must be a whole number/);
    await expect(wrong).rejects.toThrow(/SINK_BATCH_SECOND is not a setting .* or write SINK_BATCH_SECONDS/);
  });

  it("lets the feed stop in its own time before it is killed", () => {
    const source = fs.readFileSync(path.join(APP, "market/feed/feed.py"), "utf8");
    const flush = Number(/^FLUSH = ([\d.]+)$/m.exec(source)?.[1]);
    const service = plans.flatMap((plan) => plan.services ?? []).find(({ name }) => name === "market-feed");
    expect(service?.stop.grace).toBeGreaterThan(flush + 5);
  });
});

describe("the tables that the sink writes", () => {
  const { hypertables = {}, tables = {}, grants = {} } = CRYPTO_VIZ_SCHEMA;

  it("are those of the schema, with all their columns", async () => {
    const code =
      "import json\nfrom market.sink.rows import TABLES\nprint(json.dumps({t.name: dict(t.columns) for t in TABLES}))";
    const written = JSON.parse(await python(code)) as Record<string, Record<string, string>>;
    const declared = Object.entries(hypertables).map(([name, { columns }]) => {
      const types = Object.entries(columns).map(([column, spec]) => {
        const type = typeof spec === "string" ? spec : spec.type;
        return [column, type === "timestamptz" ? type : sqlType(type)];
      });
      return [name, Object.fromEntries(types)];
    });
    expect(written).toEqual(Object.fromEntries(declared));
  });

  it("may be written by it, the offsets too", () => {
    expect([...(grants.market_sink?.write ?? [])].sort()).toEqual(
      [...Object.keys(hypertables), ...Object.keys(tables)].sort(),
    );
  });

  it("have a key with which a message that is read twice is one row", () => {
    const keys = Object.values(hypertables).map(({ primaryKey }) => primaryKey);
    expect(new Set(keys.map(String))).toEqual(new Set(["time,symbol,sequence"]));
  });
});

describe("the topics", () => {
  it("are those that the stack makes", async () => {
    const names = JSON.parse(
      await python("import json\nfrom market.core.topics import TOPICS\nprint(json.dumps(TOPICS))"),
    );
    const made = processOf("kafka-topics");
    const text = JSON.stringify([made.args, made.env, made.files]);
    expect(names.filter((name: string) => !text.includes(name))).toEqual([]);
  });
});

describe("tests of the parts that need no packages", () => {
  it("pass", async () => {
    const args = ["-m", "unittest", "tests.test_offsets", "tests.test_messages", "tests.test_environment"];
    const { stderr } = await run("python3", args, { cwd: APP, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
    expect(stderr).toMatch(/Ran (1[5-9]|[2-9]\d) tests[\s\S]*OK/);
  });
});
