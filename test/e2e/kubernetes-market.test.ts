import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TimescaleDB } from "../../components/timescaledb";
import { psqlOf } from "../../tools/check/timescaledb";
import type { Psql } from "../../tools/check/timescaledb/psql";
import { cli } from "./support/cli";
import { ClusterE2eStack } from "./support/cluster-stack";
import { type TestCluster, testCluster } from "./support/kubernetes";
import { irregular, rows } from "./support/market";
import { NIGHTLY, ONLY_NIGHTLY } from "./support/nightly";
import { unexpected, wrong } from "./support/stack";
import { until } from "./support/wait";

/** As `prod`, with smaller volumes. */
const NAME = "e2e-market";
const CONFIG = {
  system: "crypto-viz",
  kafkaBrokers: 3,
  kafkaMemory: "1Gi",
  kafkaStorage: "2Gi",
  prometheusStorage: "2Gi",
  clusterMetrics: true,
  kubeletMetrics: true,
  feedRate: 20,
};

describe("market data on a Kubernetes node", () => {
  if (!NIGHTLY) {
    it.skip(`keeps every message on its way and every row: ${ONLY_NIGHTLY}`, () => undefined);
    return;
  }

  let cluster: TestCluster;
  let stack: ClusterE2eStack;
  let psql: Psql;

  beforeAll(async () => {
    cluster = await testCluster();
    Object.assign(process.env, cluster.env);
    stack = new ClusterE2eStack(NAME, CONFIG, cluster);
    await stack.remove();
  });
  afterAll(async () => {
    await stack.remove();
    stack.forget();
  });

  it("comes up from rendered manifests, and passes npm run check", async () => {
    expect((await stack.render()).code).toBe(0);
    expect((await stack.apply()).code).toBe(0);
    const { declaration } = stack;
    const [database] = declaration.all(TimescaleDB);
    if (!database) throw new Error("the stack has no database");
    psql = psqlOf(stack.kube, declaration, database);
    await growing();
    const { code, output } = await stack.check();
    expect(wrong(output)).toEqual([]);
    expect(code).toBe(0);
  });

  it("has every row once after the pods of database and sink were deleted", async () => {
    const before = await rows(psql);
    for (const workload of ["timescaledb", "market-sink"]) {
      await cluster.kubectl("delete", "pod", "-n", NAME, "-l", `datastack.io/service=${workload}`);
      await growing();
    }
    await whole(before);
  });

  it("has every row once after a restart of the node", async () => {
    const before = await rows(psql);
    expect((await cli(["cluster", "node", "restart"])).code).toBe(0);
    await growing();
    await whole(before);
    await until("a good check", 300, async () => unexpected((await stack.check()).output).join("\n") || undefined);
  });

  async function growing(): Promise<void> {
    let first: number | undefined;
    await until("more and more rows in ticker_data", 300, async () => {
      const now = await psql.number("select count(*) from ticker_data");
      first ??= now;
      return now > first ? undefined : `${now} rows`;
    });
  }

  async function whole(before: Readonly<Record<string, number>>): Promise<void> {
    expect(await irregular(psql)).toEqual([]);
    const now = await rows(psql);
    for (const [table, count] of Object.entries(before)) expect(now[table], table).toBeGreaterThanOrEqual(count);
  }
});
