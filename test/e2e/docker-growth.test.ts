import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOPICS } from "../../stacks/crypto-viz-kafka";
import { DockerStack } from "../../tools/check/docker/engine";
import { BIN } from "../../tools/check/kafka/tools";
import { attempt, docker } from "./support/docker";
import { DockerProducer } from "./support/docker-stream";
import { healthy, sweep } from "./support/faults";
import { NIGHTLY, ONLY_NIGHTLY } from "./support/nightly";
import { E2eStack, unexpected } from "./support/stack";
import { type Acknowledged, consumeAll, lost } from "./support/stream";

const NAME = "e2e-growth";
const TOPIC = "rawticker";
const OWN = ["__consumer_offsets", "__transaction_state"];
const FIRST = { workload: "kafka", replica: 0 };
const container = (broker: number) => `${NAME}-kafka-${broker}`;
const ALL = [0, 1, 2].map(container);

describe("a single broker that gets two more", () => {
  if (!NIGHTLY) {
    it.skip(`has three copies of everything: ${ONLY_NIGHTLY}`, () => undefined);
    return;
  }
  const stack = new E2eStack(NAME, { system: "kafka", kafkaBrokers: 1, kafkaMemory: "1Gi", kafkaStorage: "2Gi" });
  const engine = new DockerStack(NAME);
  const sent: Acknowledged[] = [];
  const tools = () => stack.kafka.tools(FIRST);

  beforeAll(() => sweep(NAME));
  afterAll(async () => {
    await sweep(NAME);
    stack.forget();
  });

  it("has one copy of everything, of its own topics too", async () => {
    const { code, output } = await stack.run("up", ["--yes"]);
    expect(code, output.slice(-2000)).toBe(0);
    await produce(1);
    await use();
    await tools().run("kafka-topics", ["--create", "--topic", "undeclared"]);
    const topics = await copies();
    for (const topic of [TOPIC, ...OWN]) expect(topics[topic], topic).toBe(1);
  });

  it("gives all that is declared, and Kafka's own, three copies that are in sync, and keeps every message", async () => {
    stack.configure({ kafkaBrokers: 3 });
    const { code, output } = await stack.run("up", ["--yes"]);
    expect(code, output.slice(-4000)).toBe(0);
    await healthy(ALL, 180);
    const log = (await attempt("logs", `${NAME}-kafka-topics`)).text;
    expect(log).toMatch(/^making copies for \d+ partitions, at most 52428800 bytes per second and broker\./m);
    expect(log).toMatch(/^rawticker +6 +3 {2}replication 1 -> 3,min\.insync\.replicas 1 -> 2$/m);
    expect(log).toContain("not declared, and left with fewer than 3 copies: undeclared");
    const topics = await copies();
    for (const topic of [...Object.keys(TOPICS), ...OWN]) expect(topics[topic], topic).toBe(3);
    expect(await tools().underReplicated()).toEqual([]);
    await complete();
  });

  it("has no limit left, and a minimum of two copies everywhere", async () => {
    const topics = await tools().run("kafka-configs", ["--describe", "--entity-type", "topics"]);
    expect(topics).not.toContain("throttled");
    const brokers = await tools().run("kafka-configs", ["--describe", "--entity-type", "brokers"]);
    expect(brokers).not.toContain("throttled");
    for (const topic of [...Object.keys(TOPICS), "__transaction_state"])
      expect(setting(topics, topic), topic).toBe("2");
    const defaults = ["--describe", "--entity-type", "brokers", "--entity-default"];
    expect(await tools().run("kafka-configs", defaults)).toContain("min.insync.replicas=2");
  });

  it("serves on without the broker that had everything", async () => {
    await docker("stop", container(0));
    const second = { workload: "kafka", replica: 1 };
    const { code, stdout } = await engine.exec(second, transactional(stack.kafka.tools(second).bootstrap), {
      timeout: 120_000,
    });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("100 records sent") });
    await docker("start", container(0));
    await healthy(ALL, 300);
    await complete();
  });

  it("has nothing to do a second time, and passes npm run check", async () => {
    const { code, output } = await stack.run("up", ["--yes"]);
    expect(code, output.slice(-2000)).toBe(0);
    expect(output).toContain("no changes");
    await produce(2);
    expect(unexpected((await stack.run("check")).output)).toEqual([]);
  });

  async function produce(prefix: number): Promise<void> {
    const producer = await DockerProducer.start(stack, { topic: TOPIC, prefix, rate: 300 });
    await producer.reached(3000, 120);
    sent.push(...(await producer.stop()));
  }

  /** A consumer group and a transaction: then Kafka has made its own topics. */
  async function use(): Promise<void> {
    const group = ["--topic", TOPIC, "--group", "e2e", "--from-beginning", "--max-messages", "10"];
    await tools().run("kafka-console-consumer", group, { timeout: 120_000 });
    const { code } = await engine.exec(FIRST, transactional(tools().bootstrap), { timeout: 120_000 });
    expect(code).toBe(0);
  }

  function transactional(bootstrap: string): string[] {
    return [
      `${BIN}/kafka-producer-perf-test.sh`,
      ...["--topic", "rawtrade", "--num-records", "100", "--record-size", "100", "--throughput", "-1"],
      ...["--transactional-id", "e2e", "--transaction-duration-ms", "1000"],
      ...["--bootstrap-server", bootstrap, "--command-property", "acks=all"],
    ];
  }

  /** Copies of each topic. */
  async function copies(): Promise<Record<string, number>> {
    const described = (await tools().describeTopics()).matchAll(/^Topic: (\S+)\t.*ReplicationFactor: (\d+)/gm);
    return Object.fromEntries([...described].map(([, topic, count]) => [topic, Number(count)]));
  }

  function setting(described: string, topic: string): string | undefined {
    const own = described.split(/^Dynamic configs for topic /m).find((text) => text.startsWith(`${topic} are:`));
    return /min\.insync\.replicas=(\d+) /.exec(own ?? "")?.[1];
  }

  async function complete(): Promise<void> {
    expect(lost(sent, await consumeAll(tools(), TOPIC))).toEqual([]);
  }
});
