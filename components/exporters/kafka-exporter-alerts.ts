import type { Problem } from "../core/problems";
import { type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { and, changes, deriv, eq, gt, max, metric, range, sum, unless } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

export type KafkaExporterAlert =
  | "KafkaConsumerLagHigh"
  | "KafkaConsumerLagGrowing"
  | "KafkaConsumerGroupStalled"
  | "KafkaTopicUnderReplicated"
  | "KafkaExporterBlind";

const GROUP = "{{ $labels.consumergroup }}";
const TOPIC = "{{ $labels.topic }}";
const messages = valueTemplate("messages");
const GROUP_LABELS = { by: ["job", "consumergroup", "topic"] };

/** Lag per partition is -1 where a group has committed nothing yet; the exporter's own sum leaves those out. */
const LAG = "kafka_consumergroup_lag_sum";
const COMMITTED = "kafka_consumergroup_current_offset";

export function kafkaExporterAlerts(job: string): AlertDefinitions<KafkaExporterAlert> {
  const matchers = { job };
  const lag = max(metric(LAG, matchers), GROUP_LABELS);
  return {
    KafkaConsumerLagHigh: {
      severity: "warning",
      for: "15m",
      threshold: { default: 10_000, unit: "messages", min: 1 },
      expr: (most) => gt(lag, most),
      summary: `Kafka consumer group ${GROUP} is far behind on ${TOPIC}`,
      description: `It is ${messages} behind (limit {threshold}). What it feeds is late, and messages that reach the topic's retention before they are read are lost to it.`,
    },
    KafkaConsumerLagGrowing: {
      severity: "warning",
      for: "15m",
      keepFiringFor: "10m",
      threshold: { default: 1000, unit: "messages", min: 0 },
      expr: (least) => and(gt(lag, least), gt(max(deriv(range(LAG, matchers, "15m")), GROUP_LABELS), 0)),
      summary: `Kafka consumer group ${GROUP} falls behind on ${TOPIC}`,
      description: `It is ${messages} behind and consumes more slowly than is produced. Counted from {threshold} on.`,
    },
    KafkaConsumerGroupStalled: {
      severity: "critical",
      explains: {
        alerts: ["KafkaConsumerLagHigh", "KafkaConsumerLagGrowing"],
        same: ["job", "consumergroup", "topic"],
      },
      for: "10m",
      expr: () => and(gt(lag, 0), eq(sum(changes(range(COMMITTED, matchers, "10m")), GROUP_LABELS), 0)),
      summary: `Kafka consumer group ${GROUP} has stopped on ${TOPIC}`,
      description: `${messages} wait for it, and it has committed nothing for 10 minutes at least: it is down, stuck, or fails to commit.`,
    },
    KafkaTopicUnderReplicated: {
      severity: "info",
      for: "10m",
      expr: () =>
        gt(sum(metric("kafka_topic_partition_under_replicated_partition", matchers), { by: ["job", "topic"] }), 0),
      summary: `Kafka topic ${TOPIC} lacks replicas`,
      description: `${valueTemplate("count")} of its partitions have fewer replicas in sync than they should. KafkaUnderReplicatedPartitions names the brokers.`,
    },
    KafkaExporterBlind: {
      severity: "warning",
      for: "5m",
      expr: () =>
        unless(eq(metric("up", matchers), 1), gt(metric("kafka_brokers", matchers), 0), { on: ["job", "instance"] }),
      summary: "Kafka exporter {{ $labels.instance }} sees no broker",
      description:
        "It runs, but has nothing to say about topics and consumer groups: alerts on lag are blind meanwhile.",
    },
  };
}

export function kafkaExporterRules(name: string, tuning?: AlertTuning<KafkaExporterAlert>): RuleGroup[] {
  return [{ name, alerts: alertRules(kafkaExporterAlerts(name), tuning, { component: name }) }];
}

export function checkKafkaExporterTuning(path: string, tuning?: AlertTuning<KafkaExporterAlert>): Problem[] {
  return checkTuning(path, kafkaExporterAlerts("kafka-exporter"), tuning);
}
