import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PORTS } from "../../components/kafka/spec";
import { DockerStack } from "../../tools/check/docker/engine";
import { agentMetrics, rmiAnswers } from "../../tools/check/kafka/endpoints";
import { BIN } from "../../tools/check/kafka/tools";
import { metricNameFinder } from "../../tools/check/prometheus/metric-names";
import { brokenRules, compareGroups, unknownMetrics } from "../../tools/check/prometheus/rules";
import { compareTargets, declaredTargets, downTargets } from "../../tools/check/prometheus/targets";
import { attempt, containers, docker, inspect } from "./support/docker";
import { DockerProducer } from "./support/docker-stream";
import { engineHindrance, healthy, killMain, restartEngine, snapshot, sweep, touched } from "./support/faults";
import { E2eStack, unexpected, wrong } from "./support/stack";
import { type Acknowledged, consumeAll, lost } from "./support/stream";

/** One broker with everything that watches it. */
const NAME = "e2e";
const TOPIC = "e2e-sequence";
const BROKER = { workload: "kafka", replica: 0 };
const CONTAINERS = ["kafka-0", "kafka-exporter", "node-exporter", "prometheus-0"].map((name) => `${NAME}-${name}`);

describe("a stack on a Docker engine", () => {
  const stack = new E2eStack(NAME, {
    system: "kafka",
    publish: "loopback",
    kafkaRmi: true,
    kafkaPort: 19092,
    kafkaRmiPort: 19101,
    prometheusPort: 19090,
  });
  const engine = new DockerStack(NAME);
  const sent: Acknowledged[] = [];
  const tool = (name: string, ...args: string[]) =>
    engine.exec(BROKER, [`${BIN}/${name}.sh`, "--bootstrap-server", "kafka-0:29092", ...args]);

  beforeAll(() => sweep(NAME));
  afterAll(async () => {
    await sweep(NAME);
    stack.forget();
  });

  it("comes up although npm start was killed at three points of its way", async () => {
    const exists = async (name: string) => `${NAME}-${name}` in (await containers(NAME));
    const points = [
      async () => Object.keys(await containers(NAME)).length > 0,
      async () => exists("kafka-0"),
      async () => exists("kafka-topics"),
    ];
    for (const killWhen of points) expect((await stack.run("up", ["--yes"], { killWhen })).code).toBeNull();
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
  });

  it("passes npm run check, which fails for a stack that is not there", async () => {
    const good = await stack.run("check");
    expect(wrong(good.output)).toEqual([]);
    expect(good.code).toBe(0);
    const absent = new E2eStack("e2e-none", {});
    const none = await absent.run("check");
    absent.forget();
    expect(none.output).toContain("no container has the label datastack.stack=e2e-none");
    expect(none.code).toBe(1);
  });

  it("is not touched by a second npm start, within 20 s", async () => {
    const before = await snapshot(engine);
    const again = await stack.run("up", ["--yes"]);
    expect(again.code).toBe(0);
    expect(touched(before, await snapshot(engine))).toEqual([]);
  });

  it("lets every tool work in the broker's own container while agent and RMI answer", async () => {
    const ok = async (name: string, ...args: string[]) => {
      const { code, stdout, stderr } = await tool(name, ...args);
      expect(stderr).not.toMatch(/ERROR|Exception/);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const beside = async <T>(work: () => Promise<T>): Promise<T> => {
      const [result, agent, rmi] = await Promise.all([
        work(),
        agentMetrics(engine, BROKER, PORTS.metrics),
        rmiAnswers(engine, BROKER, 19101),
      ]);
      expect(agent).toMatch(/^kafka_server_/m);
      expect(rmi).toBe(true);
      return result;
    };
    await beside(() => ok("kafka-topics", "--create", "--topic", TOPIC, "--partitions", "6"));
    const listed = await beside(() => ok("kafka-topics", "--list"));
    expect(listed.trim().split("\n")).toEqual(
      expect.arrayContaining(["rawalert", "rawarticle", "rawticker", "rawtrade", TOPIC]),
    );
    expect(await beside(() => ok("kafka-configs", "--describe", "--topic", "rawticker"))).toContain(
      "retention.ms=604800000",
    );
    await beside(async () => {
      const words = ["one", "two", "three"].join("\n");
      const send = `printf '${words}\\n' | ${BIN}/kafka-console-producer.sh --bootstrap-server kafka-0:29092 --topic rawalert`;
      const { code, stderr } = await engine.exec(BROKER, ["bash", "-c", send]);
      expect(code, stderr).toBe(0);
    });
    const read = ["--topic", "rawalert", "--from-beginning", "--max-messages", "3", "--timeout-ms", "55000"];
    const received = await beside(() => ok("kafka-console-consumer", ...read));
    expect(received.trim().split("\n").sort()).toEqual(["one", "three", "two"]);
  });

  it("shows why: with the agent in KAFKA_OPTS the same tool dies on the broker's port", async () => {
    const arguments_ = (await engine.exec(BROKER, ["bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'"])).stdout;
    const agent = arguments_.split("\n").find((argument) => argument.startsWith("-javaagent:"));
    expect(agent).toBeDefined();
    const list = [`${BIN}/kafka-topics.sh`, "--bootstrap-server", "kafka-0:29092", "--list"];
    const { code, stdout, stderr } = await engine.exec(BROKER, list, { env: { KAFKA_OPTS: agent ?? "" } });
    expect(stdout + stderr).toContain("java.net.BindException");
    expect(code).not.toBe(0);
  });

  it("has exactly the declared targets, all up in three scrapes", async () => {
    const { targets } = stack.watched;
    const seen = new Map<string, Set<string>>();
    for (let end = Date.now() + 90_000; Date.now() < end; await sleep(5000)) {
      const active = await stack.prometheus.activeTargets();
      expect(compareTargets(declaredTargets(targets, undefined), active)).toEqual([]);
      expect(downTargets(active)).toEqual([]);
      for (const { labels, lastScrape } of active) {
        const key = `${labels.job}/${labels.instance}`;
        seen.set(key, (seen.get(key) ?? new Set()).add(lastScrape));
      }
      if ([...seen.values()].every((scrapes) => scrapes.size >= 3)) break;
    }
    expect([...seen].filter(([, scrapes]) => scrapes.size < 3)).toEqual([]);
  });

  it("evaluates every rule, and no rule names a metric that does not exist", async () => {
    const groups = await stack.prometheus.ruleGroups();
    expect(compareGroups(stack.watched.groups, groups)).toEqual([]);
    expect(brokenRules(groups)).toEqual([]);
    const { missing } = unknownMetrics(groups, await stack.prometheus.metricNames(), await metricNameFinder());
    expect(missing).toEqual([]);
  });

  it("touches nothing but Prometheus when a rule changes", async () => {
    const before = await snapshot(engine);
    stack.configure({ runbooks: "https://runbooks.example.com" });
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    expect(touched(before, await snapshot(engine)).filter((name) => name !== `${NAME}-prometheus-0`)).toEqual([]);
    const rules = (await stack.prometheus.ruleGroups()).flatMap((group) => group.rules);
    const runbooks = rules.flatMap((rule) => rule.annotations?.runbook_url ?? []);
    expect(runbooks.length).toBeGreaterThan(0);
    expect(runbooks.filter((url) => !url.startsWith("https://runbooks.example.com/"))).toEqual([]);
  });

  it.each(CONTAINERS)("has %s healthy again within 3 minutes of its death, without Pulumi", async (container) => {
    sent.push(...(await during(1 + CONTAINERS.indexOf(container), () => killMain(container), [container])));
  });

  it("is healthy again within 3 minutes of the engine's restart, without Pulumi", async (context) => {
    const hindrance = await engineHindrance(NAME);
    if (hindrance) return context.skip(`the engine is not restarted: ${hindrance}`);
    sent.push(...(await during(9, restartEngine, CONTAINERS)));
  });

  it("has lost none of the messages that it acknowledged during the faults", async () => {
    expect(sent.length).toBeGreaterThanOrEqual(10_000);
    await complete();
  });

  it("has topics and data after destroy and up on its kept volumes", async () => {
    expect((await stack.run("down", ["--yes"])).code).toBe(0);
    expect(await containers(NAME)).toEqual({});
    expect((await stack.run("up", ["--yes"])).code).toBe(0);
    await complete();
    const { output } = await stack.run("check");
    // Kafka counts the return of a killed broker as an unclean election where it has the only copy, and Prometheus remembers
    expect(unexpected(output)).toEqual([]);
    expect((output.match(/\w+(?= fires: )/g) ?? []).filter((name) => name !== "KafkaUncleanLeaderElection")).toEqual(
      [],
    );
  });

  it("comes up again when containers, network and a volume were removed by hand, and says which volume", async () => {
    const volume = `${NAME}-prometheus-0-data`;
    await docker("rm", "--force", ...Object.keys(await containers(NAME)));
    await docker("network", "rm", NAME);
    await docker("volume", "rm", volume);
    const { code, output } = await stack.run("up", ["--yes"]);
    expect(code).toBe(0);
    expect(output).toContain(`The engine no longer has the volumes ${volume}:`);
    await complete();
  });

  it("leaves nothing when it is taken down with its volumes", async () => {
    expect((await stack.run("down", ["--yes", "--volumes"])).code).toBe(0);
    expect(await containers(NAME)).toEqual({});
    const label = `label=datastack.stack=${NAME}`;
    expect(await docker("volume", "ls", "--quiet", "--filter", label)).toBe("");
    await attempt(
      "rm",
      "--force",
      ...(await docker("ps", "-aq", "--filter", `label=datastack.e2e=${NAME}`)).split("\n"),
    );
    expect(await docker("network", "ls", "--quiet", "--filter", label)).toBe("");
  });

  /** Sends before, during and after a fault; one producer lives through it where the fault lets it. */
  async function during(prefix: number, fault: () => Promise<void>, affected: readonly string[]) {
    const producer = await DockerProducer.start(stack, { topic: TOPIC, prefix, rate: 400 });
    await producer.reached(800, 60);
    await fault();
    await healthy(affected, 180);
    const survivor = (await inspect(producer.container)).State.Running
      ? producer
      : await DockerProducer.start(stack, { topic: TOPIC, prefix: prefix + 90, rate: 400 });
    await survivor.reached((await survivor.acknowledged()).length + 1600, 120);
    const acknowledged = await producer.stop();
    return survivor === producer ? acknowledged : [...acknowledged, ...(await survivor.stop())];
  }

  async function complete(): Promise<void> {
    const found = await consumeAll(stack.kafka.tools(BROKER), TOPIC);
    expect(lost(sent, found)).toEqual([]);
  }
});
