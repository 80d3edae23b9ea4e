import { counter, gauge } from "../monitoring/signal";

const CONTROLLER = "kafka_controller_kafkacontroller";
const REPLICAS = "kafka_server_replicamanager";
/** Broker topic metrics exist with a topic and, for all topics together, without one. */
const ALL_TOPICS = { topic: "" };

/**
 * What a broker's JMX agent says, in the names of `jmx.ts`. Controllers that are on standby report the cluster's state too, so that
 * the greatest value is the cluster's.
 */
export const KAFKA = {
  activeControllers: gauge("active controllers", `${CONTROLLER}_activecontrollercount`, {
    unit: "count",
    across: "sum",
  }),
  activeBrokers: gauge("active brokers", `${CONTROLLER}_activebrokercount`, { unit: "count" }),
  fencedBrokers: gauge("fenced brokers", `${CONTROLLER}_fencedbrokercount`, { unit: "count" }),
  offlinePartitions: gauge("offline partitions", `${CONTROLLER}_offlinepartitionscount`, { unit: "count" }),
  preferredReplicaImbalance: gauge(
    "partitions off their preferred leader",
    `${CONTROLLER}_preferredreplicaimbalancecount`,
    {
      unit: "count",
    },
  ),
  metadataErrors: gauge("controller metadata errors", `${CONTROLLER}_metadataerrorcount`, { unit: "count" }),
  controllerLag: gauge("controller metadata lag", `${CONTROLLER}_lastappliedrecordlagms`, { unit: "milliseconds" }),
  underReplicated: gauge("under-replicated partitions", `${REPLICAS}_underreplicatedpartitions`, { unit: "count" }),
  underMinIsr: gauge("partitions below min.insync.replicas", `${REPLICAS}_underminisrpartitioncount`, {
    unit: "count",
  }),
  offlineReplicas: gauge("offline replicas", `${REPLICAS}_offlinereplicacount`, { unit: "count" }),
  leaders: gauge("partitions led", `${REPLICAS}_leadercount`, { unit: "count" }),
  partitions: gauge("partitions held", `${REPLICAS}_partitioncount`, { unit: "count" }),
  isrShrinks: counter("ISR shrinks", `${REPLICAS}_isrshrinks_total`, { unit: "per second" }),
  isrExpands: counter("ISR expansions", `${REPLICAS}_isrexpands_total`, { unit: "per second" }),
  replicaLag: gauge("replica fetcher lag", "kafka_server_replicafetchermanager_maxlag", { unit: "messages" }),
  offlineLogDirs: gauge("offline log directories", "kafka_log_logmanager_offlinelogdirectorycount", { unit: "count" }),
  networkIdle: gauge("network processors idle", "kafka_network_socketserver_networkprocessoravgidle_percent", {
    unit: "ratio",
    across: "min",
  }),
  bytesIn: counter("bytes in", "kafka_server_brokertopicmetrics_bytesin_total", {
    unit: "bytes",
    matchers: ALL_TOPICS,
  }),
  bytesOut: counter("bytes out", "kafka_server_brokertopicmetrics_bytesout_total", {
    unit: "bytes",
    matchers: ALL_TOPICS,
  }),
  messagesIn: counter("messages in", "kafka_server_brokertopicmetrics_messagesin_total", {
    unit: "messages",
    matchers: ALL_TOPICS,
  }),
  failedProduce: counter("failed produce requests", "kafka_server_brokertopicmetrics_failedproducerequests_total", {
    unit: "per second",
    matchers: ALL_TOPICS,
  }),
  failedFetch: counter("failed fetch requests", "kafka_server_brokertopicmetrics_failedfetchrequests_total", {
    unit: "per second",
    matchers: ALL_TOPICS,
  }),
  produceTime: gauge("produce p99", "kafka_network_requestmetrics_totaltimems", {
    unit: "milliseconds",
    matchers: { request: "Produce", quantile: "0.99" },
  }),
  fetchTime: gauge("consumer fetch p99", "kafka_network_requestmetrics_totaltimems", {
    unit: "milliseconds",
    matchers: { request: "FetchConsumer", quantile: "0.99" },
  }),
  raftLeader: gauge("raft leader", "kafka_server_raftmetrics_current_leader", { unit: "count", across: "min" }),
  metadataLag: gauge("broker metadata lag", "kafka_server_brokermetadatametrics_last_applied_record_lag_ms", {
    unit: "milliseconds",
  }),
  metadataLoadErrors: gauge("metadata load errors", "kafka_server_brokermetadatametrics_metadata_load_error_count", {
    unit: "count",
  }),
  metadataApplyErrors: gauge("metadata apply errors", "kafka_server_brokermetadatametrics_metadata_apply_error_count", {
    unit: "count",
  }),
  brokerState: gauge("broker state", "kafka_server_kafkaserver_brokerstate", { unit: "count" }),
  deadCleaners: gauge("dead log cleaners", "kafka_log_logcleaner_deadthreadcount", { unit: "count" }),
  failedFetchers: gauge(
    "partitions that replication gave up",
    "kafka_server_replicafetchermanager_failedpartitionscount",
    {
      unit: "count",
      across: "sum",
    },
  ),
} as const;

/** Counted by Kafka as gauges since the process started: only their changes mean something. */
export const KAFKA_EVENTS = {
  newActiveControllers: `${CONTROLLER}_newactivecontrollerscount`,
  timedOutOperations: `${CONTROLLER}_eventqueueoperationstimedoutcount`,
  timedOutHeartbeats: `${CONTROLLER}_timedoutbrokerheartbeatcount`,
  uncleanElections: "kafka_controller_controllerstats_uncleanleaderelections_total",
  /**
   * Nanoseconds that the broker's handler threads were idle, divided by their number. The one without `broker` is the mean of broker
   * and controller, in which a busy broker hides behind an idle controller.
   */
  handlerIdle: "kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidle_count_total",
} as const;
