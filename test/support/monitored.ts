import { Alertmanager } from "../../components/alertmanager";
import { Blueprint } from "../../components/core/blueprint";
import { imageCatalogue } from "../../components/core/images";
import {
  KafkaExporter,
  KubeStateMetrics,
  NodeExporter,
  PostgresExporter,
  RedisExporter,
  SqlExporter,
} from "../../components/exporters";
import { Grafana } from "../../components/grafana";
import { Kafka } from "../../components/kafka";
import { type Collected, collect } from "../../components/monitoring/collect";
import type { Alert, Monitoring } from "../../components/monitoring/monitoring";
import { Prometheus, type PrometheusArgs, prometheusFiles } from "../../components/prometheus";
import { everything } from "../../components/prometheus/settings";
import { Redis } from "../../components/redis";
import type { Connection } from "../../components/target/connection";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { TimescaleDB } from "../../components/timescaledb";
import type { DatabaseSchema } from "../../components/timescaledb/schema/schema";
import { addApps } from "./monitored-apps";

export const ALERTMANAGER: Connection = {
  id: "alertmanager",
  kind: "alertmanager",
  port: 9093,
  peer: { workload: "alertmanager" },
  host: "alertmanager",
  endpoints: ["alertmanager:9093"],
};

/** The server of a TimescaleDB, and what is in its database. */
export const DATABASE: Connection = {
  id: "timescaledb",
  kind: "postgres",
  port: 5432,
  peer: { cidrs: ["10.0.0.0/16"] },
  host: "timescaledb.example.com",
  endpoints: ["timescaledb.example.com:5432"],
  database: "crypto_viz_ts",
  credentials: { monitoring: { user: "monitoring", password: "of-monitoring" } },
};
const SCHEMA: DatabaseSchema = {
  hypertables: { ticker_data: { columns: { time: "timestamptz", price: "double" } } },
  aggregates: {
    ticker_ohlc_hourly: {
      from: "ticker_data",
      bucket: "1h",
      measures: { high: { max: "price" } },
      refresh: { start: "4h", end: "1h", every: "30m" },
    },
  },
};

export interface Monitored {
  readonly blueprint: Blueprint;
  readonly prometheus: PrometheusArgs;
  readonly monitoring: readonly Monitoring[];
  readonly collected: Collected;
  /** prometheus.yml and rules.yml. */
  readonly files: { readonly config: string; readonly rules: string };
}

/** Jobs beside the stack's own targets, on Kubernetes. */
export const KUBELET_JOBS = ["cadvisor", "kubelet"];

/** Everything that has monitoring, on one target: three brokers, the exporters, Prometheus, Alertmanager, Grafana; what Kubernetes says, there. */
export function monitored(kind: "docker" | "kubernetes", more: Partial<PrometheusArgs> = {}): Monitored {
  const target = kind === "docker" ? new DockerTarget({ stack: "test" }) : new KubernetesTarget({ stack: "test" });
  const images = imageCatalogue();
  const blueprint = new Blueprint(target);
  // Before what it watches: the order of declaration must not matter.
  const kubelet = kind === "kubernetes" ? { kubelet: { volumes: true, containers: true } } : {};
  const args = { images, monitoring: blueprint.monitoring, alertmanagers: [ALERTMANAGER], ...kubelet, ...more };
  const watching = blueprint.add(Prometheus, "prometheus", args);
  const kafka = blueprint.add(Kafka, "kafka", { images, brokers: 3, topics: { rawticker: { partitions: 6 } } });
  blueprint.add(KafkaExporter, "kafka-exporter", { images, kafka: kafka.connection });
  blueprint.add(NodeExporter, "node-exporter", { images });
  if (kind === "kubernetes") blueprint.add(KubeStateMetrics, "kube-state-metrics", { images });
  const redis = blueprint.add(Redis, "redis", { images, use: "cache" });
  blueprint.add(RedisExporter, "redis-exporter", { images, redis: redis.connection });
  blueprint.add(PostgresExporter, "postgres-exporter", { images, database: DATABASE });
  const database = { database: DATABASE, edition: "community", schema: SCHEMA } as const;
  blueprint.add(SqlExporter, "sql-exporter", { images, ...database });
  // Without policies schedules do their work, and have alerts of their own.
  blueprint.add(TimescaleDB, "timescaledb", {
    images,
    database: "crypto_viz_ts",
    edition: "apache",
    schema: SCHEMA,
    backup: {},
  });
  blueprint.add(Alertmanager, "alertmanager", { images });
  blueprint.add(Grafana, "grafana", {
    images,
    monitoring: blueprint.monitoring,
    prometheus: watching.connection,
    backup: {},
  });
  addApps(blueprint);
  const prometheus = { ...args, target };
  const monitoring = everything("prometheus", prometheus);
  return {
    blueprint,
    prometheus,
    monitoring,
    collected: collect(monitoring),
    files: prometheusFiles("prometheus", prometheus),
  };
}

export function alerts(collected: Pick<Collected, "groups">): Alert[] {
  return collected.groups.flatMap((group) => group.alerts ?? []);
}

export interface Both {
  readonly docker: Monitored;
  readonly kubernetes: Monitored;
  /** Names of alerts that Kubernetes alone has. */
  readonly clusterOnly: ReadonlySet<string>;
  /** What Docker has, and the groups of Kubernetes that are others there. */
  readonly groups: Collected["groups"];
}

/** Both targets: most rules are the same text on both. */
export function monitoredBoth(): Both {
  const [docker, kubernetes] = [monitored("docker"), monitored("kubernetes")];
  const names = new Set(alerts(docker.collected).map(({ name }) => name));
  const texts = new Set(docker.collected.groups.map((group) => JSON.stringify(group)));
  return {
    docker,
    kubernetes,
    clusterOnly: new Set(
      alerts(kubernetes.collected)
        .map(({ name }) => name)
        .filter((name) => !names.has(name)),
    ),
    groups: [
      ...docker.collected.groups,
      ...kubernetes.collected.groups.filter((group) => !texts.has(JSON.stringify(group))),
    ],
  };
}

/** Every expression with the name of its rule. */
export function expressions(collected: Pick<Collected, "groups">): { name: string; expr: string }[] {
  return collected.groups.flatMap((group) => [
    ...(group.recordings ?? []).map(({ record, expr }) => ({ name: record, expr })),
    ...(group.alerts ?? []).map(({ name, expr }) => ({ name, expr })),
  ]);
}
