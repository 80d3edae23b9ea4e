import type { Dashboard, Panel, Row } from "../monitoring/dashboard";
import { jobAndInstance, once, query, View } from "../monitoring/dashboards/view";
import { sum, topk } from "../monitoring/promql";
import { KRAFT_UID, kraftDashboard } from "./dashboard-kraft";
import { coordination, requests, threads } from "./dashboard-load";
import { KAFKA, KAFKA_EVENTS } from "./signals";

const CLUSTER_UID = "datastack-kafka";
const view = new View();
const CLUSTER = ["job"];
const BROKER = ["job", "instance"];
const PER_BROKER = { by: BROKER, legend: "{{instance}}" };
const ZERO_IS_GOOD = { bad: "above", critical: 1 } as const;

/** Dashboards of Kafka clusters: one for the brokers, one for the metadata quorum. */
export const kafkaDashboards = once((): readonly Dashboard[] => [
  {
    uid: CLUSTER_UID,
    title: "Kafka cluster",
    description:
      "Does the cluster serve everybody: are all brokers, leaders and replicas there, who writes and reads how much, how long do requests take, and which threads run short?",
    tags: ["kafka"],
    variables: jobAndInstance(KAFKA.brokerState.metric),
    rows: [overview(), throughput(), replication(), requests(), threads(), coordination()],
    links: [{ title: "Metadata quorum", dashboard: KRAFT_UID }],
  },
  kraftDashboard(CLUSTER_UID),
]);

/** For the overview of a stack: this cluster alone. */
export function kafkaHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    own.stat(KAFKA.activeBrokers, { description: "Brokers that the controller hears from.", width: 4 }),
    own.stat(KAFKA.offlinePartitions, {
      description: "Partitions without a leader: nobody can write or read them.",
      thresholds: ZERO_IS_GOOD,
    }),
    {
      kind: "stat",
      title: "Under-replicated partitions",
      description: "Partitions that lack replicas in sync.",
      unit: "count",
      queries: [query(sum(own.metric(KAFKA.underReplicated.metric)), "partitions")],
      thresholds: { bad: "above", warning: 1 },
    },
    own.stat(KAFKA.messagesIn, { description: "Messages that producers write.", width: 4 }),
  ];
}

function overview(): Row {
  const total = (title: string, metric: string, description: string, level: "warning" | "critical"): Panel => ({
    kind: "stat",
    title,
    description,
    unit: "count",
    queries: [query(sum(view.metric(metric), { by: CLUSTER }), "{{job}}")],
    thresholds: { bad: "above", [level]: 1 },
  });
  return {
    title: "State",
    panels: [
      view.stat(KAFKA.activeControllers, {
        by: CLUSTER,
        description: "Exactly one. None: no leader is elected and no topic changed; more: the quorum is broken.",
        thresholds: { bad: "below", critical: 1 },
      }),
      view.stat(KAFKA.activeBrokers, {
        by: CLUSTER,
        description: "Brokers that the controller hears from.",
        thresholds: { bad: "below", critical: 1 },
      }),
      view.stat(KAFKA.fencedBrokers, {
        by: CLUSTER,
        description: "Registered brokers that the controller does not hear from; they serve nobody.",
        thresholds: { bad: "above", warning: 1 },
      }),
      view.stat(KAFKA.offlinePartitions, {
        by: CLUSTER,
        description: "Partitions without a leader: nobody can write or read them.",
        thresholds: ZERO_IS_GOOD,
      }),
      total(
        "Below min.insync.replicas",
        KAFKA.underMinIsr.metric,
        "Partitions that refuse writes with acks=all.",
        "critical",
      ),
      total(
        "Under-replicated partitions",
        KAFKA.underReplicated.metric,
        "Partitions that lack replicas in sync: nothing is lost yet, but a failure now costs more.",
        "warning",
      ),
      {
        kind: "state-timeline",
        title: "Broker state",
        description: "What each broker said of itself. A gap: it did not run, or could not be scraped.",
        unit: "state",
        queries: [view.query(KAFKA.brokerState, PER_BROKER)],
        states: {
          0: { text: "not running", level: "critical" },
          1: { text: "starting", level: "warning" },
          2: { text: "recovering its log", level: "warning" },
          3: { text: "running", level: "good" },
          6: { text: "about to shut down", level: "warning" },
          7: { text: "shutting down", level: "warning" },
        },
        height: 5,
      },
    ],
  };
}

function throughput(): Row {
  return {
    title: "Throughput",
    panels: [
      view.timeseries(KAFKA.messagesIn, {
        ...PER_BROKER,
        description:
          "Messages that producers write, by the broker that leads. Very uneven brokers: look at leaders below.",
        stacked: true,
      }),
      {
        kind: "timeseries",
        title: "Bytes in and out",
        description: "Traffic of clients, without replication. More out than in: several groups read the same.",
        unit: "bytes per second",
        queries: [
          view.query(KAFKA.bytesIn, { by: BROKER, legend: "{{instance}} in" }),
          view.query(KAFKA.bytesOut, { by: BROKER, legend: "{{instance}} out" }),
        ],
      },
      {
        kind: "timeseries",
        title: "Messages in by topic",
        description: "The ten topics that are written most.",
        unit: "messages per second",
        queries: [
          query(
            topk(10, sum(view.rate(KAFKA.messagesIn.metric, { topic: { ne: "" } }), { by: ["topic"] })),
            "{{topic}}",
          ),
        ],
        stacked: true,
      },
      {
        kind: "timeseries",
        title: "Failed requests",
        description:
          "Produce and fetch requests that the brokers refuse. Any lasting number wants a look at the clients.",
        unit: "requests per second",
        queries: [
          view.query(KAFKA.failedProduce, { by: BROKER, legend: "{{instance}} produce" }),
          view.query(KAFKA.failedFetch, { by: BROKER, legend: "{{instance}} fetch" }),
        ],
      },
    ],
  };
}

function replication(): Row {
  return {
    title: "Replication",
    panels: [
      view.timeseries(KAFKA.underReplicated, {
        ...PER_BROKER,
        title: "Under-replicated partitions by broker",
        description:
          "By the broker that leads them. All brokers at once: the one that is missing here is the one that fails.",
      }),
      {
        kind: "timeseries",
        title: "In-sync sets",
        description: "Replicas that fall out of sync and that come back. Both again and again: a broker at its limits.",
        unit: "per second",
        queries: [
          view.query(KAFKA.isrShrinks, { by: BROKER, legend: "{{instance}} shrinks" }),
          view.query(KAFKA.isrExpands, { by: BROKER, legend: "{{instance}} expands" }),
        ],
      },
      view.timeseries(KAFKA.replicaLag, {
        ...PER_BROKER,
        description:
          "How far the slowest replica of each broker is behind its leader. Growing: it will fall out of sync.",
      }),
      {
        kind: "timeseries",
        title: "Leaders and replicas",
        description: "Partitions that each broker leads, and all that it holds. Uneven leaders are uneven load.",
        unit: "count",
        queries: [
          view.query(KAFKA.leaders, { by: BROKER, legend: "{{instance}} leads" }),
          view.query(KAFKA.partitions, { by: BROKER, legend: "{{instance}} holds" }),
        ],
      },
      view.stat(KAFKA.preferredReplicaImbalance, {
        by: CLUSTER,
        description: "Partitions that another broker leads than the preferred one. Kafka corrects it by itself.",
        thresholds: { bad: "above", warning: 1 },
      }),
      view.stat(KAFKA.offlineLogDirs, {
        by: CLUSTER,
        description: "Directories that failed and were taken out of use.",
        thresholds: ZERO_IS_GOOD,
      }),
      view.stat(KAFKA.failedFetchers, {
        by: CLUSTER,
        description: "Replicas that met an error and are not tried again until their broker is restarted.",
        thresholds: ZERO_IS_GOOD,
      }),
      {
        kind: "stat",
        title: "Unclean elections",
        description: "Within the time shown: leaders elected that were not in sync. Acknowledged messages may be lost.",
        unit: "count",
        queries: [query(sum(view.increase(KAFKA_EVENTS.uncleanElections), { by: CLUSTER }), "{{job}}")],
        thresholds: ZERO_IS_GOOD,
        sparkline: false,
      },
    ],
  };
}
