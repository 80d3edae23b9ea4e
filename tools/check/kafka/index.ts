import { Kafka, type KafkaArgs } from "../../../components/kafka";
import { PORTS, type Spec, spec } from "../../../components/kafka/spec";
import { topicSettings } from "../../../components/kafka/topics";
import type { Declaration, DeclaredComponent } from "../declared";
import { type Check, count, nothingToCheck, some, verdict } from "../outcome";
import type { Instance, Running } from "../running";
import { agentMetrics, rmiAnswers } from "./endpoints";
import { KafkaTools, nodeIds } from "./tools";
import { compareTopics, parseTopics, type WantedTopic } from "./topics";

const FAMILY = "kafka";

/** A declared Kafka cluster whose brokers this stack runs. */
export interface Cluster {
  readonly name: string;
  readonly spec: Spec;
  readonly brokers: readonly Instance[];
  readonly topics: Readonly<Record<string, WantedTopic>>;
  /** Tools in the container of one broker. */
  tools(broker: Instance): KafkaTools;
}

export function clusterOf(running: Running, { name, args, connection }: DeclaredComponent<KafkaArgs>): Cluster {
  const own = spec(name, args);
  return {
    name,
    spec: own,
    brokers: Array.from({ length: own.brokers }, (_, replica) => ({ workload: name, replica })),
    topics: wantedTopics(args, own),
    tools: (broker) => new KafkaTools(running, broker, connection.endpoints.join(",")),
  };
}

/** Checks of every Kafka that the stack runs itself. */
export function kafkaChecks(running: Running, declaration: Declaration): Check[] {
  const components = declaration.all(Kafka);
  const own = components.filter((component) => !component.args.existing);
  return own.flatMap((component) => clusterChecks(running, clusterOf(running, component), component.name));
}

function clusterChecks(running: Running, cluster: Cluster, name: string): Check[] {
  const tools = "tools in the broker's container work beside agent and RMI";
  const [first] = cluster.brokers;
  if (!first) return [];
  const declared = Object.keys(cluster.topics);
  return [
    {
      family: FAMILY,
      title: tools,
      settle: 30,
      run: async () => {
        const problems: string[] = [];
        // each starts a JVM: all at once they are slower than one after the other
        for (const broker of cluster.brokers) problems.push(...(await besideEachOther(running, cluster, broker)));
        const sides = cluster.spec.rmi ? "agent and RMI answer" : "agent answers, RMI is off";
        return verdict(problems, `kafka-topics --list on ${count(cluster.brokers.length, "broker")}; ${sides}`);
      },
    },
    {
      family: FAMILY,
      title: "topics are as declared",
      after: tools,
      run: async () => {
        if (declared.length === 0) return nothingToCheck(`${name} declares no topics`);
        const found = parseTopics(await cluster.tools(first).describeTopics());
        return verdict(compareTopics(cluster.topics, found), some(declared));
      },
    },
    {
      family: FAMILY,
      title: "every partition has all its copies",
      after: tools,
      settle: 60,
      run: async () => verdict(await cluster.tools(first).underReplicated(), "none lacks one"),
    },
    {
      family: FAMILY,
      title: "all nodes are voters of one quorum",
      after: tools,
      settle: 60,
      run: async () => {
        const quorum = await cluster.tools(first).quorum();
        return verdict(quorumProblems(cluster.spec, quorum), `cluster ${quorum.ClusterId}, leader ${quorum.LeaderId}`);
      },
    },
  ];
}

/** The fault that this guards against: an agent in the tools' environment, so that each tool dies on the broker's port. */
async function besideEachOther(running: Running, cluster: Cluster, broker: Instance): Promise<string[]> {
  const label = `${broker.workload}-${broker.replica}`;
  const [listed, agent, rmi] = await Promise.all([
    cluster.tools(broker).listTopics(),
    agentMetrics(running, broker, PORTS.metrics),
    cluster.spec.rmi ? rmiAnswers(running, broker, cluster.spec.rmi.port + (broker.replica ?? 0)) : true,
  ]);
  const missing = Object.keys(cluster.topics).filter((topic) => !listed.includes(topic));
  return [
    ...missing.map((topic) => `kafka-topics --list on ${label} does not show ${topic}`),
    ...(/^kafka_server_/m.test(agent) ? [] : [`the agent of ${label} shows no metrics of the broker`]),
    ...(rmi ? [] : [`the RMI port of ${label} does not answer`]),
  ];
}

/** What the quorum says of itself, against the declared nodes. */
export function quorumProblems(own: Spec, quorum: Readonly<Record<string, string>>): string[] {
  const wanted = Array.from({ length: own.brokers }, (_, i) => i).join(", ");
  const voters = nodeIds(quorum.CurrentVoters).join(", ");
  return [
    ...(quorum.ClusterId === own.clusterId
      ? []
      : [`the cluster's id is ${quorum.ClusterId}, declared is ${own.clusterId}`]),
    ...(voters === wanted ? [] : [`voters are ${voters || "none"}, declared are ${wanted}`]),
    ...(Number(quorum.LeaderId) >= 0 ? [] : ["the quorum has no leader"]),
  ];
}

function wantedTopics(args: KafkaArgs, own: Spec): Record<string, WantedTopic> {
  const topics = Object.entries(args.topics ?? {}).map(([name, topic]): [string, WantedTopic] => {
    const settings = Object.entries(topicSettings(topic, own)).map(([key, value]) => [key, String(value)]);
    const { partitions = 1, replication = own.replication } = topic;
    return [name, { partitions, replication, config: Object.fromEntries(settings) }];
  });
  return Object.fromEntries(topics);
}
