import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Kafka, type KafkaArgs, type Topic } from "../../components/kafka";
import type { Target } from "../../components/target/target";
import { kafkaArgs } from "../support/kafka";
import { scriptRoom } from "../support/kafka-scripts";

const { at, moved, lay, tool, bash } = scriptRoom();
const DATA = "var/lib/kafka/data";

const workload = (args: Partial<KafkaArgs>, name = "kafka") => {
  const [service] = Kafka.plan(name, kafkaArgs(args)).services ?? [];
  if (!service) throw new Error("no service");
  return service;
};

describe("start", () => {
  const start = (args: Partial<KafkaArgs> = {}, node = "1") => {
    const service = workload({ brokers: 3, ...args });
    lay([...(service.files ?? []), ...(service.perReplica?.(Number(node)).files ?? [])]);
    tool("kafka-server-start.sh", `env >"$ROOT/env"; echo "$@" >"$ROOT/started"`);
    return bash("start.sh", { DATASTACK_REPLICA: node });
  };
  const format = () => {
    mkdirSync(at(DATA));
    writeFileSync(at(`${DATA}/meta.properties`), "node.id=1\n");
  };

  test("refuses an empty volume with the way out, and starts nothing", () => {
    const { status, stderr } = start();
    expect(status).toBe(1);
    expect(stderr).toContain("kafka-1 does not start: its volume");
    expect(stderr).toContain("    npm start -- dev --recover kafka-1\n");
    expect(stderr).toContain("    pulumi config set --path 'datastack:kafkaRecover[0]' 1\n");
    expect(stderr).toContain("recover: [1]");
    expect(existsSync(at("started"))).toBe(false);
  });

  test("names the commands of the ready stacks only where they exist", () => {
    lay(workload({ brokers: 3 }, "events").files);
    const { status, stderr } = bash("start.sh", { DATASTACK_REPLICA: "1" });
    expect(status).toBe(1);
    expect(stderr).toContain("recover: [1] in the arguments of Kafka");
    expect(stderr).not.toMatch(/npm start|kafkaRecover/);
  });

  test("refuses a volume whose formatting was interrupted", () => {
    mkdirSync(at(`${DATA}/__cluster_metadata-0`), { recursive: true });
    expect(start().status).toBe(1);
  });

  test("says of the only broker that its data is gone", () => {
    expect(start({ brokers: 1 }, "0").stderr).toContain("It was the only broker");
  });

  test("gives heap, agent and RMI to the server alone", () => {
    format();
    mkdirSync(at("opt/prometheus-jmx-exporter"));
    writeFileSync(at("opt/prometheus-jmx-exporter/jmx_prometheus_javaagent-1.6.0.jar"), "");
    const { status, stderr } = start({ rmi: { publish: {} } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readFileSync(at("started"), "utf8")).toBe(moved("/opt/datastack/kafka/server-1.properties\n"));
    const env = Object.fromEntries(
      readFileSync(at("env"), "utf8")
        .split("\n")
        .map((line) => line.split(/=(.*)/s)),
    );
    expect(env.EXTRA_ARGS.split(" ")).toEqual([
      "-Xms512m",
      "-Xmx512m",
      "-XX:+ExitOnOutOfMemoryError",
      moved(
        "-javaagent:/opt/prometheus-jmx-exporter/jmx_prometheus_javaagent-1.6.0.jar=9404:/opt/datastack/kafka/jmx.yaml",
      ),
      "-Dcom.sun.management.jmxremote.port=9102",
      "-Dcom.sun.management.jmxremote.rmi.port=9102",
      "-Djava.rmi.server.hostname=127.0.0.1",
      "-Dcom.sun.management.jmxremote.authenticate=false",
      "-Dcom.sun.management.jmxremote.ssl=false",
    ]);
    for (const name of ["KAFKA_OPTS", "KAFKA_HEAP_OPTS", "KAFKA_JMX_OPTS", "JMX_PORT"])
      expect(env).not.toHaveProperty(name);
  });
});

describe("the rack of a broker on Kubernetes", () => {
  const kubernetes = { ...kafkaArgs().target, kind: "kubernetes" } as Target;
  const start = (args: Partial<KafkaArgs>, zone?: string) => {
    const service = workload({ brokers: 3, target: kubernetes, ...args });
    lay([...(service.files ?? []), ...(service.perReplica?.(1).files ?? [])]);
    mkdirSync(at(DATA));
    writeFileSync(at(`${DATA}/meta.properties`), "node.id=1\n");
    tool("kafka-server-start.sh", `printf '<%s>' "$@" >"$ROOT/started"`);
    const env = { DATASTACK_REPLICA: "1", ...(zone === undefined ? {} : { DATASTACK_ZONE: zone }) };
    return { ...bash("start.sh", env), started: existsSync(at("started")) && readFileSync(at("started"), "utf8") };
  };
  const properties = () => `<${moved("/opt/datastack/kafka/server-1.properties")}>`;

  test("is the zone of its node", () => {
    expect(start({}, "eu-1a").started).toBe(`${properties()}<--override><broker.rack=eu-1a>`);
  });

  test.each([[""], [undefined]])("is none where the zone is not known (%j), and says so", (zone) => {
    const { status, stdout, started } = start({}, zone);
    expect({ status, started }).toEqual({ status: 0, started: properties() });
    expect(stdout).toBe("kafka-1 has no rack: its zone is not known. Copies are placed without regard to zones.\n");
  });

  test("keeps a broker from starting where it is required and not known", () => {
    const { status, stderr, started } = start({ rack: "required" }, "");
    expect({ status, started }).toEqual({ status: 1, started: false });
    expect(stderr).toMatch(/^kafka-1 has no rack: its zone is not known, and rack is "required"\./);
    expect(stderr).toContain("topology.kubernetes.io/zone");
  });

  test("is asked for only where there are several brokers, and not against one's will", () => {
    expect(workload({ brokers: 3, target: kubernetes }).zone).toBe(true);
    for (const args of [
      { brokers: 1, target: kubernetes },
      { brokers: 3, target: kubernetes, rack: "off" } as const,
      { brokers: 3 },
    ]) {
      expect(workload(args)).not.toHaveProperty("zone");
      expect(
        workload(args)
          .files?.map(({ content }) => content)
          .join(),
      ).not.toContain("broker.rack");
    }
  });
});

describe("format", () => {
  const prepare = (node: number, args: Partial<KafkaArgs> = {}, port = 9) => {
    const preparation = workload({ brokers: 3, ...args }).volumes?.[0]?.prepare?.(node);
    lay(preparation?.files, (text) => text.replaceAll("/9093", `/${port}`));
    tool("kafka-storage.sh", `echo "$@" >"$ROOT/formatted"; mkdir -p "$ROOT/${DATA}"`);
    const peers = preparation?.env?.PEERS ? { PEERS: "127.0.0.1" } : {};
    return { ...bash("format.sh", { ...preparation?.env, ...peers }), id: preparation?.env?.CLUSTER_ID };
  };
  const formatted = () => (existsSync(at("formatted")) ? readFileSync(at("formatted"), "utf8") : undefined);
  const meta = (text: string) => {
    mkdirSync(at(DATA), { recursive: true });
    writeFileSync(at(`${DATA}/meta.properties`), text);
  };

  test("begins the cluster on node 0 and joins it on the others", () => {
    const { status, id } = prepare(0);
    expect(status).toBe(0);
    expect(formatted()).toBe(
      moved(`format --cluster-id=${id} --standalone --config /opt/datastack/kafka/format-0.properties\n`),
    );
    rmSync(at(DATA), { recursive: true });
    expect(prepare(2).status).toBe(0);
    expect(formatted()).toMatch(/ --no-initial-controllers --config .*format-2\.properties\n$/);
  });

  test("does nothing on a volume that is initialised", () => {
    const id = prepare(1).id;
    rmSync(at("formatted"));
    meta(`node.id=1\ncluster.id=${id}\n`);
    expect(prepare(1)).toMatchObject({
      status: 0,
      stdout: `The volume of kafka-1 is initialised: cluster ${id}, node 1.\n`,
    });
    expect(formatted()).toBeUndefined();
  });

  test("refuses the volume of another cluster and says how to keep it", () => {
    meta("node.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\n");
    const { status, stderr } = prepare(1);
    expect(status).toBe(1);
    expect(stderr).toContain("belongs to the cluster AAAAAAAAAAAAAAAAAAAAAQ; this stack's is");
    expect(stderr).toContain('clusterId: "AAAAAAAAAAAAAAAAAAAAAQ" in the arguments of Kafka');
    expect(prepare(1, { clusterId: "AAAAAAAAAAAAAAAAAAAAAQ" }).status).toBe(0);
    expect(formatted()).toBeUndefined();
  });

  test("refuses the volume of another node", () => {
    meta("node.id=2\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\n");
    const { status, stderr } = prepare(1, { clusterId: "AAAAAAAAAAAAAAAAAAAAAQ" });
    expect(status).toBe(1);
    expect(stderr).toContain("was initialised for node 2");
  });

  test("does over what an interrupted formatting left", () => {
    mkdirSync(at(`${DATA}/__cluster_metadata-0`), { recursive: true });
    writeFileSync(at(`${DATA}/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint`), "x");
    writeFileSync(at(`${DATA}/bootstrap.checkpoint`), "x");
    expect(prepare(0).status).toBe(0);
    expect(formatted()).toBeDefined();
    expect(existsSync(at(`${DATA}/bootstrap.checkpoint`))).toBe(false);
  });

  test.each([
    ["a topic's directory", "orders-0/00000000000000000000.log"],
    ["a metadata log", "__cluster_metadata-0/00000000000000000000.log"],
  ])("never formats over %s", (_, file) => {
    mkdirSync(join(at(DATA), file, ".."), { recursive: true });
    writeFileSync(join(at(DATA), file), "records");
    const { status, stderr } = prepare(0);
    expect(status).toBe(1);
    expect(stderr).toContain("holds data but no meta.properties");
    expect(formatted()).toBeUndefined();
    expect(readFileSync(join(at(DATA), file), "utf8")).toBe("records");
  });

  test("never formats over very many partitions", () => {
    const partitions = Array.from({ length: 3000 }, (_, i) => `a-topic-with-a-name-that-fills-the-pipe-${i}`);
    for (const partition of partitions) mkdirSync(join(at(DATA), partition), { recursive: true });
    const { status, stderr } = prepare(0);
    expect(status).toBe(1);
    expect(stderr).toContain("holds data but no meta.properties");
    expect(readdirSync(at(DATA))).toHaveLength(partitions.length);
  });

  test("does not begin a second cluster beside a volume of the first, though no controller answers", () => {
    const other = at("var/lib/kafka-others/2/data/__cluster_metadata-0");
    mkdirSync(other, { recursive: true });
    // All that formatting and a start without a quorum leave.
    writeFileSync(join(other, "00000000000000000000-0000000000.checkpoint"), "x");
    writeFileSync(join(other, "00000000000000000000.log"), "");
    expect(prepare(0).status).toBe(0);
    rmSync(at(DATA), { recursive: true });
    rmSync(at("formatted"));
    writeFileSync(join(other, "00000000000000000000.log"), "records");
    const { status, stderr } = prepare(0);
    expect(status).toBe(1);
    expect(stderr).toContain("The volume of kafka-0 is empty, but that of kafka-2 holds data. Nothing was changed.");
    expect(stderr).toContain("npm start -- dev --recover kafka-0");
    expect(formatted()).toBeUndefined();
    expect(prepare(0, { recover: [0] }).status).toBe(0);
    expect(formatted()).toContain("--no-initial-controllers");
  });

  test("does not begin a second cluster while a controller of the first answers", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    const { status, stderr } = prepare(0, {}, port);
    expect(status).toBe(1);
    expect(stderr).toContain("a controller of this cluster, is running. Nothing was changed.");
    expect(stderr).toContain("npm start -- dev --recover kafka-0");
    expect(formatted()).toBeUndefined();
    expect(prepare(0, { recover: [0] }, port).status).toBe(0);
    expect(formatted()).toContain("--no-initial-controllers");
    server.close();
  });
});

describe("topics", () => {
  /** Tools that know a cluster from two files and write down what they are asked to do. */
  const run = (
    topics: Record<string, Topic>,
    cluster: { topics?: string; configs?: string; minimum?: number } = {},
    brokers = 1,
  ) => {
    const [job] = Kafka.plan("kafka", kafkaArgs({ brokers, topics })).jobs ?? [];
    lay(job?.files);
    writeFileSync(at("topics"), cluster.topics ?? "");
    writeFileSync(at("configs"), cluster.configs ?? "");
    // As every cluster has it that began with eligible leader replicas.
    const setting = `min.insync.replicas=${cluster.minimum ?? (brokers > 1 ? 2 : 1)}`;
    const defaults = `  ${setting} sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:${setting}}\n`;
    writeFileSync(at("defaults"), `Default configs for brokers in the cluster are:\n${defaults}`);
    for (const kind of ["topics", "configs"]) {
      tool(
        `kafka-${kind}.sh`,
        `[[ $* == *--entity-default*--describe* ]] && exec cat "$ROOT/defaults"
[[ $* == *--describe* ]] && exec cat "$ROOT/${kind}"\necho "${kind} $*" >>"$ROOT/calls"\n`,
      );
    }
    const result = bash("topics.sh", { ...job?.env, BOOTSTRAP: "kafka-0:29092" });
    const calls = existsSync(at("calls")) ? readFileSync(at("calls"), "utf8").trim().split("\n").sort() : [];
    return { ...result, calls: calls.map((call) => call.replace("--bootstrap-server kafka-0:29092 ", "")) };
  };
  const described = (name: string, partitions: number, replication = 1) =>
    `Topic: ${name}\tTopicId: ZnAd3ZRvQ8q\tPartitionCount: ${partitions}\tReplicationFactor: ${replication}\tConfigs: \n\tTopic: ${name}\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0\n`;
  const configured = (name: string, ...settings: string[]) =>
    `Dynamic configs for topic ${name} are:\n${settings.map((setting) => `  ${setting} sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:${setting}}\n`).join("")}`;

  test("creates what is missing", () => {
    const { status, stdout, calls } = run({ "a.b-c": { partitions: 3, retention: "1d" }, b: {} });
    expect(status).toBe(0);
    expect(calls).toEqual([
      "topics --create --if-not-exists --topic a.b-c --partitions 3 --replication-factor 1 --config min.insync.replicas=1 --config retention.ms=86400000",
      "topics --create --if-not-exists --topic b --partitions 1 --replication-factor 1 --config min.insync.replicas=1",
    ]);
    expect(stdout).toMatch(/^a\.b-c +3 +1 {2}created$/m);
  });

  test("does nothing where nothing differs", () => {
    const topics = { a: { partitions: 3, retention: "1d", config: { "cleanup.policy": "compact,delete" } } } as const;
    const cluster = {
      topics: described("a", 3) + described("unmanaged", 1),
      configs:
        configured(
          "a",
          "cleanup.policy=compact,delete",
          "min.insync.replicas=1",
          "retention.ms=86400000",
          "max.message.bytes=1",
        ) + configured("unmanaged"),
    };
    const { status, stdout, calls } = run(topics, cluster);
    expect({ status, calls }).toEqual({ status: 0, calls: [] });
    expect(stdout).toMatch(/^a +3 +1 {2}unchanged$/m);
    expect(stdout).not.toContain("unmanaged");
  });

  test("widens and alters, and only what is declared", () => {
    const topics = { a: { partitions: 6, retention: "1d", config: { "cleanup.policy": "compact,delete" } } } as const;
    const cluster = {
      topics: described("a", 3),
      configs: configured("a", "min.insync.replicas=1", "retention.ms=1", "max.message.bytes=1"),
    };
    const { status, stdout, calls } = run(topics, cluster);
    expect(status).toBe(0);
    expect(calls).toEqual([
      "configs --entity-type topics --alter --entity-name a --add-config cleanup.policy=[compact,delete],retention.ms=86400000",
      "topics --alter --topic a --partitions 6",
    ]);
    expect(stdout).toMatch(/partitions 3 -> 6,cleanup\.policy default -> compact,delete,retention\.ms 1 -> 86400000$/m);
  });

  test("refuses everything that cannot be done together, before it does anything", () => {
    const cluster = { topics: described("a", 6, 3) + described("b", 1, 3) + described("lacking", 1, 1) };
    const topics = { a: { partitions: 3 }, b: { replication: 1 }, c: {}, lacking: {} };
    const { status, stderr, calls } = run(topics, cluster, 3);
    expect({ status, calls }).toEqual({ status: 1, calls: [] });
    expect(stderr).toContain("topics.a.partitions = 3: the topic has 6, and Kafka cannot remove partitions.");
    expect(stderr).toContain("topics.b.replication = 1: the topic has 3, and copies are not thrown away here.");
    expect(stderr).toContain("2 refused; nothing was changed.");
  });

  test("leaves copies in somebody else's cluster to them", () => {
    const existing = { bootstrap: ["kafka-0:29092"], cidrs: ["10.0.0.0/16"] };
    const [job] = Kafka.plan("kafka", kafkaArgs({ existing, topics: { a: { replication: 3 }, b: {} } })).jobs ?? [];
    lay(job?.files);
    writeFileSync(at("topics"), described("a", 1, 1) + described("b", 1, 2));
    tool("kafka-topics.sh", `[[ $* == *--describe* ]] && exec cat "$ROOT/topics"\necho "$*" >>"$ROOT/calls"`);
    tool("kafka-configs.sh", "true");
    const { status, stderr } = bash("topics.sh", { ...job?.env, BOOTSTRAP: "kafka-0:29092" });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^topics\.a\.replication = 3: the topic has 1, and moving data between somebody else's brokers/,
    );
    expect(stderr).toContain("\n1 refused; nothing was changed.\n");
    expect(existsSync(at("calls"))).toBe(false);
  });

  test("raises the minimum of a cluster that has grown, before that of its topics", () => {
    const cluster = { topics: described("a", 1, 3), configs: configured("a"), minimum: 1 };
    const { status, stdout, calls } = run({ a: {} }, cluster, 3);
    expect({ status, calls }).toEqual({
      status: 0,
      calls: [
        "configs --entity-type brokers --entity-default --alter --add-config min.insync.replicas=2",
        "configs --entity-type topics --alter --entity-name a --add-config min.insync.replicas=2",
      ],
    });
    expect(stdout).toContain("default of the cluster: min.insync.replicas 1 -> 2\n");
    expect(stdout).toMatch(/min\.insync\.replicas default -> 2$/m);
  });

  test("leaves the defaults of somebody else's cluster alone", () => {
    const existing = { bootstrap: ["kafka-0:29092"], cidrs: ["10.0.0.0/16"] };
    const [job] = Kafka.plan("kafka", kafkaArgs({ existing, topics: { a: {} } })).jobs ?? [];
    lay(job?.files);
    for (const kind of ["topics", "configs"]) tool(`kafka-${kind}.sh`, `echo "$*" >>"$ROOT/calls"`);
    expect(bash("topics.sh", { BOOTSTRAP: "kafka-0:29092" }).status).toBe(0);
    expect(readFileSync(at("calls"), "utf8")).not.toMatch(/entity-default|min\.insync/);
  });

  test("waits for the cluster and says what for", () => {
    const [job] = Kafka.plan("kafka", kafkaArgs({ topics: { a: {} } })).jobs ?? [];
    lay(job?.files);
    tool("kafka-configs.sh", "true");
    tool(
      "kafka-topics.sh",
      `echo x >>"$ROOT/tries"; (($(wc -l <"$ROOT/tries") > 2)) || { echo "[now] WARN not yet" >&2; exit 1; }`,
    );
    const { status, stdout } = bash("topics.sh", { BOOTSTRAP: "kafka-0:29092" });
    expect(status).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("waiting"))).toEqual([
      "waiting for kafka-0:29092: WARN not yet",
    ]);
  });

  test("shows what the tool said when it fails, and does the rest", () => {
    const [job] = Kafka.plan("kafka", kafkaArgs({ topics: { a: {}, b: {} } })).jobs ?? [];
    lay(job?.files);
    tool("kafka-configs.sh", "true");
    tool("kafka-topics.sh", `[[ $* == *"--topic a "* ]] && { echo "PolicyViolation: not that one"; exit 1; }\ntrue`);
    const { status, stdout, stderr } = bash("topics.sh", { BOOTSTRAP: "kafka-0:29092" });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^a +- +- {2}failed$/m);
    expect(stdout).toMatch(/^b +1 +1 {2}created$/m);
    expect(stderr).toBe("a:\nPolicyViolation: not that one\n");
  });
});
