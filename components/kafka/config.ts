import { stringify } from "yaml";
import type { KafkaArgs } from "./args";
import type { Setting } from "./settings";
import { DATA, PORTS, type Spec } from "./spec";

/** What decides who a node is and how its volume is laid out: all that formatting reads. */
function identity(spec: Spec, broker: number): Record<string, Setting> {
  return {
    "process.roles": "broker,controller",
    "node.id": broker,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INSIDE",
    listeners: `INSIDE://:${PORTS.inside},CONTROLLER://:${PORTS.controller}`,
    "advertised.listeners": `INSIDE://${spec.host(broker)}:${PORTS.inside},CONTROLLER://${spec.host(broker)}:${PORTS.controller}`,
    "listener.security.protocol.map": "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": DATA,
  };
}

/**
 * What `kafka-storage.sh format` needs. Not the whole configuration, so that a volume's preparation stays the same when the
 * broker is configured differently.
 */
export function formatProperties(spec: Spec, broker: number): string {
  return properties({
    ...identity(spec, broker),
    "controller.quorum.bootstrap.servers": `${spec.host(broker)}:${PORTS.controller}`,
  });
}

/** The whole configuration of one broker. */
export function serverProperties(spec: Spec, args: KafkaArgs, broker: number): string {
  return properties({
    // Topics are code; one that a typing error of a client created would be neither watched nor kept.
    "auto.create.topics.enable": false,
    "log.retention.hours": 168,
    ...args.config,
    ...identity(spec, broker),
    ...outside(spec, broker),
    ...quorum(spec),
    "default.replication.factor": spec.replication,
    "min.insync.replicas": spec.minInSyncReplicas,
    "offsets.topic.replication.factor": spec.replication,
    "transaction.state.log.replication.factor": spec.replication,
    "transaction.state.log.min.isr": spec.minInSyncReplicas,
    "share.coordinator.state.topic.replication.factor": spec.replication,
    "share.coordinator.state.topic.min.isr": spec.minInSyncReplicas,
  });
}

/** A node finds the quorum through any controller and joins it by itself. */
function quorum(spec: Spec): Record<string, Setting> {
  const controllers = Array.from({ length: spec.brokers }, (_, i) => `${spec.host(i)}:${PORTS.controller}`);
  return {
    "controller.quorum.bootstrap.servers": controllers.join(","),
    "controller.quorum.auto.join.enable": true,
  };
}

function outside(spec: Spec, broker: number): Record<string, Setting> {
  if (!spec.outside) return {};
  const own = identity(spec, broker);
  const { host, port } = spec.outside.advertised(broker);
  const named = host.includes(":") ? `[${host}]` : host;
  return {
    listeners: `${own.listeners},OUTSIDE://:${PORTS.outside}`,
    "advertised.listeners": `${own["advertised.listeners"]},OUTSIDE://${named}:${port}`,
  };
}

function properties(settings: Readonly<Record<string, Setting | undefined>>): string {
  const lines = Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return `${lines.sort().join("\n")}\n`;
}

/** Everything to the console: files in the container would grow without bound, and nobody would see them. */
export const LOG4J2 = stringify({
  Configuration: {
    status: "warn",
    Appenders: { Console: { name: "STDOUT", PatternLayout: { pattern: "[%d] %p %m (%c)%n" } } },
    Loggers: {
      Root: { level: "INFO", AppenderRef: { ref: "STDOUT" } },
      Logger: [{ name: "org.apache.kafka.common.config", level: "WARN" }],
    },
  },
});
