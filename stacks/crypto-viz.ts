import { imageCatalogue } from "../components/core/images";
import { KafkaExporter, NodeExporter } from "../components/exporters";
import { Kafka, type Topic } from "../components/kafka";
import { Prometheus } from "../components/prometheus";
import { hostPorts, urlOf } from "./publish";
import type { System } from "./system";

const TOPICS: Readonly<Record<string, Topic>> = {
  rawticker: { partitions: 6, retention: "7d", compression: "lz4", segment: "512Mi" },
  rawtrade: { partitions: 6, retention: "3d", compression: "lz4", segment: "512Mi" },
  rawarticle: { partitions: 3, retention: "30d", compression: "lz4", segment: "128Mi" },
  rawalert: { partitions: 3, retention: "14d", compression: "lz4", segment: "256Mi" },
};

/** Market data pipeline: feeds write to Kafka, everything is watched by Prometheus. */
export const cryptoViz: System = (stack, config) => {
  const images = imageCatalogue(config.images);
  const ports = hostPorts(config);

  const kafka = stack.add(Kafka, "kafka", {
    images,
    brokers: config.kafkaBrokers,
    topics: TOPICS,
    storage: { size: config.kafkaStorage },
    resources: { cpu: 1, memory: config.kafkaMemory },
    recover: config.kafkaRecover,
    ...(ports.kafka ? { publish: ports.kafka } : {}),
    ...(config.kafkaRmi ? { rmi: ports.kafkaRmi ? { publish: ports.kafkaRmi } : {} } : {}),
  });
  stack.add(KafkaExporter, "kafka-exporter", { images, kafka: kafka.connection });
  stack.add(NodeExporter, "node-exporter", { images });
  const prometheus = stack.add(Prometheus, "prometheus", {
    images,
    monitoring: stack.monitoring,
    storage: { size: config.prometheusStorage },
    retention: { time: config.prometheusRetention },
    ...(config.runbooks ? { runbooks: config.runbooks } : {}),
    ...(ports.prometheus ? { publish: ports.prometheus } : {}),
  });

  return [
    {
      service: "Kafka",
      url: urlOf(ports.kafka, kafka.connection),
      note: `topics: ${Object.keys(TOPICS).join(", ")}`,
    },
    {
      service: "Prometheus",
      url: urlOf(ports.prometheus, prometheus.connection, "http"),
      note: "targets, rules and alerts",
    },
  ];
};
