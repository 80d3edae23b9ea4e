import { describe, expect, test } from "vitest";
import { Kafka, type KafkaArgs, type KafkaExposure } from "../../components/kafka";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Workload } from "../../components/target/workload";
import { parseConfig } from "../../stacks/config";
import { broker } from "../../stacks/crypto-viz-kafka";
import { fileOf, kafkaArgs } from "../support/kafka";

const plan = (args: Partial<KafkaArgs> = {}) => Kafka.plan("kafka", kafkaArgs(args));

function service(args: Partial<KafkaArgs> = {}): Workload {
  const [workload] = plan(args).services ?? [];
  if (!workload) throw new Error("no service");
  return workload;
}

function server(broker: number, args: Partial<KafkaArgs> = {}): Record<string, string> {
  const text = fileOf(service(args).perReplica?.(broker).files, `server-${broker}.properties`);
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(/=(.*)/s) as [string, string]),
  );
}

function preparation(broker: number, args: Partial<KafkaArgs> = {}) {
  const made = service(args).volumes?.[0]?.prepare?.(broker);
  if (!made) throw new Error("no preparation");
  return made;
}

describe("a broker's configuration", () => {
  test("names every controller, so that a node finds the quorum through any of them", () => {
    expect(server(1, { brokers: 3 })["controller.quorum.bootstrap.servers"]).toBe(
      "kafka-0:9093,kafka-1:9093,kafka-2:9093",
    );
    expect(server(1, { brokers: 3 })["controller.quorum.auto.join.enable"]).toBe("true");
  });

  test("keeps three copies with three brokers, of which one may be missing, and one with one", () => {
    const keys = [
      "default.replication.factor",
      "min.insync.replicas",
      "offsets.topic.replication.factor",
      "transaction.state.log.replication.factor",
      "transaction.state.log.min.isr",
      "share.coordinator.state.topic.replication.factor",
      "share.coordinator.state.topic.min.isr",
    ];
    const values = (args: Partial<KafkaArgs>) => keys.map((key) => Number(server(0, args)[key]));
    expect(values({})).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(values({ brokers: 3 })).toEqual([3, 2, 3, 3, 2, 3, 2]);
    expect(values({ brokers: 5 })).toEqual([3, 2, 3, 3, 2, 3, 2]);
  });

  test("tells clients inside the replica's name and clients outside their host port", () => {
    expect(server(2, { brokers: 3 })["advertised.listeners"]).toBe("INSIDE://kafka-2:29092,CONTROLLER://kafka-2:9093");
    const publish = { port: 19092, address: "0.0.0.0", advertisedHost: "kafka.example.org" };
    expect(server(2, { brokers: 3, publish })["advertised.listeners"]).toBe(
      "INSIDE://kafka-2:29092,CONTROLLER://kafka-2:9093,OUTSIDE://kafka.example.org:19094",
    );
    expect(server(0, { publish: { address: "::1" } })["advertised.listeners"]).toMatch(/,OUTSIDE:\/\/\[::1\]:9092$/);
  });

  test("takes settings that are not the component's, and never lets them replace its own", () => {
    const config = { "log.retention.ms": 1000, "auto.create.topics.enable": true, "log.dirs": "/elsewhere" };
    const properties = server(0, { config } as Partial<KafkaArgs>);
    expect(properties["log.retention.ms"]).toBe("1000");
    expect(properties["auto.create.topics.enable"]).toBe("true");
    expect(properties["log.dirs"]).toBe("/var/lib/kafka/data");
  });
});

describe("ports", () => {
  test("publishes one host port per broker and never the controller's", () => {
    const { ports, perReplica } = service({ brokers: 3, publish: {} });
    expect(Object.values(ports).every((port) => port.publish === undefined)).toBe(true);
    expect([0, 1, 2].map((i) => perReplica?.(i).publish)).toEqual([
      { outside: { host: 9092, address: "127.0.0.1" } },
      { outside: { host: 9093, address: "127.0.0.1" } },
      { outside: { host: 9094, address: "127.0.0.1" } },
    ]);
  });

  test("has a Service for each broker, and tells clients its host and port", () => {
    const target = new KubernetesTarget({ stack: "prod" });
    const told = (broker: number, expose: KafkaExposure) =>
      server(broker, { brokers: 3, target, expose })["advertised.listeners"]?.split(",OUTSIDE://")[1];
    const exposed = (broker: number, expose: KafkaExposure) =>
      service({ brokers: 3, target, expose }).perReplica?.(broker).expose?.outside;
    const from = ["10.0.0.0/8"];
    const balanced: KafkaExposure = {
      by: "LoadBalancer",
      hosts: "kafka-{broker}.example.org",
      from,
      annotations: { "external-dns.alpha.kubernetes.io/hostname": "{host}", index: "{broker}" },
    };
    expect(told(2, balanced)).toBe("kafka-2.example.org:9092");
    expect(exposed(2, balanced)).toEqual({
      by: "LoadBalancer",
      port: 9092,
      from,
      annotations: { "external-dns.alpha.kubernetes.io/hostname": "kafka-2.example.org", index: "2" },
    });
    const nodes: KafkaExposure = { by: "NodePort", hosts: "nodes.example.org", from };
    expect([0, 1, 2].map((i) => told(i, nodes))).toEqual([0, 1, 2].map((i) => `nodes.example.org:${32_092 + i}`));
    expect(exposed(1, nodes)).toEqual({ by: "NodePort", port: 32_093, from });
    expect(told(1, { ...nodes, hosts: ["a", "2001:db8::1", "c"], port: 31_000 })).toBe("[2001:db8::1]:31001");
    expect(service({ brokers: 3, target, expose: nodes }).ports.outside).toEqual({ port: 9092 });
    expect(service({ brokers: 3, target }).perReplica?.(0)).not.toHaveProperty("expose");
  });

  test("has outside what the stacks' configuration says", () => {
    const expose = { by: "NodePort", hosts: ["a", "b", "c"], from: ["10.0.0.0/8"], port: 31_000 };
    const configured = (all: Record<string, string>) => parseConfig({ "datastack:target": "kubernetes", ...all });
    const given = configured({ "datastack:kafkaExpose": JSON.stringify(expose), "datastack:kafkaRack": "required" });
    expect(given.problems).toEqual([]);
    expect(broker(given.config)).toMatchObject({ expose, rack: "required" });
    // As Pulumi.yaml has them for a key that is not given.
    const none = configured({ "datastack:kafkaExpose": "{}", "datastack:kafkaRack": "" });
    expect(none.problems).toEqual([]);
    for (const key of ["expose", "rack"]) expect(broker(none.config)).not.toHaveProperty(key);
  });

  test("publishes nothing by default", () => {
    expect(service().perReplica?.(0).publish).toEqual({});
    expect(Object.keys(service().ports)).toEqual(["inside", "controller", "metrics"]);
  });

  test("gives each broker an RMI port of its own, the same inside and outside", () => {
    const { ports, perReplica } = service({ brokers: 3, rmi: { publish: {} } });
    expect(ports["rmi-2"]).toEqual({ port: 9103 });
    expect(perReplica?.(2).publish).toEqual({ "rmi-2": { host: 9103, address: "127.0.0.1" } });
  });
});

describe("what reaches the broker's process alone", () => {
  const start = (args: Partial<KafkaArgs> = {}) => fileOf(service(args).files, "start.sh");

  test("is exported by the start script and is not in the container's environment", () => {
    const workload = service({ heap: "512Mi", rmi: {}, jvm: ["-Duser.timezone=UTC"], env: { TZ: "UTC" } });
    expect(workload.env).toEqual({ TZ: "UTC" });
    const text = fileOf(workload.files, "start.sh");
    expect(text).toMatch(/^EXTRA_ARGS="-Xms512m -Xmx512m -XX:\+ExitOnOutOfMemoryError -Duser.timezone=UTC"$/m);
    expect(text).toContain("=9404:/opt/datastack/kafka/jmx.yaml");
    expect(text).not.toMatch(/KAFKA_(OPTS|HEAP_OPTS|JMX_OPTS)|JMX_PORT|JAVA_TOOL_OPTIONS/);
  });

  test("has a heap of half the memory, at most 5Gi", () => {
    const heap = (memory: "1536Mi" | "64Gi") => /-Xmx(\d+)m/.exec(start({ resources: { cpu: 1, memory } }))?.[1];
    expect(heap("1536Mi")).toBe("768");
    expect(heap("64Gi")).toBe("5120");
  });

  test("has RMI on request only", () => {
    expect(start()).not.toContain("jmxremote");
    expect(start({ rmi: {} })).toContain("-Dcom.sun.management.jmxremote.rmi.port=$rmi");
  });

  test("begins with what the start scripts parse no further than", () => {
    // kafka-run-class.sh stops at the first option that it does not know: -name and -loggc would have to come first.
    expect(start({ rmi: {} })).not.toMatch(/-name|-loggc/);
  });
});

describe("a volume's preparation", () => {
  test("begins the cluster on the first node only; all others join", () => {
    const modes = [0, 1, 2].map((i) => preparation(i, { brokers: 3 }).env?.MODE);
    expect(modes).toEqual(["bootstrap", "join", "join"]);
  });

  test("asks the other controllers before it begins a cluster, and may reach them", () => {
    const { env, reaches } = preparation(0, { brokers: 3 });
    expect(env?.PEERS).toBe("kafka-1 kafka-2");
    expect(reaches?.map((to) => to.port)).toEqual([9093]);
    expect(preparation(1, { brokers: 3 }).reaches).toBeUndefined();
  });

  test("makes a recovered node join, the first too, unless it is the only one", () => {
    expect(preparation(0, { brokers: 3, recover: [0] }).env).toMatchObject({ MODE: "join", RECOVER: "true" });
    expect(preparation(1, { brokers: 3, recover: [1] }).env).toMatchObject({ MODE: "join", RECOVER: "true" });
    expect(preparation(0, { recover: [0] }).env).toMatchObject({ MODE: "bootstrap", RECOVER: "true" });
  });

  test("stays as it is when brokers are configured differently", () => {
    const changed: Partial<KafkaArgs> = {
      heap: "256Mi",
      config: { "num.io.threads": 4 },
      publish: {},
      rmi: {},
      metrics: { partitions: true },
      topics: { orders: {} },
      jvm: ["-Da=b"],
    };
    expect(JSON.stringify(preparation(0, changed))).toBe(JSON.stringify(preparation(0)));
    expect(JSON.stringify(preparation(1, { brokers: 3 }))).toBe(
      JSON.stringify(preparation(1, { brokers: 3, publish: {} })),
    );
  });

  test("has the same cluster id on all nodes, every time, and another one for another stack", () => {
    const id = (args: Partial<KafkaArgs>, broker = 0) => preparation(broker, args).env?.CLUSTER_ID;
    expect(id({ brokers: 3 }, 2)).toBe(id({}));
    expect(id({})).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{20}[AQgw]$/);
    const { target } = kafkaArgs();
    expect(id({ target: { ...target, stack: "prod" } })).not.toBe(id({}));
    expect(id({ clusterId: "AAAAAAAAAAAAAAAAAAAAAQ" })).toBe("AAAAAAAAAAAAAAAAAAAAAQ");
  });
});

describe("faces", () => {
  test("connection names every broker", () => {
    expect(Kafka.connection("kafka", kafkaArgs({ brokers: 3 }))).toMatchObject({
      id: "kafka",
      kind: "kafka",
      port: 29092,
      peer: { workload: "kafka" },
      endpoints: ["kafka-0:29092", "kafka-1:29092", "kafka-2:29092"],
    });
  });

  test("monitoring scrapes the agent of every broker", () => {
    const { targets, rules } = Kafka.monitoring("kafka", kafkaArgs({ brokers: 3 }));
    expect(targets).toMatchObject([{ job: "kafka", workload: "kafka", replicas: 3, port: { number: 9404 } }]);
    expect(rules.flatMap((group) => group.alerts ?? []).length).toBeGreaterThan(10);
  });

  test("an existing cluster has topics and nothing else", () => {
    const existing = { bootstrap: ["b-1.example.org:9098", "b-2.example.org:9098"], cidrs: ["10.0.0.0/16"] };
    const args = kafkaArgs({ existing, topics: { orders: { partitions: 3 } } });
    const { services, jobs } = Kafka.plan("kafka", args);
    expect(services).toBeUndefined();
    expect(jobs).toMatchObject([
      { name: "kafka-topics", env: { BOOTSTRAP: "b-1.example.org:9098,b-2.example.org:9098" } },
    ]);
    expect(jobs?.[0]).not.toHaveProperty("restores");
    expect(fileOf(jobs?.[0]?.files, "topics.tsv")).toBe("topic\torders\t3\t-\n");
    expect(Kafka.connection("kafka", args)).toMatchObject({ port: 9098, peer: { cidrs: ["10.0.0.0/16"] } });
    expect(Kafka.monitoring("kafka", args)).toEqual({ targets: [], rules: [] });
  });

  test("no topics, no job, but for Kafka's own topics in a cluster that can have grown", () => {
    expect(plan().jobs).toEqual([]);
    expect(plan({ brokers: 3 }).jobs).toMatchObject([{ name: "kafka-topics", restores: ["kafka"] }]);
    expect(plan({ topics: { orders: {} } }).jobs).toMatchObject([{ name: "kafka-topics", restores: ["kafka"] }]);
  });
});

describe("the table of topics", () => {
  const table = (args: Partial<KafkaArgs>) =>
    fileOf(plan(args).jobs?.[0]?.files, "topics.tsv")
      .split("\n")
      .filter((line) => line.startsWith("topic\t"));

  test("has settings by their Kafka names, in order", () => {
    const topics = {
      rawticker: { partitions: 6, retention: "7d", compression: "lz4", segment: "512Mi" },
      audit: { retention: "forever", retentionSize: "2Gi", config: { "cleanup.policy": "compact,delete" } },
    } as const;
    expect(table({ topics })).toEqual([
      "topic\taudit\t1\t1\tcleanup.policy=compact,delete\tmin.insync.replicas=1\tretention.bytes=2147483648\tretention.ms=-1",
      "topic\trawticker\t6\t1\tcompression.type=lz4\tmin.insync.replicas=1\tretention.ms=604800000\tsegment.bytes=536870912",
    ]);
  });

  test("says for each topic how many copies must have a record, as its own number of copies allows", () => {
    const topics = { a: { replication: 1 }, b: { replication: 3 }, c: {}, d: { minInSyncReplicas: 3 } };
    expect(table({ brokers: 3, topics })).toEqual([
      "topic\ta\t1\t1\tmin.insync.replicas=1",
      "topic\tb\t1\t3\tmin.insync.replicas=2",
      "topic\tc\t1\t3\tmin.insync.replicas=2",
      "topic\td\t1\t3\tmin.insync.replicas=3",
    ]);
  });

  test("has the default of one's own cluster, as the brokers' configuration has it", () => {
    const row = (brokers: number) =>
      fileOf(plan({ brokers, topics: { a: {} } }).jobs?.[0]?.files, "topics.tsv").split("\n")[0];
    for (const brokers of [1, 3])
      expect(row(brokers)).toBe(
        `cluster\t-\t-\t-\tmin.insync.replicas=${server(0, { brokers })["min.insync.replicas"]}`,
      );
  });

  test("watches over the internal topics of one's own cluster", () => {
    const text = fileOf(plan({ brokers: 3, topics: { a: {} } }).jobs?.[0]?.files, "topics.tsv");
    expect(text.split("\n").filter((line) => line.startsWith("internal"))).toEqual([
      "internal\t__consumer_offsets\t-\t3",
      "internal\t__share_group_state\t-\t3\tmin.insync.replicas=2",
      "internal\t__transaction_state\t-\t3\tmin.insync.replicas=2",
    ]);
  });
});
