export { KafkaExporter, type KafkaExporterArgs } from "./kafka-exporter";
export { NodeExporter, type NodeExporterArgs } from "./node-exporter";
