import { type Connection, connectionTo } from "../target/connection";
import type { File, Job, Port, Publication, VolumePreparation, Workload } from "../target/workload";
import type { KafkaArgs } from "./args";
import { formatProperties, LOG4J2, serverProperties } from "./config";
import { COPIES_SCRIPT } from "./copies-script";
import { jmxRules } from "./jmx";
import { readyScript } from "./ready-script";
import { formatScript, startScript } from "./scripts";
import { FILES, OTHERS, PORTS, type Spec, spec, VOLUME } from "./spec";
import { topicsTable } from "./topics";
import { TOPICS_SCRIPT, TOPICS_TIMEOUT } from "./topics-script";

/** The brokers, as one service with stable identities. */
export function workload(name: string, args: KafkaArgs): Workload {
  const s = spec(name, args);
  return {
    name,
    image: args.images.kafka,
    command: ["bash", `${FILES}/start.sh`],
    ...(args.env ? { env: args.env } : {}),
    files: [
      { path: `${FILES}/start.sh`, content: startScript(s, args.jvm ?? []), executable: true },
      { path: `${FILES}/ready.sh`, content: readyScript(s), executable: true },
      { path: `${FILES}/jmx.yaml`, content: jmxRules(args.metrics?.partitions ?? false) },
      { path: `${FILES}/log4j2.yaml`, content: LOG4J2 },
    ],
    scratch: { "/tmp": "64Mi" },
    volumes: [{ name: "data", path: VOLUME, size: s.storage, prepare: (broker) => preparation(s, name, args, broker) }],
    ports: ports(s),
    replicas: s.brokers,
    identity: "stable",
    ...(s.rack === "off" ? {} : { zone: true }),
    perReplica: (broker) => perReplica(s, args, broker),
    // Brokers replicate from each other and vote as controllers.
    needs: [{ to: brokerConnection(name, args) }, { to: controllerConnection(name, args) }],
    // After a crash every log segment is checked before a broker is ready; the controller's port answers from the beginning.
    ready: { probe: { exec: ["bash", `${FILES}/ready.sh`] }, timeout: 10, startWithin: 600 },
    alive: { tcp: { port: "controller" } },
    resources: s.resources,
    stop: { grace: 120 },
  };
}

/** The job that makes the topics as declared; again when a volume was initialised anew. */
export function topicsJob(name: string, args: KafkaArgs): Job {
  const to = brokerConnection(name, args);
  const s = args.existing ? undefined : spec(name, args);
  const copies = s && s.brokers > 1 ? s.reassignment : undefined;
  return {
    name: `${name}-topics`,
    image: args.images.kafka,
    command: ["bash", `${FILES}/topics.sh`],
    env: {
      BOOTSTRAP: to.endpoints.join(","),
      ...(s && copies
        ? {
            BROKERS: `${s.brokers}`,
            COPIES: `${s.replication}`,
            THROTTLE: `${copies.throttle}`,
            WITHIN: `${copies.within}`,
          }
        : {}),
    },
    files: [
      { path: `${FILES}/topics.sh`, content: TOPICS_SCRIPT, executable: true },
      { path: `${FILES}/topics.tsv`, content: topicsTable(args.topics ?? {}, s) },
      ...(copies ? [{ path: `${FILES}/copies.sh`, content: COPIES_SCRIPT, executable: true }] : []),
    ],
    scratch: { "/tmp": "16Mi" },
    needs: [{ to, start: true }],
    resources: { cpu: 2, memory: "768Mi" },
    timeout: TOPICS_TIMEOUT + (copies?.within ?? 0),
    ...(s ? { restores: [name] } : {}),
  };
}

export function brokerConnection(name: string, args: KafkaArgs): Connection {
  if (args.existing) return existingConnection(name, args.existing);
  return connection(name, args, name, "kafka", PORTS.inside);
}

export function metricsConnection(name: string, args: KafkaArgs): Connection {
  return connection(name, args, `${name}-metrics`, "prometheus-metrics", PORTS.metrics);
}

function controllerConnection(name: string, args: KafkaArgs): Connection {
  return connection(name, args, `${name}-controller`, "kafka-controller", PORTS.controller);
}

function connection(name: string, args: KafkaArgs, id: string, kind: string, port: number): Connection {
  return connectionTo(args.target, name, { id, kind, port, replicas: spec(name, args).brokers });
}

function existingConnection(id: string, { bootstrap, cidrs }: NonNullable<KafkaArgs["existing"]>): Connection {
  const [host = "", port = ""] = (bootstrap[0] ?? "").split(/:(?=\d+$)/);
  return { id, kind: "kafka", port: Number(port), peer: { cidrs }, host, endpoints: bootstrap };
}

/**
 * The first node begins the cluster, once; all others join it. Says nothing of how brokers are configured, so that a change of
 * that does not touch volumes.
 */
function preparation(s: Spec, name: string, args: KafkaArgs, broker: number): VolumePreparation {
  const lost = args.recover?.includes(broker) ?? false;
  const first = broker === 0 && (!lost || s.brokers === 1);
  const peers = Array.from({ length: s.brokers }, (_, i) => i).filter((i) => i !== broker);
  return {
    command: ["bash", `${FILES}/format.sh`],
    env: {
      NODE: String(broker),
      CLUSTER_ID: s.clusterId,
      MODE: first ? "bootstrap" : "join",
      ...(first ? { PEERS: peers.map(s.host).join(" ") } : {}),
      // Another text than before makes the preparation run again.
      ...(lost ? { RECOVER: "true" } : {}),
    },
    files: [
      { path: `${FILES}/format.sh`, content: formatScript(s), executable: true },
      { path: `${FILES}/format-${broker}.properties`, content: formatProperties(s, broker) },
    ],
    // Before it begins a cluster it looks whether there is one, running or not.
    ...(first ? { reaches: [controllerConnection(name, args)], others: OTHERS } : {}),
  };
}

function ports(s: Spec): Record<string, Port> {
  const rmi = s.rmi ? Array.from({ length: s.brokers }, (_, i) => [rmiPort(i), { port: (s.rmi?.port ?? 0) + i }]) : [];
  return {
    inside: { port: PORTS.inside },
    controller: { port: PORTS.controller },
    metrics: { port: PORTS.metrics },
    ...(s.outside ? { outside: { port: PORTS.outside } } : {}),
    ...Object.fromEntries(rmi),
  };
}

/** RMI tells clients its own port again, so each broker has one of its own, the same inside and outside. */
function rmiPort(broker: number): string {
  return `rmi-${broker}`;
}

function perReplica(s: Spec, args: KafkaArgs, broker: number) {
  const file: File = { path: `${FILES}/server-${broker}.properties`, content: serverProperties(s, args, broker) };
  const service = s.outside?.expose?.(broker);
  return { files: [file], publish: publications(s, broker), ...(service ? { expose: { outside: service } } : {}) };
}

function publications(s: Spec, broker: number): Record<string, Publication> {
  return {
    ...(s.outside?.publish ? { outside: s.outside.publish(broker) } : {}),
    ...(s.rmi?.address ? { [rmiPort(broker)]: { host: s.rmi.port + broker, address: s.rmi.address } } : {}),
  };
}
