import type { AlertDefinition, AlertDefinitions } from "../monitoring/alert";
import { jvmAlerts } from "../monitoring/jvm";
import {
  absent,
  changes,
  div,
  gt,
  increase,
  lt,
  max,
  ne,
  or,
  range,
  rate,
  sum,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { type Signal, signal } from "../monitoring/signal";
import { KAFKA, KAFKA_EVENTS } from "./signals";

export interface KafkaScope {
  /** `job` label of the brokers' JMX agents. */
  readonly job: string;
  /** How many brokers there are to be. */
  readonly brokers: number;
}

const BROKER = "{{ $labels.instance }}";
const CLUSTER = "{{ $labels.job }}";
const count = valueTemplate("count");
const CLUSTER_LABELS = ["job"];
const BROKER_LABELS = ["job", "instance"];

/** The alerts about brokers, from their JMX agents. */
export type KafkaAlert = keyof ReturnType<typeof kafkaAlerts>;

export function kafkaAlerts({ job, brokers }: KafkaScope) {
  const matchers = { job };
  const cluster = (of: Signal): Vector => signal(of, { matchers, by: CLUSTER_LABELS });
  const broker = (of: Signal): Vector => signal(of, { matchers, by: BROKER_LABELS });
  const events = (name: string, window: "10m" | "15m" | "1h") => increase(range(name, matchers, window));
  return {
    ...availability({ job, brokers }, cluster, broker, events),
    ...replication(cluster, broker),
    ...metadata(broker, events, matchers),
    ...load(broker, matchers),
    ...jvmAlerts("Kafka", matchers),
  } satisfies AlertDefinitions;
}

type Level = (of: Signal) => Vector;
type Events = (name: string, window: "10m" | "15m" | "1h") => Vector;

function availability({ job, brokers }: KafkaScope, cluster: Level, broker: Level, events: Events) {
  return {
    KafkaNoActiveController: {
      severity: "critical",
      for: "3m",
      // No series at all means no controller either.
      expr: () => or(ne(cluster(KAFKA.activeControllers), 1), absent(KAFKA.activeControllers.metric, { job })),
      summary: `Kafka ${CLUSTER} has not exactly one active controller`,
      description:
        "Without one, no leader is elected, no topic is changed and no broker joins; more than one is a broken quorum. Partitions whose leader fails stay offline.",
    },
    KafkaBrokersMissing: {
      severity: "critical",
      for: "5m",
      expr: () => lt(cluster(KAFKA.activeBrokers), brokers),
      summary: `Kafka ${CLUSTER} has fewer brokers than it should`,
      description: `${count} of ${brokers} brokers are active. Partitions have fewer copies, and the next failure may stop writes or lose access to data.`,
    },
    KafkaBrokersFenced: {
      severity: "warning",
      for: "10m",
      expr: () => gt(cluster(KAFKA.fencedBrokers), 0),
      summary: `Kafka ${CLUSTER} has fenced brokers`,
      description: `${count} registered brokers are fenced: the controller hears no heartbeat from them, and they serve nobody.`,
    },
    KafkaBrokerNotRunning: {
      severity: "warning",
      for: "15m",
      expr: () => ne(broker(KAFKA.brokerState), 3),
      summary: `Kafka broker ${BROKER} does not get to run`,
      description: `Its state is ${count} (1 starting, 2 recovering its log, 3 running, 6 and 7 shutting down). It serves nobody meanwhile.`,
    },
    KafkaOfflinePartitions: {
      severity: "critical",
      for: "2m",
      expr: () => gt(cluster(KAFKA.offlinePartitions), 0),
      summary: `Kafka ${CLUSTER} has partitions without a leader`,
      description: `${count} partitions can be neither written nor read until a replica in sync is back.`,
    },
    KafkaOfflineLogDirectory: {
      severity: "critical",
      for: "1m",
      expr: () => gt(broker(KAFKA.offlineLogDirs), 0),
      summary: `Kafka broker ${BROKER} has lost a log directory`,
      description: `${count} log directories failed and were taken out of use. Their replicas are offline; a broker whose only directory fails stops.`,
    },
    KafkaUncleanLeaderElection: {
      severity: "critical",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(sum(events(KAFKA_EVENTS.uncleanElections, "10m"), { by: CLUSTER_LABELS }), 0),
      summary: `Kafka ${CLUSTER} elected a leader that was not in sync`,
      description: "Messages that were acknowledged may be lost: the new leader did not have all of them.",
    },
  } satisfies Record<string, AlertDefinition>;
}

function replication(cluster: Level, broker: Level) {
  return {
    KafkaUnderMinIsrPartitions: {
      severity: "critical",
      for: "3m",
      expr: () => gt(broker(KAFKA.underMinIsr), 0),
      summary: `Kafka broker ${BROKER} refuses writes with acks=all`,
      description: `${count} partitions that it leads have fewer replicas in sync than min.insync.replicas: producers with acks=all get NotEnoughReplicas.`,
    },
    KafkaUnderReplicatedPartitions: {
      severity: "warning",
      for: "5m",
      expr: () => gt(broker(KAFKA.underReplicated), 0),
      summary: `Kafka broker ${BROKER} leads under-replicated partitions`,
      description: `${count} partitions that it leads lack replicas in sync. Nothing is lost yet, but a failure now costs more than it should.`,
    },
    KafkaOfflineReplicas: {
      severity: "warning",
      for: "5m",
      expr: () => gt(broker(KAFKA.offlineReplicas), 0),
      summary: `Kafka broker ${BROKER} has replicas offline`,
      description: `${count} of its replicas cannot be used, most likely because their log directory failed.`,
    },
    KafkaIsrShrinking: {
      severity: "warning",
      for: "5m",
      keepFiringFor: "15m",
      expr: () => gt(broker(KAFKA.isrShrinks), 0),
      summary: `Kafka replicas fall out of sync on ${BROKER}`,
      description: `Replicas leave the in-sync sets of partitions that it leads, ${valueTemplate("per second")}. A follower is down, slow or cut off.`,
    },
    KafkaIsrExpanding: {
      severity: "info",
      for: "5m",
      keepFiringFor: "15m",
      expr: () => gt(broker(KAFKA.isrExpands), 0),
      summary: `Kafka replicas come back into sync on ${BROKER}`,
      description: `Replicas return to the in-sync sets of partitions that it leads, ${valueTemplate("per second")}. After a restart that is recovery; together with KafkaIsrShrinking it is flapping.`,
    },
    KafkaReplicaLag: {
      severity: "warning",
      for: "10m",
      threshold: { default: 10_000, unit: "messages", min: 1 },
      expr: (most: number) => gt(broker(KAFKA.replicaLag), most),
      summary: `Kafka broker ${BROKER} lags behind the leaders that it follows`,
      description: `Its slowest replica is ${valueTemplate("messages")} behind (limit {threshold}). It will fall out of sync, or does not get back into it.`,
    },
    KafkaReplicationFailed: {
      severity: "critical",
      for: "5m",
      expr: () => gt(broker(KAFKA.failedFetchers), 0),
      summary: `Kafka broker ${BROKER} has given up replicating partitions`,
      description: `${count} of its replicas met an error that it does not try again. They stay out of sync until it is restarted.`,
    },
    KafkaLogCleanerDead: {
      severity: "warning",
      for: "5m",
      expr: () => gt(broker(KAFKA.deadCleaners), 0),
      summary: `Kafka broker ${BROKER} does not compact its topics any more`,
      description: `${count} threads of the log cleaner died. Compacted topics, the consumers' offsets among them, grow without bound.`,
    },
    KafkaPreferredReplicaImbalance: {
      severity: "warning",
      for: "30m",
      expr: () => gt(cluster(KAFKA.preferredReplicaImbalance), 0),
      summary: `Kafka ${CLUSTER} has partitions led by the wrong broker`,
      description: `${count} partitions are not led by their preferred replica, so that load is uneven. Kafka corrects that by itself every five minutes unless something keeps it from doing so.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function metadata(broker: Level, events: Events, matchers: { job: string }) {
  return {
    KafkaNoRaftLeader: {
      severity: "critical",
      for: "2m",
      expr: () => lt(broker(KAFKA.raftLeader), 0),
      summary: `Kafka node ${BROKER} knows no leader of the metadata quorum`,
      description:
        "It is cut off from the majority of controllers, or there is none. It gets no metadata and cannot renew its registration.",
    },
    KafkaControllerFlapping: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      threshold: { default: 3, unit: "count", min: 1 },
      expr: (most: number) =>
        gt(max(changes(range(KAFKA_EVENTS.newActiveControllers, matchers, "1h")), { by: CLUSTER_LABELS }), most),
      summary: `Kafka ${CLUSTER} changes its active controller again and again`,
      description: `It changed ${count} times within an hour (limit {threshold}). Each change stops elections and changes of metadata for a while.`,
    },
    KafkaControllerOperationsTimedOut: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(sum(events(KAFKA_EVENTS.timedOutOperations, "15m"), { by: BROKER_LABELS }), 0),
      summary: `Kafka controller ${BROKER} does not keep up`,
      description: `${count} operations, such as creating a topic, waited too long in its queue and were given up within 15 minutes.`,
    },
    KafkaBrokerHeartbeatsTimedOut: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(sum(events(KAFKA_EVENTS.timedOutHeartbeats, "15m"), { by: CLUSTER_LABELS }), 0),
      summary: `Kafka ${CLUSTER} has lost brokers for want of heartbeats`,
      description: `${count} times within 15 minutes a broker was fenced because it did not send a heartbeat in time: it hung, was cut off or died.`,
    },
    KafkaMetadataErrors: {
      severity: "critical",
      for: "1m",
      expr: () =>
        // Compared one by one: an `or` of the values would let the first one, 0, hide the others.
        or(
          gt(broker(KAFKA.metadataErrors), 0),
          or(gt(broker(KAFKA.metadataLoadErrors), 0), gt(broker(KAFKA.metadataApplyErrors), 0)),
        ),
      summary: `Kafka node ${BROKER} cannot process metadata`,
      description: `${count} errors while it loaded or applied metadata since its start. What it believes about topics and leaders may be wrong.`,
    },
    KafkaBrokerMetadataLag: {
      severity: "warning",
      for: "5m",
      threshold: { default: 30_000, unit: "milliseconds", min: 1 },
      expr: (most: number) => gt(broker(KAFKA.metadataLag), most),
      summary: `Kafka broker ${BROKER} works with old metadata`,
      description: `The last metadata that it applied is ${valueTemplate("milliseconds")} old (limit {threshold}). It does not know new topics and leaders.`,
    },
    KafkaControllerMetadataLag: {
      severity: "warning",
      for: "5m",
      threshold: { default: 30_000, unit: "milliseconds", min: 1 },
      expr: (most: number) => gt(broker(KAFKA.controllerLag), most),
      summary: `Kafka controller ${BROKER} works with old metadata`,
      description: `The last metadata that it applied is ${valueTemplate("milliseconds")} old (limit {threshold}). Were it to take over, it would have to catch up first.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function load(broker: Level, matchers: { job: string }) {
  const handlersIdle = div(
    sum(rate(range(KAFKA_EVENTS.handlerIdle, matchers, "5m")), { by: BROKER_LABELS }),
    1_000_000_000,
  );
  const busy = (what: string) =>
    `Only ${valueTemplate("ratio")} of the time of its ${what} is idle (limit {threshold}). Requests queue, and clients run into timeouts.`;
  return {
    KafkaRequestHandlersBusy: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.3, unit: "ratio", min: 0.01, max: 1 },
      expr: (least: number) => lt(handlersIdle, least),
      summary: `Kafka broker ${BROKER} is short of request handlers`,
      description: busy("request handlers"),
    },
    KafkaRequestHandlersExhausted: {
      severity: "critical",
      explains: { alerts: ["KafkaRequestHandlersBusy"] },
      for: "10m",
      threshold: { default: 0.1, unit: "ratio", min: 0.01, max: 1 },
      expr: (least: number) => lt(handlersIdle, least),
      summary: `Kafka broker ${BROKER} has no request handlers left`,
      description: busy("request handlers"),
    },
    KafkaNetworkProcessorsBusy: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.3, unit: "ratio", min: 0.01, max: 1 },
      expr: (least: number) => lt(broker(KAFKA.networkIdle), least),
      summary: `Kafka broker ${BROKER} is short of network threads`,
      description: busy("network threads"),
    },
    KafkaProduceSlow: {
      severity: "warning",
      for: "10m",
      threshold: { default: 1000, unit: "milliseconds", min: 1 },
      expr: (most: number) => gt(broker(KAFKA.produceTime), most),
      summary: `Kafka broker ${BROKER} answers producers slowly`,
      description: `One in a hundred produce requests takes ${valueTemplate("milliseconds")} or more (limit {threshold}).`,
    },
    KafkaFetchSlow: {
      severity: "warning",
      for: "10m",
      threshold: { default: 2000, unit: "milliseconds", min: 1 },
      expr: (most: number) => gt(broker(KAFKA.fetchTime), most),
      summary: `Kafka broker ${BROKER} answers consumers slowly`,
      description: `One in a hundred fetch requests takes ${valueTemplate("milliseconds")} or more (limit {threshold}); up to half a second of that is waiting for new messages.`,
    },
    KafkaProduceRequestsFailing: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.1, unit: "per second", min: 0 },
      expr: (most: number) => gt(broker(KAFKA.failedProduce), most),
      summary: `Kafka broker ${BROKER} refuses messages`,
      description: `${valueTemplate("per second")} produce requests fail (limit {threshold}).`,
    },
    KafkaFetchRequestsFailing: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.1, unit: "per second", min: 0 },
      expr: (most: number) => gt(broker(KAFKA.failedFetch), most),
      summary: `Kafka broker ${BROKER} fails to serve messages`,
      description: `${valueTemplate("per second")} fetch requests fail (limit {threshold}).`,
    },
  } satisfies Record<string, AlertDefinition>;
}
