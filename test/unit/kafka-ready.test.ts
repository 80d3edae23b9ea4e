import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Kafka } from "../../components/kafka";
import type { Target } from "../../components/target/target";
import { kafkaArgs, target } from "../support/kafka";
import { scriptRoom } from "../support/kafka-scripts";

const { at, lay, bashBeside } = scriptRoom();

interface Broker {
  state: string;
  lacking: string;
}

/** Broker i answers at 127.0.0.(i + 1), all of them at one port. */
const host = (broker: number) => `127.0.0.${broker + 1}`;
let brokers: Broker[] = [];
let servers: Server[] = [];
let port = 0;

const listen = (server: Server, at: number, address: string) =>
  new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, address, () => resolve((server.address() as { port: number }).port));
  });

beforeEach(async () => {
  brokers = [0, 1, 2].map(() => ({ state: "3.0", lacking: "0.0" }));
  servers = brokers.map((_, i) =>
    createServer((request, response) => {
      const broker = brokers[i];
      const name = new URL(request.url ?? "", "http://x").searchParams.get("name[]");
      const values = new Map([
        ["kafka_server_kafkaserver_brokerstate", broker?.state],
        ["kafka_server_replicamanager_underreplicatedpartitions", broker?.lacking],
      ]);
      response.end(`# HELP ${name} x\n# TYPE ${name} gauge\n${name} ${values.get(name ?? "")}\n`);
    }),
  );
  port = 0;
  for (const [i, server] of servers.entries()) port = await listen(server, port, host(i));
});
afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

async function probe(count = 3) {
  const at = { ...target, host: (_: string, i?: number) => host(i ?? 0) } as Target;
  const [service] = Kafka.plan("kafka", kafkaArgs({ brokers: count, target: at })).services ?? [];
  lay(service?.files, (text) => text.replaceAll("9404", `${port}`));
  return await bashBeside("ready.sh", { DATASTACK_REPLICA: "0" });
}

describe("a broker is ready", () => {
  test("when it runs and no broker leads a partition that lacks a copy", async () => {
    expect(await probe()).toEqual({ status: 0, stdout: "" });
    expect(existsSync(at("tmp/kafka-whole"))).toBe(true);
  });

  test("not while it does not run", async () => {
    brokers[0] = { state: "1.0", lacking: "0.0" };
    expect(await probe()).toEqual({ status: 1, stdout: "broker state is 1, not 3\n" });
  });

  test("not while it does not answer", async () => {
    await new Promise((resolve) => servers[0]?.close(resolve));
    expect(await probe()).toEqual({ status: 1, stdout: "broker state is unknown, not 3\n" });
  });

  test("not before all copies are in sync again, its own partitions' and those of others", async () => {
    brokers = [
      { state: "3.0", lacking: "1.0" },
      { state: "3.0", lacking: "12.0" },
      { state: "3.0", lacking: "0.0" },
    ];
    expect(await probe()).toEqual({ status: 1, stdout: "the broker runs; 13 partitions lack a copy in sync\n" });
    brokers = brokers.map((broker) => ({ ...broker, lacking: "0.0" }));
    expect((await probe()).status).toBe(0);
  });

  test("though others lack copies later: that is no reason to restart or to empty the Service", async () => {
    expect((await probe()).status).toBe(0);
    brokers[1] = { state: "3.0", lacking: "5.0" };
    expect((await probe()).status).toBe(0);
    brokers[0] = { state: "6.0", lacking: "0.0" };
    expect((await probe()).status).toBe(1);
  });

  test("without one that does not answer: what that led, others lead and count", async () => {
    await new Promise((resolve) => servers[2]?.close(resolve));
    expect((await probe()).status).toBe(0);
  });

  test("after five minutes of waiting, so that what would mend a copy is not held up by it", async () => {
    brokers[1] = { state: "3.0", lacking: "5.0" };
    const now = Math.floor(Date.now() / 1000);
    writeFileSync(at("tmp/kafka-running"), `${now - 280}\n`);
    expect((await probe()).status).toBe(1);
    writeFileSync(at("tmp/kafka-running"), `${now - 301}\n`);
    expect((await probe()).status).toBe(0);
  });

  test("alone when it runs, asking nobody", async () => {
    brokers[0] = { state: "3.0", lacking: "5.0" };
    expect((await probe(1)).status).toBe(0);
    expect(existsSync(at("tmp/kafka-whole"))).toBe(false);
  });
});
