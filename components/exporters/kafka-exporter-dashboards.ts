import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, labelVariable, once, query, View } from "../monitoring/dashboards/view";
import { clampMin, count, deriv, div, gt, max, min, RATE_INTERVAL, range, rate, sub, sum } from "../monitoring/promql";

export const TOPICS_UID = "datastack-kafka-topics";

/** Of topics: offsets only grow, though the exporter calls them gauges. */
const END = "kafka_topic_partition_current_offset";
const BEGIN = "kafka_topic_partition_oldest_offset";
/** Lag per partition is -1 where nothing is committed yet; the exporter's own sum leaves those out. */
const LAG = "kafka_consumergroup_lag_sum";
const COMMITTED = "kafka_consumergroup_current_offset_sum";
const UNDER_REPLICATED = "kafka_topic_partition_under_replicated_partition";

const view = new View();
const TOPIC = { topic: { re: "$topic" } };
const GROUP = { ...TOPIC, consumergroup: { re: "$group" } };
const BY_TOPIC = { by: ["topic"] };
const BY_GROUP = { by: ["consumergroup", "topic"] };
const written = sum(rate(range(END, { ...TOPIC, ...view.matchers }, RATE_INTERVAL)), BY_TOPIC);
const lag = max(view.metric(LAG, GROUP), BY_GROUP);
const lagThresholds = { bad: "above", warning: 10_000 } as const;

/** Topics and consumer groups, as the Kafka exporter sees them. */
export const kafkaExporterDashboards = once((): readonly Dashboard[] => [
  {
    uid: TOPICS_UID,
    title: "Kafka topics and consumer lag",
    description: "Which topics are written how much, and does every consumer group keep up?",
    tags: ["kafka"],
    variables: [
      ...jobAndInstance("kafka_brokers"),
      labelVariable("topic", "Topic", "kafka_topic_partitions"),
      labelVariable("group", "Consumer group", LAG, "consumergroup"),
    ],
    rows: [
      { title: "Consumer groups", panels: groups() },
      { title: "Topics", panels: topics() },
    ],
  },
]);

/** For the overview of a stack. */
export function kafkaExporterHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Largest consumer lag",
      description: "Of all groups and topics: messages that the slowest one has still to read.",
      unit: "messages",
      queries: [query(max(own.metric(LAG)), "messages")],
      thresholds: lagThresholds,
      width: 6,
    },
    {
      kind: "timeseries",
      title: "Consumer lag",
      description: "By group. A line that only climbs: the group does not keep up, or has stopped.",
      unit: "messages",
      queries: [query(sum(own.metric(LAG), { by: ["consumergroup"] }), "{{consumergroup}}")],
      width: 18,
      height: 5,
    },
  ];
}

function groups(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Consumer lag",
      description:
        "Messages that each group has still to read. A line that only climbs: it does not keep up, or has stopped.",
      unit: "messages",
      queries: [query(lag, "{{consumergroup}} {{topic}}")],
      thresholds: lagThresholds,
    },
    {
      kind: "timeseries",
      title: "Time behind",
      description:
        "Lag divided by how fast the topic is written: how old the next message is that the group will read. Only where something is written.",
      unit: "seconds",
      queries: [query(div(lag, gt(written, 0), { on: ["topic"], group: { left: [] } }), "{{consumergroup}} {{topic}}")],
    },
    {
      kind: "timeseries",
      title: "Consumed",
      description:
        "How fast each group's committed offset moves. Nothing, while there is lag: it is down, stuck, or fails to commit.",
      unit: "messages per second",
      queries: [
        query(
          // A group that is set back has a negative trend, which is no reading.
          clampMin(max(deriv(range(COMMITTED, { ...GROUP, ...view.matchers }, RATE_INTERVAL)), BY_GROUP), 0),
          "{{consumergroup}} {{topic}}",
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "Members",
      description:
        "Consumers in each group. Fewer than started: some cannot join; more than partitions: the rest are idle.",
      unit: "count",
      queries: [
        query(
          max(view.metric("kafka_consumergroup_members", { consumergroup: { re: "$group" } }), {
            by: ["consumergroup"],
          }),
          "{{consumergroup}}",
        ),
      ],
    },
    {
      kind: "table",
      title: "Groups and their topics",
      description: "Where each group stands now, the one that is furthest behind first.",
      unit: "messages",
      columns: { consumergroup: "Consumer group", topic: "Topic" },
      queries: [query(lag, "Lag"), query(max(view.metric(COMMITTED, GROUP), BY_GROUP), "Committed")],
      sortBy: "Lag",
    },
  ];
}

function topics(): readonly Panel[] {
  const partitions = max(view.metric("kafka_topic_partitions", TOPIC), BY_TOPIC);
  const held = sum(sub(view.metric(END, TOPIC), view.metric(BEGIN, TOPIC)), BY_TOPIC);
  const underReplicated = sum(view.metric(UNDER_REPLICATED, TOPIC), BY_TOPIC);
  const stat = (
    title: string,
    description: string,
    expr: ReturnType<typeof sum>,
    unit: "count" | "messages",
  ): Panel => ({
    kind: "stat",
    title,
    description,
    unit,
    queries: [query(expr, title)],
    width: 6,
  });
  return [
    stat("Brokers", "As the exporter sees them.", max(view.metric("kafka_brokers")), "count"),
    stat("Topics", "Without Kafka's own.", count(partitions), "count"),
    stat("Partitions", "Of the topics chosen.", sum(partitions), "count"),
    stat("Messages held", "Written and not yet deleted.", sum(held), "messages"),
    {
      kind: "timeseries",
      title: "Written",
      description: "Messages written to each topic. Nothing: its producer is silent.",
      unit: "messages per second",
      queries: [query(written, "{{topic}}")],
      stacked: true,
    },
    {
      kind: "timeseries",
      title: "Messages held by topic",
      description: "What retention has left in each topic. Consumers that are behind by more lose messages.",
      unit: "messages",
      queries: [query(held, "{{topic}}")],
    },
    {
      kind: "timeseries",
      title: "Under-replicated partitions",
      description: "Partitions of each topic that lack replicas in sync.",
      unit: "count",
      queries: [query(underReplicated, "{{topic}}")],
      thresholds: { bad: "above", warning: 1 },
    },
    {
      kind: "table",
      title: "Topics now",
      description: "Fewest replicas in sync: of the worst partition of the topic.",
      unit: "count",
      columns: { topic: "Topic" },
      queries: [
        query(partitions, "Partitions"),
        query(min(view.metric("kafka_topic_partition_replicas", TOPIC), BY_TOPIC), "Replicas"),
        query(min(view.metric("kafka_topic_partition_in_sync_replica", TOPIC), BY_TOPIC), "Fewest in sync"),
        query(underReplicated, "Under-replicated"),
        query(held, "Messages", "messages"),
      ],
      width: 12,
    },
  ];
}
