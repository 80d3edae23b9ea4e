import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../stacks/config";
import { ownImages } from "../../stacks/images";
import { declareStack } from "../../stacks/systems";
import {
  type Demand,
  freeSpace,
  isFree,
  judge,
  type Machine,
  memoryOf,
  publishedPorts,
  refuseProblems,
} from "../../tools/pulumi/preflight";

const GIB = 2 ** 30;
const DEMAND: Demand = {
  stack: "dev",
  ports: [{ port: 9092, address: "127.0.0.1", owner: "kafka-0 (client)" }],
  memory: 3 * GIB,
  cache: 12 * GIB,
};
const MACHINE: Machine = { memory: 8 * GIB, disk: { path: "/cache", free: 50 * GIB }, busy: [] };

function plansOf(config: Record<string, string>) {
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [`datastack:${key}`, value]));
  return declareStack("dev", parseConfig(own).config).blueprint.plans();
}

describe("what stands in the way of a stack", () => {
  it("is nothing on a machine that has all", () => {
    expect(judge(DEMAND, MACHINE)).toEqual([]);
    expect(() => refuseProblems("dev", [])).not.toThrow();
  });

  it("comes in one message, each problem with what to do", () => {
    const machine: Machine = {
      memory: 2 * GIB,
      disk: { path: "/cache", free: GIB },
      busy: DEMAND.ports,
    };
    expect(() => refuseProblems("dev", judge(DEMAND, machine))).toThrow(
      [
        "3 problems in the way of stack dev; nothing was changed.",
        "  - Port 9092 on 127.0.0.1 is in use by something else; kafka-0 (client) needs it. Stop that (ss -ltnp 'sport = :9092' names it), or choose another port in Pulumi.dev.yaml.",
        "  - The stack may use 3.0 GiB of memory, and the machine has 2.0 GiB. Lower datastack:kafkaMemory, or use a larger machine.",
        "  - 12.0 GiB are needed below /cache, and 1.0 GiB are free. Make room, or set DATASTACK_CACHE to a folder on another disk.",
      ].join("\n"),
    );
    expect(() => refuseProblems("dev", ["One."])).toThrow("1 problem in the way");
  });

  it("is judged by the ports that the stack's plans publish", () => {
    expect(plansOf({}).length).toBeGreaterThan(0);
    expect(publishedPorts(plansOf({}))).toEqual([]);
    const ports = publishedPorts(
      plansOf({ publish: "loopback", kafkaBrokers: "3", kafkaPort: "19092", kafkaRmi: "true" }),
    );
    const byPort = Object.fromEntries(
      ports.map(({ port, address, owner }) => [port, `${owner.split(" ")[0]} ${address}`]),
    );
    expect(byPort).toEqual({
      19092: "kafka-0 127.0.0.1",
      19093: "kafka-1 127.0.0.1",
      19094: "kafka-2 127.0.0.1",
      9101: "kafka-0 127.0.0.1",
      9102: "kafka-1 127.0.0.1",
      9103: "kafka-2 127.0.0.1",
      9090: "prometheus 127.0.0.1",
      3000: "grafana 127.0.0.1",
      6380: "redis 127.0.0.1",
      8000: "market-api 127.0.0.1",
      9093: "alertmanager 127.0.0.1",
      15432: "timescaledb 127.0.0.1",
    });
  });

  it("needs the images that its plans run, and no other of the table", () => {
    const images = (stack: string, own: Record<string, string>) => {
      const { config } = parseConfig(Object.fromEntries(Object.entries(own).map(([k, v]) => [`datastack:${k}`, v])));
      return ownImages(config, declareStack(stack, config).blueprint.plans());
    };
    const cryptoViz = [
      "kafka",
      "prometheus",
      "nodeExporter",
      "timescaledb",
      "redis",
      "redisExporter",
      "postgresExporter",
      "alertmanager",
      "grafana",
      "market",
    ];
    expect(images("dev", {})).toEqual(cryptoViz);
    expect(images("dev", { leftOut: '["grafana"]' })).toEqual(cryptoViz.filter((name) => name !== "grafana"));
    const named = JSON.stringify({ kafka: "registry.example.com/kafka:1", market: "registry.example.com/market:1" });
    expect(images("dev", { images: named })).toEqual(cryptoViz.filter((name) => !/^(kafka|market)$/.test(name)));
    expect(images("own", { system: "kafka" })).toEqual(["kafka", "prometheus", "nodeExporter"]);
    const gauzian = images("gauzian", { target: "kubernetes", clusterMetrics: "true" });
    expect(gauzian).toEqual(["prometheus", "alertmanager", "grafana", "kubeStateMetrics", "files"]);
  });

  it("is judged by the memory limits of everything that runs at once", () => {
    const one = memoryOf(plansOf({ kafkaMemory: "1Gi" }));
    const three = memoryOf(plansOf({ kafkaMemory: "1Gi", kafkaBrokers: "3" }));
    expect(one).toBeGreaterThan(GIB);
    expect(three - one).toBe(2 * GIB);
  });

  it("finds a port that is listened on, and not one that is free", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    expect(await isFree(port, "127.0.0.1")).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree(port, "127.0.0.1")).toBe(true);
  });

  it("finds the space for a folder that is not there yet, nor the one above it", () => {
    const folder = path.join(os.tmpdir(), "datastack-none", "such", "cache");
    const { path: named, free } = freeSpace(folder);
    expect(named).toBe(folder);
    expect(free).toBeGreaterThan(0);
  });
});
