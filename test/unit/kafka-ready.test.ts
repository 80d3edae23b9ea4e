import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Kafka } from "../../components/kafka";
import type { Target } from "../../components/target/target";
import { fileOf, kafkaArgs, target } from "../support/kafka";
import { scriptRoom } from "../support/kafka-scripts";

const { at, lay, bashBeside } = scriptRoom();

interface Broker {
  state: string;
  /** Nothing: it takes the question and never answers. */
  lacking: string | undefined;
}

/** Broker i answers at 127.0.0.(i + 1), all of them at one port for metrics and one for the other brokers. */
const host = (broker: number) => `127.0.0.${broker + 1}`;
const RUNNING = { state: "3.0", lacking: "0.0" };
const LOOKING_AGAIN = { status: 1, stdout: "the broker runs; all copies are in sync, looking again\n" };
let brokers: Broker[] = [];
let agents: HttpServer[] = [];
let insides: Server[] = [];
const ports = { metrics: 0, inside: 0 };

const listen = (server: Server, at: number, address: string) =>
  new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, address, () => resolve((server.address() as { port: number }).port));
  });

beforeEach(async () => {
  brokers = [0, 1, 2].map(() => ({ ...RUNNING }));
  agents = brokers.map((_, i) =>
    createServer((request, response) => {
      const broker = brokers[i];
      const name = new URL(request.url ?? "", "http://x").searchParams.get("name[]");
      const values = new Map([
        ["kafka_server_kafkaserver_brokerstate", broker?.state],
        ["kafka_server_replicamanager_underreplicatedpartitions", broker?.lacking],
      ]);
      const value = values.get(name ?? "");
      if (value !== undefined) response.end(`# HELP ${name} x\n# TYPE ${name} gauge\n${name} ${value}\n`);
    }),
  );
  insides = brokers.map(() => createTcpServer());
  Object.assign(ports, { metrics: 0, inside: 0 });
  for (const [i, agent] of agents.entries()) ports.metrics = await listen(agent, ports.metrics, host(i));
  for (const [i, inside] of insides.entries()) ports.inside = await listen(inside, ports.inside, host(i));
});

const silence = (agent: HttpServer | undefined) =>
  new Promise((resolve) => {
    agent?.close(resolve);
    agent?.closeAllConnections();
  });
const stop = (broker: number) =>
  Promise.all([silence(agents[broker]), new Promise((resolve) => insides[broker]?.close(resolve))]);
afterEach(() => Promise.all(brokers.map((_, i) => stop(i))));

async function look({ count = 3, kind = "kubernetes" as Target["kind"] } = {}) {
  const at = { ...target, kind, host: (_: string, i?: number) => host(i ?? 0) } as Target;
  const [service] = Kafka.plan("kafka", kafkaArgs({ brokers: count, target: at })).services ?? [];
  lay(service?.files, (text) => text.replaceAll("9404", `${ports.metrics}`).replaceAll("29092", `${ports.inside}`));
  return await bashBeside("ready.sh", { DATASTACK_REPLICA: "0" });
}

const now = () => Math.floor(Date.now() / 1000);
const runningFor = (seconds: number) => writeFileSync(at("tmp/kafka-running"), `${now() - seconds}\n`);
const silentFor = (seconds: number) => writeFileSync(at("tmp/kafka-silent"), `${now() - seconds}\n`);
const lacks = (broker: number, lacking: string | undefined) => {
  brokers[broker] = { state: "3.0", lacking };
};

describe("a broker is ready", () => {
  test("when it runs and no broker leads a partition that lacks a copy, seen twice in a row", async () => {
    expect(await look()).toEqual(LOOKING_AGAIN);
    lacks(1, "1.0");
    expect(await look()).toEqual({ status: 1, stdout: "the broker runs; 1 partitions lack a copy in sync\n" });
    lacks(1, "0.0");
    expect(await look()).toEqual(LOOKING_AGAIN);
    expect(existsSync(at("tmp/kafka-whole"))).toBe(false);
    expect(await look()).toEqual({ status: 0, stdout: "" });
    expect(existsSync(at("tmp/kafka-whole"))).toBe(true);
  });

  test("not while it does not run", async () => {
    brokers[0] = { state: "1.0", lacking: "0.0" };
    expect(await look()).toEqual({ status: 1, stdout: "broker state is 1, not 3\n" });
  });

  test("not while it does not answer", async () => {
    await stop(0);
    expect(await look()).toEqual({ status: 1, stdout: "broker state is unknown, not 3\n" });
  });

  test("not before all copies are in sync again, its own partitions' and those of others", async () => {
    lacks(0, "1.0");
    lacks(1, "12.0");
    expect(await look()).toEqual({ status: 1, stdout: "the broker runs; 13 partitions lack a copy in sync\n" });
  });

  test("though others lack copies later: that is no reason to restart or to empty the Service", async () => {
    await look();
    expect((await look()).status).toBe(0);
    lacks(1, "5.0");
    expect((await look()).status).toBe(0);
    brokers[0] = { state: "6.0", lacking: "0.0" };
    expect((await look()).status).toBe(1);
  });

  test("without one that does not run: what that led, others lead and count", async () => {
    await stop(2);
    expect(await look()).toEqual(LOOKING_AGAIN);
    expect((await look()).status).toBe(0);
  });

  test("not while one runs that does not say, with a reason, and for five minutes at most", async () => {
    lacks(2, undefined);
    const waits = {
      status: 1,
      stdout: `the broker runs; 0 partitions lack a copy in sync; no answer from ${host(2)}\n`,
    };
    expect(await look()).toEqual(waits);
    silentFor(280);
    expect(await look()).toEqual(waits);
    silentFor(301);
    expect((await look()).status).toBe(0);
  });

  test("not while copies are on their way, an hour long when all answer", async () => {
    lacks(1, "5.0");
    runningFor(3570);
    expect((await look()).status).toBe(1);
    runningFor(3601);
    expect((await look()).status).toBe(0);
  });

  test("though copies lack, when one has been down for five minutes: a restart may be what mends it", async () => {
    lacks(1, "5.0");
    await stop(2);
    const waits = {
      status: 1,
      stdout: `the broker runs; 5 partitions lack a copy in sync; no answer from ${host(2)}\n`,
    };
    expect(await look()).toEqual(waits);
    silentFor(301);
    expect((await look()).status).toBe(0);
  });

  test("not because one was silent for a moment, however long copies take", async () => {
    lacks(1, "5.0");
    lacks(2, undefined);
    runningFor(1000);
    expect((await look()).status).toBe(1);
    lacks(2, "0.0");
    silentFor(301);
    expect((await look()).status).toBe(1);
    expect(existsSync(at("tmp/kafka-silent"))).toBe(false);
  });

  test("on Docker after five minutes: there nobody waits for it to restart another one", async () => {
    lacks(1, "5.0");
    runningFor(280);
    expect((await look({ kind: "docker" })).status).toBe(1);
    runningFor(301);
    expect((await look({ kind: "docker" })).status).toBe(0);
  });

  test("alone when it runs, asking nobody", async () => {
    lacks(0, "5.0");
    expect((await look({ count: 1 })).status).toBe(0);
    brokers[0] = { state: "1.0", lacking: "0.0" };
    expect(await look({ count: 1 })).toEqual({ status: 1, stdout: "broker state is 1, not 3\n" });
    expect(existsSync(at("tmp/kafka-running"))).toBe(false);
  });
});

describe("scripts of a single broker", () => {
  /** Of the stacks that run: with another text, an upgrade would restart their only broker. Change it for a reason that is worth that. */
  const RELEASED = {
    "start.sh": "2256e13b4b4115087a9cc67a233d9c2f914c44fdf6de6144a56c0792c12a86af",
    "ready.sh": "c1576946bffbee8818f611e8cba2ac65beb7d26072ea0c2af43a66917f29cc2c",
  };
  test.each(Object.entries(RELEASED))("%s is as it was released", (name, hash) => {
    const [service] = Kafka.plan("kafka", kafkaArgs()).services ?? [];
    expect(createHash("sha256").update(fileOf(service?.files, name)).digest("hex")).toBe(hash);
  });
});
