import { expect, it } from "vitest";
import { appAlerts } from "../../components/app/alerts";
import { HTTP_DIALECTS } from "../../components/app/http-dialect";
import { kafkaExporterAlerts } from "../../components/exporters/kafka-exporter-alerts";
import { nodeAlerts } from "../../components/exporters/node-alerts";
import { postgresAlerts } from "../../components/exporters/postgres-exporter-alerts";
import { redisAlerts } from "../../components/exporters/redis-exporter-alerts";
import { sqlExporterAlerts } from "../../components/exporters/sql-exporter-alerts";
import { kafkaAlerts } from "../../components/kafka/alerts";
import type { AlertDefinitions } from "../../components/monitoring/alert";
import type { Thresholds } from "../../components/monitoring/dashboard";
import { ownAlerts } from "../../components/prometheus/alerts";
import { filesAlerts } from "../../stacks/gauzian-alerts";
import { DASHBOARDS } from "../support/dashboards";

const ALERTS: AlertDefinitions = {
  ...kafkaAlerts({ job: "kafka", brokers: 3 }),
  ...kafkaExporterAlerts("kafka-exporter"),
  ...nodeAlerts("node-exporter"),
  ...ownAlerts("prometheus", 1),
  ...redisAlerts("redis-exporter"),
  ...postgresAlerts("postgres-exporter"),
  ...sqlExporterAlerts("sql-exporter"),
  ...filesAlerts("files"),
  ...appAlerts({ job: "app", process: true, http: { dialect: HTTP_DIALECTS.django } }),
};

/** Panels about what an alert is about turn colour where it fires, unless it is tuned. */
it.each([
  ["datastack-kafka", "Request handlers idle", "warning", "KafkaRequestHandlersBusy"],
  ["datastack-kafka", "Request handlers idle", "critical", "KafkaRequestHandlersExhausted"],
  ["datastack-kafka", "Network processors idle", "warning", "KafkaNetworkProcessorsBusy"],
  ["datastack-kafka-kraft", "Age of applied metadata", "warning", "KafkaBrokerMetadataLag"],
  ["datastack-kafka-topics", "Consumer lag", "warning", "KafkaConsumerLagHigh"],
  ["datastack-jvm", "Heap in use", "warning", "KafkaJvmHeapFillingUp"],
  ["datastack-jvm", "Time in collections", "warning", "KafkaJvmGarbageCollection"],
  ["datastack-jvm", "Open files", "warning", "KafkaJvmFileDescriptors"],
  ["datastack-node", "Load per processor", "warning", "NodeSaturated"],
  ["datastack-node", "File descriptors", "warning", "NodeFileDescriptorsLow"],
  ["datastack-node", "File descriptors", "critical", "NodeFileDescriptorsOut"],
  ["datastack-prometheus", "Open series", "warning", "PrometheusTooManySeries"],
  ["datastack-prometheus", "Time of rule groups", "warning", "PrometheusRuleEvaluationSlow"],
  ["datastack-redis", "Memory", "warning", "RedisMemoryFillingUp"],
  ["datastack-postgres", "Connections", "warning", "PostgresConnectionsHigh"],
  ["datastack-postgres", "Connections", "critical", "PostgresConnectionsExhausted"],
  ["datastack-postgres", "Oldest transaction", "critical", "PostgresLongTransaction"],
  ["datastack-postgres", "Blocks found in memory", "warning", "PostgresCacheHitRatioLow"],
  ["datastack-timescaledb", "Chunks", "warning", "TimescaleDBTooManyChunks"],
  ["datastack-timescaledb", "Aggregates behind", "warning", "TimescaleDBAggregateBehind"],
  ["datastack-timescaledb", "Without success", "critical", "TimescaleDBJobOverdue"],
  ["datastack-timescaledb", "Size after compression", "warning", "TimescaleDBCompressionWeak"],
  ["datastack-django", "Failed requests", "warning", "HttpErrorRatioHigh"],
  ["datastack-django", "Failed requests", "critical", "HttpErrorRatioCritical"],
  ["datastack-django", "Response time (p95)", "warning", "HttpLatencyHigh"],
  ["gauzian-overview", "Success rate", "critical", "FilesSuccessRateLow"],
  ["datastack-processes", "Open files and connections", "warning", "AppFileDescriptors"],
] as const)("%s: %s turns to %s where %s fires", (uid, title, level, alert) => {
  const threshold = ALERTS[alert]?.threshold?.default;
  expect(threshold).toBeDefined();
  expect(thresholdsOf(uid, title)?.[level]).toBe(threshold);
});

/** What is asked in seconds is shown in milliseconds. */
it.each(["Response time", "Slowest endpoints"])("gauzian-overview: %s turns where FilesLatencyHigh fires", (title) => {
  const seconds = ALERTS.FilesLatencyHigh?.threshold?.default ?? Number.NaN;
  expect(thresholdsOf("gauzian-overview", title)?.warning).toBe(seconds * 1000);
});

function thresholdsOf(uid: string, title: string): Thresholds | undefined {
  const panels = DASHBOARDS.filter((dashboard) => dashboard.uid === uid).flatMap(({ rows }) =>
    rows.flatMap((r) => r.panels),
  );
  const panel = panels.find((one) => one.title === title);
  return panel && "thresholds" in panel ? panel.thresholds : undefined;
}
