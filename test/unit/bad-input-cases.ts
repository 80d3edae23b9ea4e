import { imageCatalogue } from "../../components/core/images";
import { type Problem, ProblemsError } from "../../components/core/problems";
import { KafkaExporter, NodeExporter } from "../../components/exporters";
import { Kafka, type KafkaArgs } from "../../components/kafka";
import { Prometheus, type PrometheusArgs } from "../../components/prometheus";
import type { Connection } from "../../components/target/connection";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import { deployStack } from "../../stacks/deploy";
import { record } from "../support/record";
import { BUILT_IMAGES } from "../support/stacks";
import { CASES as ALERTING } from "./bad-input/alerting";
import { CASES as APPS } from "./bad-input/app";
import { type Case, component, declared } from "./bad-input/case";
import { CASES as DASHBOARDS } from "./bad-input/dashboards";
import { CASES as EXTERNAL } from "./bad-input/external";
import { CASES as GATEWAY } from "./bad-input/gateway";
import { CASES as GAUZIAN } from "./bad-input/gauzian";
import { CASES as KUBERNETES } from "./bad-input/kubernetes";
import { CASES as REDIS } from "./bad-input/redis";
import { CASES as TIMESCALEDB } from "./bad-input/timescaledb";
import { CASES as TIMESCALEDB_SCHEMA } from "./bad-input/timescaledb-schema";

export type { Case };

const images = imageCatalogue();

/** A whole stack with this configuration: what the program refuses, with nothing registered. */
function stack(title: string, config: Readonly<Record<string, string>>, name = "dev", brokers = 1): Case {
  const full = Object.fromEntries(
    Object.entries({ images: BUILT_IMAGES, ...config }).map(([key, value]) => [`datastack:${key}`, value]),
  );
  const previousOutputs = {
    [`organization/datastack/${name}`]: { volumes: { "kafka.data": { size: "20Gi", replicas: brokers } } },
  };
  return {
    title,
    problems: () =>
      refused(() =>
        record(deployStack, { stack: name, config: { "datastack:kafkaStorage": "20Gi", ...full }, previousOutputs }),
      ),
  };
}

async function refused(run: () => Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems;
    throw error;
  }
}

const kafka = (title: string, args: Partial<Omit<KafkaArgs, "target">>, target?: Target) =>
  component(title, Kafka, { images, ...args } as Omit<KafkaArgs, "target">, target, "kafka");

const prometheus = (title: string, args: Partial<Omit<PrometheusArgs, "target">>) =>
  component(title, Prometheus, { images, monitoring: [], ...args } as Omit<PrometheusArgs, "target">);

const kubernetes = () => new KubernetesTarget({ stack: "prod" });

const elsewhere: Connection = {
  id: "managed-kafka",
  kind: "kafka",
  port: 9092,
  peer: { cidrs: [] },
  host: "kafka.example.com",
  endpoints: ["kafka.example.com:9092"],
};

/** What users get wrong, one mistake each; the exact messages are in bad-input.test.ts. */
export const cases: readonly Case[] = [
  stack("unknown stack", {}, "staging"),
  stack("bad stack name", { system: "crypto-viz" }, "Staging_1"),
  stack("unknown system", { system: "crypto" }),
  stack("unknown key", { kafkaBroker: "3" }),
  stack("wrong type: number", { kafkaBrokers: "three" }),
  stack("wrong type: boolean", { kafkaRmi: "yes" }),
  stack("wrong type: list", { kafkaRecover: "1" }),
  stack("wrong type: object", { images: "latest" }),
  stack("unknown target", { target: "podman" }),
  stack("bad size", { kafkaMemory: "2GB" }),
  stack("bad duration", { prometheusRetention: "two weeks" }),
  stack("privileged host port", { kafkaPort: "92" }),
  stack("unknown image", { images: '{"mysql":"mysql:9"}' }),
  stack("moving image tag", {
    images: JSON.stringify({ ...JSON.parse(BUILT_IMAGES), prometheus: "prom/prometheus:latest" }),
  }),
  stack("an image that only this repository has", { images: "{}" }),
  stack("bad engine address", { dockerHost: "10.0.0.5" }),
  stack("even controllers", { kafkaBrokers: "2" }),
  stack("volume smaller than before", { kafkaStorage: "10Gi" }),
  stack("fewer brokers than before", { kafkaBrokers: "1" }, "dev", 3),
  stack("a Docker engine on Kubernetes", { target: "kubernetes", dockerHost: "ssh://me@host" }),
  stack("a storage class on Docker", { storageClass: "fast" }),
  stack("certificates for no engine", { dockerCertPath: "/etc/docker/certs" }),
  stack("same host port twice", { kafkaBrokers: "3", publish: "loopback", prometheusPort: "9093" }),
  stack("publication beyond loopback without advertisedHost", { publish: "all" }),
  stack("Docker's host ports on Kubernetes", { publish: "loopback", target: "kubernetes" }),
  stack("brokers exposed to a cluster's clients on Docker", {
    kafkaExpose: '{"by":"NodePort","hosts":"nodes.example.com","from":["10.0.0.0/8"]}',
  }),
  stack("brokers exposed by an Ingress", {
    target: "kubernetes",
    kafkaExpose: '{"by":"Ingress","hosts":"kafka.example.com","from":["10.0.0.0/8"],"tls":true}',
  }),
  stack("recovery of a node that is not there", { kafkaRecover: "[1]" }),
  stack("recovery of the majority", { kafkaBrokers: "3", kafkaRecover: "[0,1]" }),
  stack("everything at once", {
    target: "podman",
    kafkaBrokers: "2",
    kafkaPort: "9090",
    publish: "loopback",
    foo: "1",
  }),
  kafka("replication above brokers", { topics: { ticks: { replication: 3 } } }),
  kafka("min ISR above replication", { brokers: 3, topics: { ticks: { replication: 2, minInSyncReplicas: 3 } } }),
  kafka("heap above the memory limit", { resources: { cpu: 1, memory: "1Gi" }, heap: "2Gi" }),
  kafka("heap that leaves no page cache", { resources: { cpu: 1, memory: "1Gi" }, heap: "900Mi" }),
  kafka("agent where every CLI tool would get it", { env: { KAFKA_OPTS: "-javaagent:/agent.jar=9404:/rules.yml" } }),
  kafka("heap where every CLI tool would get it", { env: { KAFKA_HEAP_OPTS: "-Xmx2g" } }),
  kafka("RMI where every CLI tool would get it", { env: { JMX_PORT: "9101" } }),
  kafka("heap among the JVM options", { jvm: ["-Xmx2g"] }),
  kafka("bad topic name", { topics: { "raw ticker": {} } }),
  kafka("too many partitions", { topics: { ticks: { partitions: 0 } } }),
  kafka("bad topic setting", { topics: { ticks: { config: { "retention.msec": 1 } as never } } }),
  kafka("segment out of range", { topics: { ticks: { segment: "1Ki" } } }),
  kafka("topic retention above the disk", {
    storage: { size: "10Gi" },
    topics: { ticks: { partitions: 6, retentionSize: "5Gi" } },
  }),
  kafka("broker setting that is ours", { config: { "node.id": 1 } as never }),
  kafka("RMI beyond loopback", { rmi: { publish: { address: "0.0.0.0" } } }),
  kafka("bad cluster id", { clusterId: "my-cluster" }),
  kafka("reassignment that never ends", { reassignment: { throttle: "512Ki", within: "2d" } }),
  kafka("racks on one Docker host", { brokers: 3, rack: "required" }),
  kafka("one rack for all brokers", { config: { "broker.rack": "eu-1a" } as never }),
  kafka("Docker's host ports of brokers on Kubernetes", { publish: {} }, kubernetes()),
  kafka("a Service per broker on Docker", {
    expose: { by: "NodePort", hosts: "nodes.example.com", from: ["10.0.0.0/8"] },
  }),
  kafka(
    "brokers that clients cannot tell apart",
    { brokers: 3, expose: { by: "LoadBalancer", hosts: "kafka.example.com", from: ["10.0.0.0/8"] } },
    kubernetes(),
  ),
  kafka(
    "exposed to nobody, on a port that no node has",
    { expose: { by: "NodePort", hosts: "nodes.example.com", port: 9092, from: [] } },
    kubernetes(),
  ),
  kafka(
    "exposed under a bad host name",
    { expose: { by: "LoadBalancer", hosts: "kafka_{broker}.example.com", from: ["everybody"] } },
    kubernetes(),
  ),
  kafka("existing cluster without addresses", { existing: { bootstrap: [], cidrs: [] } }),
  component("node exporter on a port that is none", NodeExporter, { images, port: 65536 }),
  component("bad component name", Kafka, { images }, undefined, "My_Kafka"),
  declared("duplicate workload", new DockerTarget({ stack: "dev" }), (blueprint) => {
    blueprint.add(NodeExporter, "node", { images });
    blueprint.add(NodeExporter, "node", { images });
  }),
  declared("exporter of a cluster that is not in the stack", new DockerTarget({ stack: "dev" }), (blueprint) => {
    const other = Kafka.connection("kafka", { images, target: blueprint.target });
    blueprint.add(KafkaExporter, "kafka-exporter", { images, kafka: other });
  }),
  declared("traffic to nowhere in particular on Kubernetes", kubernetes(), (blueprint) => {
    blueprint.add(KafkaExporter, "kafka-exporter", { images, kafka: elsewhere });
  }),
  kafka("host ports on Kubernetes", { publish: {} }, kubernetes()),
  prometheus("address of Prometheus with a path", { url: "https://example.com/prometheus" }),
  prometheus("retention above the disk", { storage: { size: "10Gi" }, retention: { size: "9Gi" } }),
  prometheus("scrape timeout above the interval", { scrapeInterval: "5s", scrapeTimeout: "10s" }),
  prometheus("bad external label", { externalLabels: { "my-label": "x" } }),
  prometheus("alert without runbook", {
    rules: [
      {
        name: "mine",
        alerts: [
          { name: "MineBroken", expr: "up == 0", for: "5m", severity: "critical", summary: "s", description: "d" },
        ],
      },
    ],
  }),
  prometheus("alert twice", {
    rules: [
      {
        name: "mine",
        alerts: [
          { name: "TargetDown", expr: "up == 0", for: "5m", severity: "warning", summary: "s", description: "d" },
        ],
      },
    ],
  }),
  prometheus("tuning of an alert that is not there", { alerts: { TargetGone: false } as never }),
  prometheus("bad duration in a tuning", { alerts: { TargetDown: { for: "5 min" as never } } }),
  ...ALERTING,
  ...DASHBOARDS,
  ...GATEWAY,
  ...GAUZIAN,
  ...APPS,
  ...EXTERNAL,
  ...KUBERNETES,
  ...REDIS,
  ...TIMESCALEDB,
  ...TIMESCALEDB_SCHEMA,
];
