/** A command of the distribution: the class that it runs, and a heap that differs from `kafka-run-class.sh`'s 256 MB. */
interface Tool {
  readonly main: string;
  /** Used where KAFKA_HEAP_OPTS is unset. */
  readonly heap?: string;
}

const TOOLS = "org.apache.kafka.tools";

/** Commands in /opt/kafka/bin besides kafka-run-class.sh and kafka-server-start.sh, which are files of their own. */
export const KAFKA_TOOLS: Readonly<Record<string, Tool>> = {
  "kafka-acls": { main: `${TOOLS}.AclCommand` },
  "kafka-broker-api-versions": { main: `${TOOLS}.BrokerApiVersionsCommand` },
  "kafka-client-metrics": { main: `${TOOLS}.ClientMetricsCommand` },
  "kafka-cluster": { main: `${TOOLS}.ClusterTool` },
  "kafka-configs": { main: "kafka.admin.ConfigCommand" },
  "kafka-console-consumer": { main: `${TOOLS}.consumer.ConsoleConsumer`, heap: "-Xmx512M" },
  "kafka-console-producer": { main: `${TOOLS}.ConsoleProducer`, heap: "-Xmx512M" },
  "kafka-consumer-groups": { main: `${TOOLS}.consumer.group.ConsumerGroupCommand` },
  "kafka-consumer-perf-test": { main: `${TOOLS}.ConsumerPerformance`, heap: "-Xmx512M" },
  "kafka-delegation-tokens": { main: `${TOOLS}.DelegationTokenCommand` },
  "kafka-delete-records": { main: `${TOOLS}.DeleteRecordsCommand` },
  "kafka-dump-log": { main: `${TOOLS}.DumpLogSegments` },
  "kafka-e2e-latency": { main: `${TOOLS}.EndToEndLatency` },
  "kafka-features": { main: `${TOOLS}.FeatureCommand` },
  "kafka-get-offsets": { main: `${TOOLS}.GetOffsetShell` },
  "kafka-groups": { main: `${TOOLS}.GroupsCommand` },
  "kafka-jmx": { main: `${TOOLS}.JmxTool` },
  "kafka-leader-election": { main: `${TOOLS}.LeaderElectionCommand` },
  "kafka-log-dirs": { main: `${TOOLS}.LogDirsCommand` },
  "kafka-metadata-quorum": { main: `${TOOLS}.MetadataQuorumCommand` },
  "kafka-producer-perf-test": { main: `${TOOLS}.ProducerPerformance`, heap: "-Xmx512M" },
  "kafka-reassign-partitions": { main: `${TOOLS}.reassign.ReassignPartitionsCommand` },
  "kafka-replica-verification": { main: `${TOOLS}.ReplicaVerificationTool` },
  "kafka-share-groups": { main: `${TOOLS}.consumer.group.ShareGroupCommand` },
  "kafka-storage": { main: "kafka.tools.StorageTool" },
  "kafka-topics": { main: `${TOOLS}.TopicCommand` },
  "kafka-transactions": { main: `${TOOLS}.TransactionsCommand` },
  "kafka-verifiable-consumer": { main: `${TOOLS}.VerifiableConsumer`, heap: "-Xmx512M" },
  "kafka-verifiable-producer": { main: `${TOOLS}.VerifiableProducer`, heap: "-Xmx512M" },
};

/** Text of one command. */
export function toolScript(tool: Tool): string {
  return [
    "#!/bin/bash",
    ...(tool.heap ? [`if [ -z "$KAFKA_HEAP_OPTS" ]; then export KAFKA_HEAP_OPTS="${tool.heap}"; fi`] : []),
    `exec "$(dirname "\${BASH_SOURCE[0]}")/kafka-run-class.sh" ${tool.main} "$@"`,
    "",
  ].join("\n");
}
