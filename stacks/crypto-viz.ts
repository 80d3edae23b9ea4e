import { Alertmanager, alertmanagerNote } from "../components/alertmanager";
import { App, DjangoApp } from "../components/app";
import { imageCatalogue } from "../components/core/images";
import {
  KafkaExporter,
  KubeStateMetrics,
  NodeExporter,
  PostgresExporter,
  RedisExporter,
  SqlExporter,
} from "../components/exporters";
import { Grafana, grafanaNote } from "../components/grafana";
import { Kafka } from "../components/kafka";
import { Prometheus } from "../components/prometheus";
import { Redis } from "../components/redis";
import { TimescaleDB } from "../components/timescaledb";
import { broker, TOPICS } from "./crypto-viz-kafka";
import * as market from "./crypto-viz-market";
import { CRYPTO_VIZ_SCHEMA } from "./crypto-viz-schema";
import { hostPorts, urlOf } from "./publish";
import type { System } from "./system";
import * as watching from "./watching";

/** Market data: a feed through Kafka into hypertables and aggregates, an API with admin pages, all of it watched. */
export const cryptoViz: System = (stack, config) => {
  const images = imageCatalogue(config.images);
  const ports = hostPorts(config);
  const edition = config.timescaledbEdition ? { edition: config.timescaledbEdition } : {};

  const kafka = stack.add(Kafka, "kafka", broker(config));
  const database = stack.add(TimescaleDB, "timescaledb", {
    images,
    database: "crypto_viz_ts",
    schema: CRYPTO_VIZ_SCHEMA,
    roles: { market_sink: { connectionLimit: 4 }, market_api: {} },
    storage: { size: config.timescaledbStorage },
    resources: { cpu: 1, memory: config.timescaledbMemory },
    backup: { keep: config.backupsKept },
    recover: config.timescaledbRecover,
    ...edition,
    ...(ports.timescaledb ? { publish: { host: ports.timescaledb.port, address: ports.timescaledb.address } } : {}),
  });
  const redis = stack.add(Redis, "redis", {
    images,
    use: "cache",
    resources: { cpu: 0.5, memory: config.redisMemory },
    ...(ports.redis ? { publish: ports.redis } : {}),
  });

  const topics = "kafka-topics";
  const parts: market.MarketArgs = {
    images,
    config,
    kafka: kafka.connection,
    topics,
    database: database.connection,
    schema: "timescaledb-migrate",
    redis: redis.connection,
    publish: ports.api,
  };
  stack.add(App, "market-feed", market.feed(parts));
  stack.add(App, "market-sink", market.sink(parts));
  const api = stack.add(DjangoApp, "market-api", market.api(parts));

  stack.add(KafkaExporter, "kafka-exporter", { images, kafka: kafka.connection, after: [topics] });
  stack.add(PostgresExporter, "postgres-exporter", { images, database: database.connection });
  stack.add(SqlExporter, "sql-exporter", {
    images,
    database: database.connection,
    schema: CRYPTO_VIZ_SCHEMA,
    edition: TimescaleDB.edition({ images, ...edition }),
    after: ["timescaledb-migrate"],
  });
  stack.add(RedisExporter, "redis-exporter", { images, redis: redis.connection });
  stack.add(NodeExporter, "node-exporter", { images, port: config.nodeExporterPort });
  if (config.clusterMetrics) stack.add(KubeStateMetrics, "kube-state-metrics", { images });

  const told = watching.alertmanager(stack, config);
  const alertmanager = stack.add(Alertmanager, "alertmanager", told);
  const server = stack.add(Prometheus, "prometheus", {
    ...watching.prometheus(stack, config),
    alertmanagers: [alertmanager.connection],
  });
  const shown = {
    ...watching.grafana(stack, config),
    prometheus: server.connection,
    alertmanager: alertmanager.connection,
  };
  const grafana = stack.add(Grafana, "grafana", shown);

  return [
    {
      service: "Market API",
      url: `${urlOf(ports.api, api.connection, "http")}/admin/`,
      note: "admin, market-api-superuser",
    },
    {
      service: "Grafana",
      url: shown.deploy ? urlOf(ports.grafana, grafana.connection, "http") : "",
      note: grafanaNote(shown),
    },
    { service: "Prometheus", url: urlOf(ports.prometheus, server.connection, "http"), note: "targets, rules" },
    {
      service: "Alertmanager",
      url: urlOf(ports.alertmanager, alertmanager.connection, "http"),
      note: alertmanagerNote(told),
    },
    { service: "Kafka", url: urlOf(ports.kafka, kafka.connection), note: `topics: ${Object.keys(TOPICS).join(", ")}` },
    { service: "TimescaleDB", url: urlOf(ports.timescaledb, database.connection), note: "database crypto_viz_ts" },
    { service: "Redis", url: urlOf(ports.redis, redis.connection), note: "a cache; users app and exporter" },
  ];
};
