/** Broker settings that the component derives from its arguments, and what to use instead. */
export const OWN_SETTINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "advertised.listeners",
      "controller.listener.names",
      "early.start.listeners",
      "inter.broker.listener.name",
      "listener.security.protocol.map",
      "listeners",
      "security.inter.broker.protocol",
    ].map((key) => [key, "Use publish or expose; the listeners inside the stack are fixed"]),
  ),
  ...Object.fromEntries(
    [
      "broker.id",
      "controller.quorum.auto.join.enable",
      "controller.quorum.bootstrap.servers",
      "controller.quorum.voters",
      "node.id",
      "process.roles",
    ].map((key) => [key, "Use brokers"]),
  ),
  "broker.rack": "Use rack: it is the zone of each broker's node",
  "default.replication.factor": "Use brokers, and replication of a topic",
  "log.dir": "Use storage",
  "log.dirs": "Use storage",
  "metadata.log.dir": "Use storage",
  "min.insync.replicas": "Use minInSyncReplicas of a topic",
  ...Object.fromEntries(
    [
      "offsets.topic.replication.factor",
      "share.coordinator.state.topic.min.isr",
      "share.coordinator.state.topic.replication.factor",
      "transaction.state.log.min.isr",
      "transaction.state.log.replication.factor",
    ].map((key) => [key, "It follows from brokers"]),
  ),
};
