import { describe, expect, test } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { Kafka, type KafkaArgs } from "../../components/kafka";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { kafkaArgs } from "../support/kafka";

/** As a configuration that was read could be: not what the types allow. */
type Loose = { [K in keyof KafkaArgs]?: unknown };

const KUBERNETES = new KubernetesTarget({ stack: "prod" });

const problems = (args: Loose, name = "kafka") =>
  Kafka.validate(name, kafkaArgs(args as Partial<KafkaArgs>)).map(formatProblem);

const REFUSED: Record<string, readonly [Loose, readonly string[]]> = {
  "an even number of brokers": [
    { brokers: 2 },
    [
      "brokers = 2: must be an odd number from 1 to 9: every node is a controller, and an even number survives no more failures than one less. Use 1, 3 or 5.",
    ],
  ],
  "no brokers": [
    { brokers: 0 },
    [
      "brokers = 0: must be an odd number from 1 to 9: every node is a controller, and an even number survives no more failures than one less. Use 1, 3 or 5.",
    ],
  ],
  "half a broker": [
    { brokers: 1.5 },
    [
      "brokers = 1.5: must be an odd number from 1 to 9: every node is a controller, and an even number survives no more failures than one less. Use 1, 3 or 5.",
    ],
  ],
  "more brokers than a quorum takes": [
    { brokers: 11 },
    [
      "brokers = 11: must be an odd number from 1 to 9: every node is a controller, and an even number survives no more failures than one less. Use 1, 3 or 5.",
    ],
  ],
  "recovery of a node that there is not": [
    { brokers: 3, recover: [3] },
    ["recover[0] = 3: must be the number of a broker, 0 to 2."],
  ],
  "recovery of the majority": [
    { brokers: 3, recover: [0, 1] },
    [
      "recover = [0,1]: must name at most 1 of 3 nodes: the others have to be the majority that they join. Recover one node after the other. If the majority is lost, so is the cluster: restore its volumes.",
    ],
  ],
  "heap above the memory limit": [
    { heap: "2Gi", resources: { cpu: 1, memory: "1Gi" } },
    [
      'heap = "2Gi": must not be above the memory limit (resources.memory 1Gi): the rest is Java\'s own memory and the page cache. Lower it, leave it out for half of the limit, or raise the limit.',
    ],
  ],
  "heap that leaves no page cache": [
    { heap: "900Mi", resources: { cpu: 1, memory: "1Gi" } },
    [
      'heap = "900Mi": must be at most 75 % of the memory limit (resources.memory 1Gi): the rest is Java\'s own memory and the page cache. Lower it, leave it out for half of the limit, or raise the limit.',
    ],
  ],
  "a heap that is no size": [
    { heap: "1G" },
    ['heap = "1G": must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti.'],
  ],
  "a tiny heap": [{ heap: "64Mi" }, ['heap = "64Mi": must be at least 128Mi.']],
  "too little memory": [
    { resources: { cpu: 1, memory: "128Mi" } },
    ['resources.memory = "128Mi": must be at least 256Mi: half of it is the heap, which needs 128Mi.'],
  ],
  "no processor": [{ resources: { cpu: 0, memory: "1Gi" } }, ["resources.cpu = 0: must be a number of cores above 0."]],
  "memory that is no size": [
    { resources: { cpu: 1, memory: "lots" } },
    ['resources.memory = "lots": must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti.'],
  ],
  "a volume that is no size": [
    { storage: { size: "10GB" } },
    ['storage.size = "10GB": must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti.'],
  ],
  "a tiny volume": [
    { storage: { size: "100Mi" } },
    ['storage.size = "100Mi": must be at least 1Gi: one segment of one partition fills that.'],
  ],
  "the agent in KAFKA_OPTS": [
    { env: { KAFKA_OPTS: "-javaagent:agent.jar=9404:rules.yaml" } },
    [
      "env.KAFKA_OPTS: would reach every Java tool in the container: with an agent or a port in it, none could start beside the broker. Use jvm, heap or rmi, which reach the broker process alone.",
    ],
  ],
  "the heap for every tool": [
    { env: { KAFKA_HEAP_OPTS: "-Xmx2g" } },
    [
      "env.KAFKA_HEAP_OPTS: would reach every Java tool in the container: with an agent or a port in it, none could start beside the broker. Use jvm, heap or rmi, which reach the broker process alone.",
    ],
  ],
  "an RMI port for every tool": [
    { env: { JMX_PORT: "9101" } },
    [
      "env.JMX_PORT: would reach every Java tool in the container: with an agent or a port in it, none could start beside the broker. Use jvm, heap or rmi, which reach the broker process alone.",
    ],
  ],
  "options for every Java process": [
    { env: { JAVA_TOOL_OPTIONS: "-Xmx2g" } },
    [
      "env.JAVA_TOOL_OPTIONS: would reach every Java tool in the container: with an agent or a port in it, none could start beside the broker. Use jvm, heap or rmi, which reach the broker process alone.",
    ],
  ],
  "JMX options for every tool": [
    { env: { KAFKA_JMX_OPTS: "-Dcom.sun.management.jmxremote.port=9101" } },
    [
      "env.KAFKA_JMX_OPTS: would reach every Java tool in the container: with an agent or a port in it, none could start beside the broker. Use jvm, heap or rmi, which reach the broker process alone.",
    ],
  ],
  "an own variable": [{ env: { LOG_DIR: "/logs" } }, ["env.LOG_DIR: is set by the component. Remove it."]],
  "a variable that is no name": [
    { env: { "A-B": "c" } },
    ["env.A-B: must be a variable's name: letters, digits and _, not beginning with a digit."],
  ],
  "heap among Java's options": [{ jvm: ["-Xmx1g"] }, ['jvm[0] = "-Xmx1g": is set by the component. Use heap.']],
  "RMI among Java's options": [
    { jvm: ["-Dcom.sun.management.jmxremote.port=1"] },
    ['jvm[0] = "-Dcom.sun.management.jmxremote.port=1": is set by the component. Use rmi.'],
  ],
  "a log file": [
    { jvm: ["-loggc"] },
    ['jvm[0] = "-loggc": is set by the component. Remove it: logs go to the console.'],
  ],
  "two Java options in one": [
    { jvm: ["-Da=1 -Db=2"] },
    [
      'jvm[0] = "-Da=1 -Db=2": must be one Java option beginning with "-", without spaces, quotes or "$": it is split at spaces.',
    ],
  ],
  "an own broker setting": [
    { config: { "log.dirs": "/data" } },
    ['config["log.dirs"] = "/data": is set by the component. Use storage.'],
  ],
  "an own listener": [
    { config: { listeners: "PLAINTEXT://:9092" } },
    [
      'config["listeners"] = "PLAINTEXT://:9092": is set by the component. Use publish or expose; the listeners inside the stack are fixed.',
    ],
  ],
  "transport security by hand": [
    { config: { "ssl.keystore.password": "geheim" } },
    [
      'config["ssl.keystore.password"]: is about transport security, which this component does not set up yet. Remove it.',
    ],
  ],
  "a misspelt broker setting": [
    { config: { "log.retention.hour": 1 } },
    [
      'config["log.retention.hour"]: is no setting that Kafka 4.3 knows; it would be ignored. The nearest is log.retention.hours.',
    ],
  ],
  "an unknown broker setting": [
    { config: { "buffer.memory": 1 } },
    [
      'config["buffer.memory"]: is no setting that Kafka 4.3 knows; it would be ignored. See Kafka\'s documentation for the names.',
    ],
  ],
  "a setting that is no value": [
    { config: { "log.cleanup.policy": "a\nb" } },
    ['config["log.cleanup.policy"] = "a\\nb": must be a text of one line, a number or a boolean.'],
  ],
  "a cluster id that is none": [
    { clusterId: "my-cluster" },
    [
      'clusterId = "my-cluster": must be a Kafka cluster id: 16 bytes as 22 characters of URL-safe base64, not beginning with "-". Take it from meta.properties on a volume of the cluster, or make one with kafka-storage.sh random-uuid.',
    ],
  ],
  "publication beyond loopback without a name": [
    { publish: { address: "0.0.0.0" } },
    [
      'publish.address = "0.0.0.0": is beyond loopback, where clients have to be told which name or address to use. Set publish.advertisedHost to the host\'s name as clients see it.',
    ],
  ],
  "an advertised host that is no host": [
    { publish: { address: "0.0.0.0", advertisedHost: "0.0.0.0" } },
    [
      'publish.advertisedHost = "0.0.0.0": must be a host name or an address that clients can connect to, without a port.',
    ],
  ],
  "an advertised host with a port": [
    { publish: { advertisedHost: "kafka.example.org:9092" } },
    [
      'publish.advertisedHost = "kafka.example.org:9092": must be a host name or an address that clients can connect to, without a port.',
    ],
  ],
  "a host port that is none": [
    { publish: { port: 0 } },
    ["publish.port = 0: must be a port from 1 to 65535: broker i takes it plus i."],
  ],
  "host ports beyond the last": [
    { brokers: 3, publish: { port: 65534 } },
    ["publish.port = 65534: must be a port from 1 to 65533: broker i takes it plus i."],
  ],
  "RMI beyond loopback": [
    { rmi: { publish: { address: "0.0.0.0" } } },
    [
      'rmi.publish.address = "0.0.0.0": must be a loopback address: JMX over RMI has no authentication, and who reaches it can run code in the broker. Leave it out, and use an SSH tunnel from elsewhere.',
    ],
  ],
  "two RMI ports": [
    { rmi: { port: 9101, publish: { port: 9102 } } },
    ["rmi.publish.port = 9102: must equal rmi.port (9101): RMI tells clients its own port. Leave one of them out."],
  ],
  "the same host port twice": [
    { brokers: 3, publish: { port: 9100 }, rmi: { publish: { port: 9101 } } },
    [
      "rmi.publish.port = 9101: gives kafka-0 the port 9101, which is that of publish.port of kafka-1. Choose one with the 2 after it free.",
      "rmi.publish.port = 9101: gives kafka-1 the port 9102, which is that of publish.port of kafka-2. Choose one with the 2 after it free.",
    ],
  ],
  "RMI on the agent's port": [
    { rmi: { port: 9404 } },
    ["rmi.port = 9404: gives kafka-0 the port 9404, which is that of the metrics listener. Choose another."],
  ],
  "replication above the brokers": [
    { topics: { orders: { replication: 3 } } },
    [
      "topics.orders.replication = 3: must be at most the number of brokers (1): each copy is on a broker of its own. Lower it, or raise brokers.",
    ],
  ],
  "min ISR above the replication": [
    { brokers: 3, topics: { orders: { replication: 2, minInSyncReplicas: 3 } } },
    [
      "topics.orders.minInSyncReplicas = 3: must be at most the topic's replication (2), or no write with acks=all would ever succeed. Use 1, so that writes go on with one copy.",
    ],
  ],
  "min ISR above the default replication": [
    { topics: { orders: { minInSyncReplicas: 2 } } },
    [
      "topics.orders.minInSyncReplicas = 2: must be at most the topic's replication (1), or no write with acks=all would ever succeed. Use 1, so that writes go on with one copy.",
    ],
  ],
  "no partitions": [
    { topics: { orders: { partitions: 0 } } },
    ["topics.orders.partitions = 0: must be a whole number from 1 to 10000."],
  ],
  "too many partitions": [
    { topics: { orders: { partitions: 10001 } } },
    ["topics.orders.partitions = 10001: must be a whole number from 1 to 10000."],
  ],
  "a topic with a space": [
    { topics: { "my topic": {} } },
    ['topics["my topic"]: must be named by 1 to 249 letters, digits, ".", "_" and "-", and not "." or "..".'],
  ],
  "an internal topic": [
    { topics: { __consumer_offsets: {} } },
    ['topics["__consumer_offsets"]: must not begin with "__": Kafka names its internal topics so.'],
  ],
  "topics that metrics cannot tell apart": [
    { topics: { "a.b": {}, a_b: {} } },
    [
      'topics["a_b"]: differs from a.b only by "." and "_", which Kafka does not tell apart in metrics. Rename one of them.',
    ],
  ],
  "a retention that is no duration": [
    { topics: { orders: { retention: "7 days" } } },
    [
      'topics.orders.retention = "7 days": must be a duration above 0 such as 36h or 7d, with s, m, h or d, or "forever".',
    ],
  ],
  "no retention": [
    { topics: { orders: { retention: "0s" } } },
    ['topics.orders.retention = "0s": must be a duration above 0 such as 36h or 7d, with s, m, h or d, or "forever".'],
  ],
  "a retention size that is no size": [
    { topics: { orders: { retentionSize: "1GB" } } },
    ['topics.orders.retentionSize = "1GB": must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti.'],
  ],
  "a retention size below a segment": [
    { topics: { orders: { retentionSize: "512Mi" } } },
    [
      'topics.orders.retentionSize = "512Mi": must be at least one segment (1Gi): only whole segments are deleted. Raise it, or set a smaller segment.',
    ],
  ],
  "retention above the disk": [
    { storage: { size: "10Gi" }, topics: { orders: { partitions: 6, retentionSize: "2Gi", segment: "512Mi" } } },
    [
      'storage.size = "10Gi": is below what retentionSize lets topics keep on each broker: 15Gi (orders; partitions × replication × (retentionSize + one segment) ÷ brokers). Enlarge the volume, or lower retentionSize, segment or partitions.',
    ],
  ],
  "a segment of 2Gi": [
    { topics: { orders: { segment: "2Gi" } } },
    ['topics.orders.segment = "2Gi": must be at least 1Mi and below 2Gi.'],
  ],
  "a segment that is no size": [
    { topics: { orders: { segment: "big" } } },
    ['topics.orders.segment = "big": must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti.'],
  ],
  "an unknown compression": [
    { topics: { orders: { compression: "brotli" } } },
    ['topics.orders.compression = "brotli": must be one of producer, uncompressed, gzip, snappy, lz4, zstd.'],
  ],
  "a topic setting that has an argument": [
    { topics: { orders: { config: { "retention.ms": 1 } } } },
    ['topics.orders.config["retention.ms"] = 1: is set by the component. Use retention.'],
  ],
  "a misspelt topic setting": [
    { topics: { orders: { config: { "cleanup.polcy": "compact" } } } },
    [
      'topics.orders.config["cleanup.polcy"]: is no setting that Kafka 4.3 knows; it would be ignored. The nearest is cleanup.policy.',
    ],
  ],
  "an existing cluster without brokers": [
    { existing: { bootstrap: [], cidrs: [] } },
    [
      "existing.bootstrap: must name at least one broker as host:port.",
      "existing.cidrs: must say where the brokers are, such as 10.0.0.0/16.",
    ],
  ],
  "an existing cluster with brokers of one's own": [
    { brokers: 3, existing: { bootstrap: ["kafka.example.org:9092"], cidrs: ["10.0.0.0/16"] } },
    ["brokers: has no effect on an existing cluster. Remove it, or remove existing."],
  ],
  "existing brokers on several ports": [
    { existing: { bootstrap: ["a:9092", "b:9093"], cidrs: ["10.0.0.0/16"] } },
    ['existing.bootstrap = ["a:9092","b:9093"]: must have the same port throughout: it is the port of one connection.'],
  ],
  "existing brokers that are none": [
    { existing: { bootstrap: ["a"], cidrs: ["10.0.0.0"] } },
    [
      'existing.bootstrap[0] = "a": must be host:port.',
      'existing.cidrs[0] = "10.0.0.0": must be a CIDR block such as 10.0.0.0/16.',
    ],
  ],
  "a reassignment too slow to end": [
    { reassignment: { throttle: "512Ki", within: "2d" } },
    [
      'reassignment.throttle = "512Ki": must be at least 1Mi per second: below what is written to the topics it would never end.',
      'reassignment.within = "2d": must be a duration above 0 and at most 1d, such as 30m or 6h. What takes longer goes on by itself, and the next run waits for the rest.',
    ],
  ],
  "a reassignment without units": [
    { reassignment: { throttle: "50000000", within: "soon" } },
    [
      'reassignment.throttle = "50000000": must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti.',
      'reassignment.within = "soon": must be a duration above 0 and at most 1d, such as 30m or 6h. What takes longer goes on by itself, and the next run waits for the rest.',
    ],
  ],
  "racks where there are none": [
    { brokers: 3, rack: "required" },
    [
      'rack = "required": needs several brokers on Kubernetes: a single one, or one Docker host, has nothing to be apart from. Leave it out.',
    ],
  ],
  "a rack by name": [
    { brokers: 3, rack: "eu-1a", target: KUBERNETES },
    ['rack = "eu-1a": must be where-known, required or off.'],
  ],
  "a rack for all brokers": [
    { config: { "broker.rack": "eu-1a" } },
    ['config["broker.rack"] = "eu-1a": is set by the component. Use rack: it is the zone of each broker\'s node.'],
  ],
  "a Service on Docker": [
    { expose: { by: "LoadBalancer", hosts: "k.example.org", from: ["0.0.0.0/0"] } },
    [
      "expose: makes a Service of a Kubernetes cluster for each broker, which Docker has none of. Leave it out, and use publish: a port of the host for each.",
    ],
  ],
  "a host port on Kubernetes": [
    { publish: {}, target: KUBERNETES },
    [
      "publish: publishes on the Docker host, and Kubernetes has no such host. Leave it out, and use expose: a Service for each broker.",
    ],
  ],
  "a Service for nobody, of no kind": [
    { expose: { by: "Ingress", hosts: "k.example.org", from: [] }, target: KUBERNETES },
    [
      'expose.by = "Ingress": must be LoadBalancer or NodePort.',
      'expose.from: must have at least one address block, or nobody is let in. Give those of the clients, such as ["10.1.2.0/24"].',
    ],
  ],
  "load balancers with one name": [
    {
      brokers: 3,
      expose: { by: "LoadBalancer", hosts: "kafka.example.org", from: ["10.0.0.0/8"] },
      target: KUBERNETES,
    },
    [
      'expose.hosts = "kafka.example.org": gives two brokers the same address (kafka.example.org:9092): clients have to reach each by itself. Give each a host of its own, as in "kafka-{broker}.example.com".',
    ],
  ],
  "a list of hosts that is too short": [
    { brokers: 3, expose: { by: "NodePort", hosts: ["a", "b"], from: ["10.0.0.0/8"] }, target: KUBERNETES },
    [
      'expose.hosts = ["a","b"]: must be as many as there are brokers (3), in their order. Complete the list, or write one text such as "kafka-{broker}.example.com".',
    ],
  ],
  "hosts with ports, and clients without addresses": [
    { expose: { by: "LoadBalancer", hosts: "kafka-{broker}:9092", from: ["example.org"] }, target: KUBERNETES },
    [
      'expose.hosts = "kafka-{broker}:9092": must be a host name or an address that clients can connect to, without a port.',
      'expose.from[0] = "example.org": must be a CIDR block such as 10.0.0.0/16.',
    ],
  ],
  "node ports that no node has": [
    {
      brokers: 3,
      expose: { by: "NodePort", hosts: "n.example.org", port: 32766, from: ["10.0.0.0/8"] },
      target: KUBERNETES,
    },
    ["expose.port = 32766: must be a node port from 30000 to 32765: broker i takes it plus i."],
  ],
  "everything that is wrong at once": [
    { brokers: 2, heap: "2Gi", config: { "node.id": 7 }, topics: { orders: { partitions: 0 } } },
    [
      "brokers = 2: must be an odd number from 1 to 9: every node is a controller, and an even number survives no more failures than one less. Use 1, 3 or 5.",
      'heap = "2Gi": must not be above the memory limit (resources.memory 1Gi): the rest is Java\'s own memory and the page cache. Lower it, leave it out for half of the limit, or raise the limit.',
      'config["node.id"] = 7: is set by the component. Use brokers.',
      "topics.orders.partitions = 0: must be a whole number from 1 to 10000.",
    ],
  ],
};

describe("refuses", () => {
  test.each(Object.entries(REFUSED))("%s", (_, [args, expected]) => {
    expect(problems(args)).toEqual(expected);
  });
});

test("an unknown alert is refused", () => {
  expect(problems({ alerts: { KafkaOnFire: false } })).toEqual([
    expect.stringMatching(/^alerts\.KafkaOnFire: is not an alert of this component\. /),
  ]);
});

test("a bad name is refused", () => {
  expect(problems({}, "Kafka_1")).toEqual([
    'name = "Kafka_1": must be a DNS label of at most 40 characters: lower-case letters, digits and "-", beginning with a letter.',
  ]);
});

describe("takes", () => {
  const TAKEN: Record<string, Loose> = {
    "nothing but defaults": {},
    "three brokers with everything": {
      brokers: 3,
      recover: [0],
      heap: "768Mi",
      resources: { cpu: 1, memory: "1Gi" },
      storage: { size: "20Gi" },
      jvm: ["-XX:+HeapDumpOnOutOfMemoryError", "-Duser.timezone=UTC"],
      env: { TZ: "UTC" },
      config: { "log.retention.ms": 1000, "auto.create.topics.enable": true, "log.cleanup.policy": "compact,delete" },
      clusterId: "KluL9VZwXhpQeOxo55GoPA",
      publish: { address: "0.0.0.0", advertisedHost: "kafka.example.org" },
      rmi: { publish: {} },
      topics: {
        "a.b-c_d": { partitions: 12, replication: 3, retention: "forever", minInSyncReplicas: 2 },
        small: { retentionSize: "16Mi", segment: "1Mi", config: { "cleanup.policy": "compact,delete" } },
      },
    },
    "one name for all nodes": {
      brokers: 3,
      target: KUBERNETES,
      expose: { by: "NodePort", hosts: "nodes.example.org", port: 32765, from: ["10.0.0.0/8", "fd00::/8"] },
      rack: "required",
      reassignment: { throttle: "200Mi", within: "1d" },
    },
    "an address for each broker": {
      brokers: 3,
      target: KUBERNETES,
      expose: { by: "LoadBalancer", hosts: ["192.0.2.1", "192.0.2.2", "2001:db8::3"], from: ["0.0.0.0/0"] },
    },
    "the last ports that there are": { brokers: 3, publish: { port: 65533 } },
    "the only broker to be initialised again": { recover: [0] },
    "an existing cluster": {
      existing: { bootstrap: ["b-1.example.org:9098", "b-2.example.org:9098"], cidrs: ["10.0.0.0/16"] },
      topics: { orders: { replication: 5, minInSyncReplicas: 3 } },
    },
  };
  test.each(Object.entries(TAKEN))("%s", (_, args) => {
    expect(problems(args)).toEqual([]);
  });
});

test("says all of it without throwing, and connection and monitoring do not throw either", () => {
  for (const [, [args]] of Object.entries(REFUSED)) {
    const given = kafkaArgs(args as Partial<KafkaArgs>);
    expect(Kafka.connection("kafka", given).id).toBe("kafka");
    expect(Kafka.monitoring("kafka", given).targets.length).toBeLessThan(2);
  }
});
