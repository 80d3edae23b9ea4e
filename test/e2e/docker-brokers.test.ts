import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, docker, inspect } from "./support/docker";
import { DockerProducer } from "./support/docker-stream";
import { healthy, killMain, sweep } from "./support/faults";
import { E2eStack, unexpected, wrong } from "./support/stack";
import { type Acknowledged, consumeAll, lost } from "./support/stream";
import { until } from "./support/wait";

/** Three brokers on one Docker engine. */
const NAME = "e2e-brokers";
const TOPIC = "e2e-sequence";
const BROKERS = [0, 1, 2].map((replica) => ({ workload: "kafka", replica }));
const FIRST = { workload: "kafka", replica: 0 };
const container = (broker: number) => `${NAME}-kafka-${broker}`;
const ALL = BROKERS.map(({ replica }) => container(replica));
/** The one whose volume is lost. */
const VICTIM = 1;

describe("three brokers on a Docker engine", () => {
  const stack = new E2eStack(NAME, { system: "kafka", kafkaBrokers: 3, kafkaMemory: "1Gi", kafkaStorage: "2Gi" });
  const sent: Acknowledged[] = [];

  beforeAll(() => sweep(NAME));
  afterAll(async () => {
    await sweep(NAME);
    stack.forget();
  });

  it("come up as one quorum that passes npm run check", async () => {
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    await checks();
    await stack.kafka.tools(FIRST).run("kafka-topics", ["--create", "--topic", TOPIC, "--partitions", "6"]);
  });

  it("lose nothing that they acknowledged while one after the other is killed", async () => {
    const producer = await DockerProducer.start(stack, { topic: TOPIC, prefix: 1, rate: 300 });
    for (const broker of ALL) {
      await producer.reached((await producer.acknowledged()).length + 600, 120);
      await killMain(broker);
      await healthy(ALL, 180);
    }
    await producer.reached(10_000, 180);
    sent.push(...(await producer.stop()));
    await complete();
  });

  it("refuse to start one whose volume was wiped, say how to recover it, and go on without it", async () => {
    const image = (await inspect(container(VICTIM))).Config.Image;
    const volume = `${container(VICTIM)}-data`;
    await docker("stop", container(VICTIM));
    const wipe = ["find", "/volume", "-mindepth", "1", "-delete"];
    await docker(
      "run",
      "--rm",
      "--user",
      "0",
      "--volume",
      `${volume}:/volume`,
      "--entrypoint",
      wipe[0] ?? "",
      image,
      ...wipe.slice(1),
    );
    const since = new Date().toISOString();
    await attempt("start", container(VICTIM));
    await until("the refusal", 60, async () => {
      const log = (await attempt("logs", "--since", since, container(VICTIM))).text;
      return log.includes(`--recover kafka-${VICTIM}`) ? undefined : log.slice(-500);
    });
    const log = (await attempt("logs", "--since", since, container(VICTIM))).text;
    expect(log).toContain(`kafka-${VICTIM} does not start: its volume /var/lib/kafka is not initialised`);
    expect(log).toContain(`npm start -- ${NAME} --recover kafka-${VICTIM}`);
    const producer = await DockerProducer.start(stack, { topic: TOPIC, prefix: 2, rate: 300 });
    await producer.reached(1000, 60);
    sent.push(...(await producer.stop()));
    expect((await stack.run("check", ["--once"])).code).toBe(1);
  });

  it("have it back after the steps that it prints", async () => {
    const recovered = await stack.run("up", ["--yes", "--recover", `kafka-${VICTIM}`]);
    expect(recovered.code, recovered.output.slice(-2000)).toBe(0);
    await healthy(ALL, 180);
    await complete();
    const quorum = await stack.kafka.tools(FIRST).quorum();
    expect(quorum.CurrentVoters).toMatch(/0.*1.*2/);
    await until("all copies", 120, async () => (await stack.kafka.tools(FIRST).underReplicated())[0]);
  });

  it("are as declared again", async () => {
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    await healthy(ALL, 180);
    const { output } = await stack.run("check");
    expect(unexpected(output)).toEqual([]);
    await complete();
  });

  async function checks(): Promise<void> {
    const { code, output } = await stack.run("check");
    expect(wrong(output)).toEqual([]);
    expect(code).toBe(0);
  }

  async function complete(): Promise<void> {
    expect(sent.length).toBeGreaterThan(0);
    const found = await consumeAll(stack.kafka.tools(FIRST), TOPIC);
    expect(lost(sent, found)).toEqual([]);
  }
});
