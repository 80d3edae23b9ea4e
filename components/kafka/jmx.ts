import { stringify } from "yaml";

/** One rule of the JMX exporter's agent: the first whose pattern is found in `domain<keys><>attribute: value` names the series. */
interface Rule {
  readonly pattern: string;
  readonly name: string;
  readonly type: "GAUGE" | "COUNTER";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: number;
}

/** Requests whose time says how clients and followers fare; the other 80 kinds would be most of the series. */
const REQUESTS = ["Produce", "Fetch", "FetchConsumer", "FetchFollower"];

/** Where a request's time goes. */
const TIMES = ["RequestQueue", "Local", "Remote", "Throttle", "ResponseQueue", "ResponseSend", "Total"];

/** Only these are read from the JVM at all: what costs time is asking, not naming. */
const BEANS = [
  "kafka.controller:type=KafkaController,name=*",
  "kafka.controller:type=KafkaController,name=BrokerRegistrationState,broker=*",
  "kafka.controller:type=ControllerStats,name=*",
  "kafka.controller:type=ControllerEventManager,name=*",
  "kafka.log:type=LogCleaner,name=DeadThreadCount",
  "kafka.log:type=LogCleanerManager,name=uncleanable-*,logDirectory=*",
  "kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs",
  "kafka.log:type=LogManager,name=*",
  "kafka.log:type=LogManager,name=LogDirectoryOffline,logDirectory=*",
  "kafka.network:type=RequestChannel,name=*",
  "kafka.network:type=RequestMetrics,name=ErrorsPerSec,*",
  ...REQUESTS.flatMap((request) => [
    `kafka.network:type=RequestMetrics,name=RequestsPerSec,request=${request},*`,
    ...TIMES.map((time) => `kafka.network:type=RequestMetrics,name=${time}TimeMs,request=${request}`),
  ]),
  "kafka.network:type=SocketServer,name=*",
  "kafka.server:type=BrokerTopicMetrics,name=*",
  "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=*",
  "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec,topic=*",
  "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=*",
  "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,*",
  "kafka.server:type=FetchSessionCache,name=*",
  "kafka.server:type=KafkaRequestHandlerPool,name=*",
  "kafka.server:type=KafkaServer,name=BrokerState",
  "kafka.server:type=MetadataLoader,name=*",
  "kafka.server:type=ReplicaFetcherManager,name=*,clientId=*",
  "kafka.server:type=ReplicaManager,name=*",
  "kafka.server:type=SnapshotEmitter,name=*",
  "kafka.server:type=app-info",
  "kafka.server:type=broker-metadata-metrics",
  "kafka.server:type=group-coordinator-metrics",
  "kafka.server:type=group-coordinator-metrics,protocol=*",
  "kafka.server:type=group-coordinator-metrics,state=*",
  "kafka.server:type=raft-metrics",
  "kafka.server:type=socket-server-metrics,listener=*,networkProcessor=*",
];

/** 13 beans for each partition. */
const PARTITION_BEANS = ["kafka.cluster:type=Partition,*", "kafka.log:type=Log,*"];

const PARTITION_RULES: readonly Rule[] = [
  {
    pattern: String.raw`kafka\.(log|cluster)<type=(Log|Partition), name=(\w+), topic=([^,]+), partition=(\d+)><>Value`,
    name: "kafka_$1_$2_$3",
    type: "GAUGE",
    labels: { topic: "$4", partition: "$5" },
  },
];

const RULES: readonly Rule[] = [
  // Idle shares, 0 to 1. The handlers' is a meter of nanoseconds: its count for rates, and its one-minute rate as the share now.
  {
    pattern: String.raw`kafka\.server<type=KafkaRequestHandlerPool, name=(\w+)Percent><>Count`,
    name: "kafka_server_kafkarequesthandlerpool_$1_count",
    type: "COUNTER",
  },
  {
    pattern: String.raw`kafka\.server<type=KafkaRequestHandlerPool, name=(\w+)Percent><>OneMinuteRate`,
    name: "kafka_server_kafkarequesthandlerpool_$1_percent",
    type: "GAUGE",
  },
  {
    pattern: String.raw`kafka\.network<type=SocketServer, name=(\w+)Percent><>Value`,
    name: "kafka_network_socketserver_$1_percent",
    type: "GAUGE",
  },

  // Meters: their count, as a counter. The agent ends the name of a counter with _total by itself.
  {
    pattern: String.raw`kafka\.network<type=RequestMetrics, name=RequestsPerSec, request=(\w+), version=(\d+)><>Count`,
    name: "kafka_network_requestmetrics_requests",
    type: "COUNTER",
    labels: { request: "$1", version: "$2" },
  },
  {
    pattern: String.raw`kafka\.network<type=RequestMetrics, name=ErrorsPerSec, request=(\w+), error=(?!NONE)(\w+)><>Count`,
    name: "kafka_network_requestmetrics_errors",
    type: "COUNTER",
    labels: { request: "$1", error: "$2" },
  },
  {
    pattern: String.raw`kafka\.(\w+)<type=(\w+), name=(\w+)PerSec><>Count`,
    name: "kafka_$1_$2_$3",
    type: "COUNTER",
  },
  {
    pattern: String.raw`kafka\.server<type=BrokerTopicMetrics, name=(\w+)PerSec, topic=([^,]+)><>Count`,
    name: "kafka_server_brokertopicmetrics_$1",
    type: "COUNTER",
    labels: { topic: "$2" },
  },

  // Histograms: three quantiles each.
  {
    pattern: String.raw`kafka\.network<type=RequestMetrics, name=(\w+), request=(\w+)><>(50|95|99)thPercentile`,
    name: "kafka_network_requestmetrics_$1",
    type: "GAUGE",
    labels: { request: "$2", quantile: "0.$3" },
  },
  {
    pattern: String.raw`kafka\.(\w+)<type=(\w+), name=(\w+)><>(50|95|99)thPercentile`,
    name: "kafka_$1_$2_$3",
    type: "GAUGE",
    labels: { quantile: "0.$4" },
  },

  // Gauges without and with one more key, whose value JMX may have quoted.
  {
    pattern: String.raw`kafka\.(\w+)<type=(\w+), name=([\w-]+)><>Value`,
    name: "kafka_$1_$2_$3",
    type: "GAUGE",
  },
  {
    pattern: String.raw`kafka\.(\w+)<type=(\w+), name=([\w-]+), (\w+)="?([^",]*)"?><>Value`,
    name: "kafka_$1_$2_$3",
    type: "GAUGE",
    labels: { $4: "$5" },
  },

  // Kafka's own metrics library: one bean, many attributes.
  {
    pattern: String.raw`kafka\.server<type=raft-metrics><>current-state: (\w+)`,
    name: "kafka_server_raftmetrics_current_state",
    type: "GAUGE",
    labels: { current_state: "$1" },
    value: 1,
  },
  {
    pattern: String.raw`kafka\.server<type=raft-metrics><>([a-z-]+): `,
    name: "kafka_server_raftmetrics_$1",
    type: "GAUGE",
  },
  {
    pattern: String.raw`kafka\.server<type=broker-metadata-metrics><>([a-z-]+): `,
    name: "kafka_server_brokermetadatametrics_$1",
    type: "GAUGE",
  },
  {
    pattern: String.raw`kafka\.server<type=socket-server-metrics, listener=(\w+), networkProcessor=(\d+)><>connection-count: `,
    name: "kafka_server_socket_server_metrics_connection_count",
    type: "GAUGE",
    labels: { listener: "$1", networkProcessor: "$2" },
  },
  {
    pattern: String.raw`kafka\.server<type=group-coordinator-metrics, (protocol|state)=(\w+)><>(group-count|num-partitions): `,
    name: "kafka_server_groupcoordinatormetrics_$3",
    type: "GAUGE",
    labels: { $1: "$2" },
  },
  {
    pattern: String.raw`kafka\.server<type=group-coordinator-metrics><>([a-z-]+)-count: `,
    name: "kafka_server_groupcoordinatormetrics_$1",
    type: "COUNTER",
  },
  {
    pattern: String.raw`kafka\.server<type=app-info><>version: (\S+)`,
    name: "kafka_server_app_version",
    type: "GAUGE",
    labels: { version: "$1" },
    value: 1,
  },
];

/** Configuration of the JMX exporter's agent. Memory, threads and collections of the JVM come with it. */
export function jmxRules(partitions: boolean): string {
  return stringify(
    {
      lowercaseOutputName: true,
      includeObjectNames: partitions ? [...BEANS, ...PARTITION_BEANS] : BEANS,
      rules: partitions ? [...PARTITION_RULES, ...RULES] : RULES,
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
