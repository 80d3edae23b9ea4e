export { KafkaExporter, type KafkaExporterArgs } from "./kafka-exporter";
export { KubeStateMetrics, type KubeStateMetricsArgs } from "./kube-state-metrics";
export { NodeExporter, type NodeExporterArgs } from "./node-exporter";
export { PostgresExporter, type PostgresExporterArgs } from "./postgres-exporter";
export { RedisExporter, type RedisExporterArgs } from "./redis-exporter";
export { SqlExporter, type SqlExporterArgs } from "./sql-exporter";
