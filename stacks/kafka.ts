import { imageCatalogue } from "../components/core/images";
import { KafkaExporter, NodeExporter } from "../components/exporters";
import { Kafka } from "../components/kafka";
import { Prometheus } from "../components/prometheus";
import { TOPICS } from "./crypto-viz";
import { hostPorts, urlOf } from "./publish";
import type { System } from "./system";

/** A monitored Kafka by itself: the first part of crypto-viz, with its topics, for somebody who brings the rest. */
export const kafkaOnly: System = (stack, config) => {
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
