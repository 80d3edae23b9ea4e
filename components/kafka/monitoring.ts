import type { Problem } from "../core/problems";
import { alertRules, checkTuning } from "../monitoring/alert";
import { jvmDashboard } from "../monitoring/dashboards/jvm";
import type { AlertTuning, Monitoring, Recording } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { signal } from "../monitoring/signal";
import type { Connection } from "../target/connection";
import { type KafkaAlert, kafkaAlerts } from "./alerts";
import { kafkaDashboards, kafkaHighlights } from "./dashboards";
import { KAFKA } from "./signals";

export type { KafkaAlert } from "./alerts";

/** Where the JMX agent of each broker answers. */
export const METRICS_PORT = { name: "metrics", number: 9404 } as const;

export interface KafkaWatch {
  /** Number of nodes, all of which are brokers. */
  readonly brokers: number;
  /** The agents' connection: traffic that Prometheus needs. */
  readonly connection: Connection;
  readonly alerts?: AlertTuning<KafkaAlert>;
}

/** What a Kafka cluster has to be watched by: its brokers' JMX agents, under the job of the component's name. */
export function kafkaMonitoring(name: string, watch: KafkaWatch): Monitoring {
  const definitions = kafkaAlerts({ job: name, brokers: watch.brokers });
  return {
    targets: [serviceTarget(name, METRICS_PORT, watch.connection, { identity: "stable", replicas: watch.brokers })],
    rules: [
      {
        name,
        recordings: recordings(name),
        alerts: alertRules(definitions, watch.alerts, { component: name }),
      },
    ],
    dashboards: [...kafkaDashboards(), jvmDashboard()],
    highlights: kafkaHighlights(name),
  };
}

export function checkKafkaTuning(path: string, tuning: AlertTuning<KafkaAlert> | undefined): Problem[] {
  return checkTuning(path, kafkaAlerts({ job: "kafka", brokers: 1 }), tuning);
}

/** Throughput of the cluster, for people, panels and comparisons over long spans. */
function recordings(job: string): Recording[] {
  const scope = { matchers: { job }, by: ["job"] };
  const labels = { component: job };
  return [
    { record: "job:kafka_bytes_in:rate5m", expr: signal(KAFKA.bytesIn, scope).text, labels },
    { record: "job:kafka_bytes_out:rate5m", expr: signal(KAFKA.bytesOut, scope).text, labels },
    { record: "job:kafka_messages_in:rate5m", expr: signal(KAFKA.messagesIn, scope).text, labels },
  ];
}
