import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "kafka", instance: "kafka-0" };
const CLUSTER = { job: "kafka" };
const CONTROLLER = "kafka_controller_kafkacontroller";
const REPLICAS = "kafka_server_replicamanager";
const METADATA = "kafka_server_brokermetadatametrics";
const HANDLERS = "kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidle_count_total";

const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(OWNER, alert, simple);
const broker = (metric: string, node: number) => series(metric, { job: "kafka", instance: `kafka-${node}` });

const AVAILABILITY: AlertCase[] = [
  {
    alert: "KafkaNoActiveController",
    firing: [
      {
        input: {
          [broker(`${CONTROLLER}_activecontrollercount`, 0)]: "0x10",
          [broker(`${CONTROLLER}_activecontrollercount`, 1)]: "0x10",
        },
        at: "5m",
        labels: CLUSTER,
        value: 0,
      },
      {
        input: {
          [broker(`${CONTROLLER}_activecontrollercount`, 0)]: "1x10",
          [broker(`${CONTROLLER}_activecontrollercount`, 1)]: "1x10",
        },
        at: "5m",
        labels: CLUSTER,
        value: 2,
      },
      // All of them are gone: there is no series to compare.
      { input: { [series("up", { job: "kafka", instance: "kafka-0" })]: "0x10" }, at: "5m", labels: CLUSTER, value: 1 },
    ],
    silent: [
      {
        input: {
          [broker(`${CONTROLLER}_activecontrollercount`, 0)]: "0x10",
          [broker(`${CONTROLLER}_activecontrollercount`, 1)]: "1x10",
        },
        at: "5m",
      },
      // It moves from one node to the other.
      {
        input: {
          [broker(`${CONTROLLER}_activecontrollercount`, 0)]: "1x3 0x10",
          [broker(`${CONTROLLER}_activecontrollercount`, 1)]: "0x4 1x9",
        },
        at: "8m",
      },
    ],
  },
  on("KafkaBrokersMissing", {
    metric: `${CONTROLLER}_activebrokercount`,
    fires: "2x10",
    quiet: "3x10",
    at: "6m",
    value: 2,
    alertLabels: CLUSTER,
  }),
  on("KafkaBrokersFenced", {
    metric: `${CONTROLLER}_fencedbrokercount`,
    fires: "1x15",
    quiet: "0x5 1x5 0x5",
    at: "12m",
    value: 1,
    alertLabels: CLUSTER,
  }),
  on("KafkaBrokerNotRunning", {
    metric: "kafka_server_kafkaserver_brokerstate",
    fires: "2x20",
    quiet: "2x10 3x10",
    at: "16m",
    value: 2,
  }),
  on("KafkaOfflinePartitions", {
    metric: `${CONTROLLER}_offlinepartitionscount`,
    fires: "4x5",
    quiet: "0x2 4 0x5",
    at: "3m",
    value: 4,
    alertLabels: CLUSTER,
  }),
  on("KafkaOfflineLogDirectory", {
    metric: "kafka_log_logmanager_offlinelogdirectorycount",
    fires: "1x5",
    quiet: "0x5",
    at: "2m",
    value: 1,
  }),
  on("KafkaUncleanLeaderElection", {
    metric: "kafka_controller_controllerstats_uncleanleaderelections_total",
    fires: "0x5 1x5",
    // The count stays where it is for ever: only a new one counts.
    quiet: "1x40",
    at: "8m",
    value: 1,
    alertLabels: CLUSTER,
  }),
];

const REPLICATION: AlertCase[] = [
  on("KafkaUnderMinIsrPartitions", {
    metric: `${REPLICAS}_underminisrpartitioncount`,
    fires: "6x5",
    quiet: "0 6 6 0x5",
    at: "4m",
    value: 6,
  }),
  on("KafkaUnderReplicatedPartitions", {
    metric: `${REPLICAS}_underreplicatedpartitions`,
    fires: "7x10",
    quiet: "7x2 0x8",
    at: "6m",
    value: 7,
  }),
  on("KafkaOfflineReplicas", {
    metric: `${REPLICAS}_offlinereplicacount`,
    fires: "3x10",
    quiet: "0x10",
    at: "6m",
    value: 3,
  }),
  on("KafkaIsrShrinking", {
    metric: `${REPLICAS}_isrshrinks_total`,
    fires: "0+60x20",
    quiet: "500x20",
    at: "15m",
    value: 1,
  }),
  on("KafkaIsrExpanding", {
    metric: `${REPLICAS}_isrexpands_total`,
    fires: "0+30x20",
    quiet: "500x20",
    at: "15m",
    value: 0.5,
  }),
  on("KafkaReplicaLag", {
    metric: "kafka_server_replicafetchermanager_maxlag",
    labels: { clientId: "Replica" },
    fires: "20000x15",
    quiet: "9000x15",
    at: "12m",
    value: 20_000,
  }),
  on("KafkaReplicationFailed", {
    metric: "kafka_server_replicafetchermanager_failedpartitionscount",
    labels: { clientId: "Replica" },
    fires: "2x10",
    quiet: "0x10",
    at: "6m",
    value: 2,
  }),
  on("KafkaLogCleanerDead", {
    metric: "kafka_log_logcleaner_deadthreadcount",
    fires: "1x10",
    quiet: "0x10",
    at: "6m",
    value: 1,
  }),
  on("KafkaPreferredReplicaImbalance", {
    metric: `${CONTROLLER}_preferredreplicaimbalancecount`,
    fires: "5x40",
    // After a restart, until Kafka has moved leadership back.
    quiet: "0x10 5x10 0x20",
    at: "35m",
    value: 5,
    alertLabels: CLUSTER,
  }),
];

const QUORUM: AlertCase[] = [
  on("KafkaNoRaftLeader", {
    metric: "kafka_server_raftmetrics_current_leader",
    fires: "-1x5",
    quiet: "0x5",
    at: "3m",
    value: -1,
  }),
  on("KafkaControllerFlapping", {
    metric: `${CONTROLLER}_newactivecontrollerscount`,
    fires: "1 2 3 4 5x10",
    quiet: "1 2 3x20",
    at: "10m",
    value: 4,
    alertLabels: CLUSTER,
  }),
  on("KafkaControllerOperationsTimedOut", {
    metric: `${CONTROLLER}_eventqueueoperationstimedoutcount`,
    fires: "0x5 3x20",
    quiet: "3x30",
    at: "10m",
    value: 3,
  }),
  on("KafkaBrokerHeartbeatsTimedOut", {
    metric: `${CONTROLLER}_timedoutbrokerheartbeatcount`,
    fires: "0x5 2x20",
    quiet: "2x30",
    at: "10m",
    value: 2,
    alertLabels: CLUSTER,
  }),
  {
    alert: "KafkaMetadataErrors",
    firing: [
      {
        // One of three counts, while the others say that all is well.
        input: {
          [broker(`${CONTROLLER}_metadataerrorcount`, 0)]: "0x5",
          [broker(`${METADATA}_metadata_load_error_count`, 0)]: "0x5",
          [broker(`${METADATA}_metadata_apply_error_count`, 0)]: "2x5",
        },
        at: "2m",
        labels: OWNER,
        value: 2,
      },
      { input: { [broker(`${CONTROLLER}_metadataerrorcount`, 0)]: "1x5" }, at: "2m", labels: OWNER, value: 1 },
    ],
    silent: [
      {
        input: {
          [broker(`${CONTROLLER}_metadataerrorcount`, 0)]: "0x5",
          [broker(`${METADATA}_metadata_load_error_count`, 0)]: "0x5",
        },
        at: "2m",
      },
    ],
  },
  on("KafkaBrokerMetadataLag", {
    metric: `${METADATA}_last_applied_record_lag_ms`,
    fires: "45000x10",
    quiet: "500x10",
    at: "6m",
    value: 45_000,
  }),
  on("KafkaControllerMetadataLag", {
    metric: `${CONTROLLER}_lastappliedrecordlagms`,
    fires: "45000x10",
    quiet: "500x10",
    at: "6m",
    value: 45_000,
  }),
];

const times = (request: string) => ({ request, quantile: "0.99" });

const LOAD: AlertCase[] = [
  // Nanoseconds of idle time in a minute: 60e9 is all of it.
  on("KafkaRequestHandlersBusy", {
    metric: HANDLERS,
    fires: "0+12000000000x30",
    quiet: "0+30000000000x30",
    at: "20m",
    value: 0.2,
  }),
  on("KafkaRequestHandlersExhausted", {
    metric: HANDLERS,
    fires: "0+3000000000x30",
    quiet: "0+12000000000x30",
    at: "20m",
    value: 0.05,
  }),
  on("KafkaNetworkProcessorsBusy", {
    metric: "kafka_network_socketserver_networkprocessoravgidle_percent",
    fires: "0.2x20",
    quiet: "0.9x20",
    at: "12m",
    value: 0.2,
  }),
  on("KafkaProduceSlow", {
    metric: "kafka_network_requestmetrics_totaltimems",
    labels: times("Produce"),
    fires: "1500x20",
    quiet: "40x20",
    at: "12m",
    value: 1500,
  }),
  on("KafkaFetchSlow", {
    metric: "kafka_network_requestmetrics_totaltimems",
    labels: times("FetchConsumer"),
    fires: "2500x20",
    quiet: "502x20",
    at: "12m",
    value: 2500,
  }),
  on("KafkaProduceRequestsFailing", {
    metric: "kafka_server_brokertopicmetrics_failedproducerequests_total",
    fires: "0+60x20",
    quiet: "900x20",
    at: "15m",
    value: 1,
  }),
  on("KafkaFetchRequestsFailing", {
    metric: "kafka_server_brokertopicmetrics_failedfetchrequests_total",
    fires: "0+60x20",
    quiet: "0+3x20",
    at: "15m",
    value: 1,
  }),
];

const JVM: AlertCase[] = [
  {
    alert: "KafkaJvmHeapFillingUp",
    firing: [
      {
        input: {
          [series("jvm_memory_used_bytes", { ...OWNER, area: "heap" })]: "900x30",
          [series("jvm_memory_max_bytes", { ...OWNER, area: "heap" })]: "1000x30",
        },
        at: "20m",
        labels: OWNER,
        value: 0.9,
      },
    ],
    silent: [
      {
        // Full between two collections, and half empty after each.
        input: {
          [series("jvm_memory_used_bytes", { ...OWNER, area: "heap" })]:
            "950 950 400 950 950 950 400 950 950 400 950 950 950 400 950x2",
          [series("jvm_memory_max_bytes", { ...OWNER, area: "heap" })]: "1000x30",
        },
        at: "14m",
      },
      {
        // No limit is reported as -1.
        input: {
          [series("jvm_memory_used_bytes", { ...OWNER, area: "heap" })]: "900x30",
          [series("jvm_memory_max_bytes", { ...OWNER, area: "heap" })]: "-1x30",
        },
        at: "20m",
      },
    ],
  },
  on("KafkaJvmThreadsDeadlocked", { metric: "jvm_threads_deadlocked", fires: "2x5", quiet: "0x5", at: "3m", value: 2 }),
  on("KafkaJvmGarbageCollection", {
    metric: "jvm_gc_collection_seconds_sum",
    labels: { gc: "G1 Old Generation" },
    fires: "0+30x30",
    quiet: "0+1x30",
    at: "20m",
    value: 0.5,
  }),
  on("KafkaJvmFileDescriptors", {
    metric: "process_open_fds",
    fires: "90x10",
    quiet: "20x10",
    at: "6m",
    value: 0.9,
    beside: { [series("process_max_fds", OWNER)]: "100x10" },
  }),
  on("KafkaJvmRestarting", {
    metric: "process_start_time_seconds",
    fires: "100x4 400x4 700x4 1000x10",
    quiet: "100x4 400x20",
    at: "18m",
    value: 3,
  }),
];

const EXPORTER = { job: "kafka-exporter", instance: "kafka-exporter" };
const GROUP = { consumergroup: "archive", topic: "rawticker" };
const GROUP_LABELS = { job: "kafka-exporter", ...GROUP };
const lag = series("kafka_consumergroup_lag_sum", { ...EXPORTER, ...GROUP });
const committed = (partition: string) =>
  series("kafka_consumergroup_current_offset", { ...EXPORTER, ...GROUP, partition });

const CONSUMERS: AlertCase[] = [
  oneSeries(EXPORTER, "KafkaConsumerLagHigh", {
    metric: "kafka_consumergroup_lag_sum",
    labels: GROUP,
    fires: "20000x20",
    quiet: "9000x20",
    at: "16m",
    value: 20_000,
    alertLabels: GROUP_LABELS,
    // A partition without a committed offset is -1 and must not count.
    beside: { [series("kafka_consumergroup_lag", { ...EXPORTER, ...GROUP, partition: "0" })]: "-1x20" },
  }),
  {
    alert: "KafkaConsumerLagGrowing",
    firing: [{ input: { [lag]: "2000+10x60" }, at: "40m", labels: GROUP_LABELS, value: 2400 }],
    silent: [
      { input: { [lag]: "5000-10x60" }, at: "40m" },
      { input: { [lag]: "0+1x60" }, at: "40m" },
    ],
  },
  {
    alert: "KafkaConsumerGroupStalled",
    firing: [
      {
        input: { [lag]: "100x40", [committed("0")]: "500x40", [committed("1")]: "-1x40" },
        at: "20m",
        labels: GROUP_LABELS,
        value: 100,
      },
    ],
    silent: [
      { input: { [lag]: "100x40", [committed("0")]: "500x40", [committed("1")]: "0+10x40" }, at: "20m" },
      // Nothing is produced, so there is nothing to commit.
      { input: { [lag]: "0x40", [committed("0")]: "500x40" }, at: "20m" },
    ],
  },
  oneSeries(EXPORTER, "KafkaTopicUnderReplicated", {
    metric: "kafka_topic_partition_under_replicated_partition",
    labels: { topic: "rawticker", partition: "0" },
    fires: "1x15",
    quiet: "0x15",
    at: "12m",
    value: 1,
    alertLabels: { job: "kafka-exporter", topic: "rawticker" },
  }),
  {
    alert: "KafkaExporterBlind",
    firing: [{ input: { [series("up", EXPORTER)]: "1x10" }, at: "6m", labels: EXPORTER, value: 1 }],
    silent: [
      { input: { [series("up", EXPORTER)]: "1x10", [series("kafka_brokers", EXPORTER)]: "3x10" }, at: "6m" },
      // That is TargetDown's.
      { input: { [series("up", EXPORTER)]: "0x10" }, at: "6m" },
    ],
  },
];

export const KAFKA_CASES: readonly AlertCase[] = [
  ...AVAILABILITY,
  ...REPLICATION,
  ...QUORUM,
  ...LOAD,
  ...JVM,
  ...CONSUMERS,
];
