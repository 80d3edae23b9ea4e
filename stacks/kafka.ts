import { imageCatalogue } from "../components/core/images";
import { KafkaExporter, KubeStateMetrics, NodeExporter } from "../components/exporters";
import { Kafka } from "../components/kafka";
import { Prometheus } from "../components/prometheus";
import { broker, TOPICS } from "./crypto-viz-kafka";
import { hostPorts, urlOf } from "./publish";
import type { System } from "./system";
import * as watching from "./watching";

/** A monitored Kafka by itself: the first part of crypto-viz, with its topics, for somebody who brings the rest. */
export const kafkaOnly: System = (stack, config) => {
  const images = imageCatalogue(config.images);
  const ports = hostPorts(config);

  const kafka = stack.add(Kafka, "kafka", broker(config));
  stack.add(KafkaExporter, "kafka-exporter", { images, kafka: kafka.connection, after: ["kafka-topics"] });
  stack.add(NodeExporter, "node-exporter", { images, port: config.nodeExporterPort });
  if (config.clusterMetrics) stack.add(KubeStateMetrics, "kube-state-metrics", { images });
  const server = stack.add(Prometheus, "prometheus", watching.prometheus(stack, config));

  return [
    {
      service: "Kafka",
      url: urlOf(ports.kafka, kafka.connection),
      note: `topics: ${Object.keys(TOPICS).join(", ")}`,
    },
    {
      service: "Prometheus",
      url: urlOf(ports.prometheus, server.connection, "http"),
      note: "targets, rules and alerts",
    },
  ];
};
