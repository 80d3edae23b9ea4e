import { imageCatalogue } from "../components/core/images";
import type { KafkaArgs, Topic } from "../components/kafka";
import type { StackConfig } from "./config";
import { hostPorts } from "./publish";

export const TOPICS: Readonly<Record<string, Topic>> = {
  rawticker: { partitions: 6, retention: "7d", compression: "lz4", segment: "512Mi" },
  rawtrade: { partitions: 6, retention: "3d", compression: "lz4", segment: "512Mi" },
  rawarticle: { partitions: 3, retention: "30d", compression: "lz4", segment: "128Mi" },
  rawalert: { partitions: 3, retention: "14d", compression: "lz4", segment: "256Mi" },
};

/** Brokers with the four topics, as configured. */
export function broker(config: StackConfig): Omit<KafkaArgs, "target"> {
  const ports = hostPorts(config);
  return {
    images: imageCatalogue(config.images),
    brokers: config.kafkaBrokers,
    topics: TOPICS,
    storage: { size: config.kafkaStorage },
    resources: { cpu: 1, memory: config.kafkaMemory },
    recover: config.kafkaRecover,
    ...(ports.kafka ? { publish: ports.kafka } : {}),
    ...(config.kafkaExpose ? { expose: config.kafkaExpose } : {}),
    ...(config.kafkaRack ? { rack: config.kafkaRack } : {}),
    ...(config.kafkaRmi ? { rmi: ports.kafkaRmi ? { publish: ports.kafkaRmi } : {} } : {}),
  };
}
