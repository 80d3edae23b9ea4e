import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI } from "../../components/redis/scripts";
import { DockerStack } from "../../tools/check/docker/engine";
import { say } from "./support/cli";
import { docker } from "./support/docker";
import { healthy, sweep } from "./support/faults";
import { NIGHTLY, ONLY_NIGHTLY } from "./support/nightly";
import { E2eStack } from "./support/stack";
import { until } from "./support/wait";

const NAME = "e2e-alerts";
const container = (workload: string): string => `${NAME}-${workload}`;
const ROLLUP = "timescaledb-rollup-30m";

/** Two thousand keys more: a cache of that size is full after twenty, and has to delete for each new one. */
const FILL = "for i = 1, 2000 do redis.call('set', 'fill:' .. ARGV[1] .. ':' .. i, string.rep('x', 500)) end";

/** Tell of the machine that the tests happen to run on. */
const OF_THE_HOST = /^Node/;

/** A consumer group has stopped when it committed nothing for ten minutes, and is told of ten minutes later. */
const HALF_AN_HOUR = 30 * 60_000;

interface Told {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
}

describe("alerts of market data on a Docker engine", () => {
  if (!NIGHTLY) {
    // three quarters of an hour: alerts have their times, on purpose
    it.skip(`are told of and resolved: ${ONLY_NIGHTLY}`, () => undefined);
    return;
  }
  const told: Told[] = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk;
    });
    request.on("end", () => {
      const { alerts } = JSON.parse(body) as { alerts: Told[] };
      for (const alert of alerts) say(`told: ${alert.status} ${JSON.stringify(alert.labels)}`);
      told.push(...alerts);
      response.end();
    });
  });
  const stack = new E2eStack(NAME, { kafkaMemory: "1Gi", redisMemory: "64Mi" });
  const engine = new DockerStack(NAME);
  const redis = { workload: "redis", replica: 0 };
  const isTold = (status: Told["status"], alertname: string) =>
    told.some((alert) => alert.status === status && alert.labels.alertname === alertname);

  beforeAll(async () => {
    await sweep(NAME);
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  });
  afterAll(async () => {
    server.close();
    await sweep(NAME);
    stack.forget();
  });

  it("have somebody to tell", async () => {
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    const gateway = await docker("network", "inspect", NAME, "--format", "{{(index .IPAM.Config 0).Gateway}}");
    const { port } = server.address() as { port: number };
    const file = path.join(stack.home, "webhook");
    fs.writeFileSync(file, `http://${gateway.replace(/\/.*$/, "")}:${port}/`, { mode: 0o600 });
    const receiver = { kind: "webhook", urlFile: file, port };
    stack.configure({ alertReceivers: { ops: receiver, switch: receiver }, alertWatchdog: "switch" });
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    await until("the watchdog", 300, async () => (isTold("firing", "Watchdog") ? undefined : "not told yet"));
  });

  it("tell of five faults at once", { timeout: HALF_AN_HOUR }, async () => {
    // a consumer that stopped, with the service that it is; a target that is gone
    await docker("stop", container("market-sink"), container("market-api"), container("postgres-exporter"));
    // a database job that fails: its table has another name; made up for at once, as after an outage
    await sql("alter table sentiment_hourly rename to sentiment_hourly_gone");
    const slot = `sed -i 's/ [0-9]* / 0 /' "$DATASTACK_METRICS"/.${ROLLUP}.slot`;
    await docker("exec", container(ROLLUP), "sh", "-c", slot);
    await docker("restart", container(ROLLUP));
    await all("firing", 1500);
  });

  it("tell that they are over", { timeout: HALF_AN_HOUR }, async () => {
    await sql("alter table sentiment_hourly_gone rename to sentiment_hourly");
    await docker(
      "exec",
      container(ROLLUP),
      "sh",
      "-c",
      `sed -i 's/ [0-9]* / 0 /' "$DATASTACK_METRICS"/.${ROLLUP}.slot`,
    );
    await docker("restart", container(ROLLUP));
    await docker("start", container("market-sink"), container("market-api"), container("postgres-exporter"));
    await healthy([container("market-sink"), container("market-api")], 120);
    await engine.exec(redis, ["sh", CLI, "flushall"]);
    await all("resolved", 1500);
  });

  it("are quiet for ten minutes afterwards", { timeout: HALF_AN_HOUR }, async () => {
    const open = async (): Promise<string[]> =>
      (await stack.prometheus.ruleGroups())
        .flatMap(({ rules }) => rules)
        .filter(({ state }) => state === "firing")
        .map(({ name }) => name)
        .filter((name) => name !== "Watchdog" && !OF_THE_HOST.test(name));
    await until("quiet", 900, async () => (await open()).join(", "));
    const from = told.length;
    await sleep(600_000);
    // that an alert is over is told up to five minutes later: only those that begin count
    const began = told.slice(from).filter(({ status }) => status === "firing");
    const since = began.map(({ labels }) => labels.alertname ?? "");
    expect(since.filter((name) => name !== "Watchdog" && !OF_THE_HOST.test(name))).toEqual([]);
    expect(await open()).toEqual([]);
  });

  async function all(status: Told["status"], seconds: number): Promise<void> {
    const wanted = ["KafkaConsumerGroupStalled", "RedisEvicting", "TimescaleDBScheduleFailed", "AppDown", "TargetDown"];
    let round = 0;
    await until(`five alerts ${status}`, seconds, async () => {
      if (status === "firing") await engine.exec(redis, ["sh", CLI, "eval", FILL, "0", String(round++)]);
      const missing = wanted.filter((name) => !isTold(status, name));
      return missing.length === 0 ? undefined : `${missing.join(", ")} not told`;
    });
  }

  async function sql(statement: string): Promise<void> {
    await docker("exec", container("timescaledb-0"), "psql", "-U", "postgres", "-d", "crypto_viz_ts", "-c", statement);
  }
});
