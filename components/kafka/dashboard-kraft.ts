import type { Dashboard, Row } from "../monitoring/dashboard";
import { jobAndInstance, query, View } from "../monitoring/dashboards/view";
import { changes, max, metric, mul, or, range, SHOWN_RANGE, sum, type Vector } from "../monitoring/promql";
import { KAFKA, KAFKA_EVENTS } from "./signals";

export const KRAFT_UID = "datastack-kafka-kraft";

const RAFT = "kafka_server_raftmetrics";
const CONTROLLER = "kafka_controller_kafkacontroller";
const EVENTS = "kafka_controller_controllereventmanager";
const NODE = ["job", "instance"];
const view = new View();
const raft = (name: string): Vector => max(view.metric(`${RAFT}_${name}`), { by: NODE });

/** The metadata quorum (KRaft): who leads it, who keeps up, and what its controllers are busy with. */
export function kraftDashboard(cluster: string): Dashboard {
  return {
    uid: KRAFT_UID,
    title: "Kafka metadata quorum (KRaft)",
    description:
      "Is there a leader that a majority follows, does every node keep up with the metadata, and is the controller idle enough?",
    tags: ["kafka"],
    variables: jobAndInstance(`${RAFT}_current_leader`),
    rows: [quorum(), log(), controller()],
    links: [{ title: "Cluster", dashboard: cluster }],
  };
}

function quorum(): Row {
  const role = (state: string | { nre: string }) =>
    max(metric(`${RAFT}_current_state`, { ...view.matchers, current_state: state }), { by: NODE });
  // One series by node that is a number: the state itself is a label.
  const roles = or(
    mul(role("leader"), 3),
    or(mul(role("follower"), 2), role({ nre: "leader|follower" }), { on: NODE }),
    { on: NODE },
  );
  return {
    title: "Quorum",
    panels: [
      {
        kind: "stat",
        title: "Leader",
        description:
          "Number of the node that leads, as every node sees it. -1: it knows of none. Differing numbers: they do not see each other.",
        unit: "count",
        queries: [view.query(KAFKA.raftLeader, { by: NODE, legend: "{{instance}}" })],
        thresholds: { bad: "below", critical: 0 },
        sparkline: false,
        width: 8,
      },
      {
        kind: "stat",
        title: "Epoch",
        description: "Grows by one with each election. Growing steadily: elections again and again.",
        unit: "count",
        queries: [query(max(view.metric(`${RAFT}_current_epoch`), { by: ["job"] }), "{{job}}")],
      },
      {
        kind: "stat",
        title: "Voters",
        description: "Controllers that elect the leader; a majority of them has to run.",
        unit: "count",
        queries: [query(max(view.metric(`${RAFT}_number_of_voters`), { by: ["job"] }), "{{job}}")],
      },
      {
        kind: "stat",
        title: "Observers",
        description:
          "Nodes that follow the metadata without a vote. With all nodes as voters: none, once they have joined.",
        unit: "count",
        queries: [query(max(view.metric(`${RAFT}_number_of_observers`), { by: ["job"] }), "{{job}}")],
      },
      {
        kind: "stat",
        title: "Changes of the controller",
        description: "Within the time shown.",
        unit: "count",
        queries: [
          query(
            max(changes(range(KAFKA_EVENTS.newActiveControllers, view.matchers, SHOWN_RANGE)), { by: ["job"] }),
            "{{job}}",
          ),
        ],
        thresholds: { bad: "above", warning: 2 },
        sparkline: false,
      },
      {
        kind: "state-timeline",
        title: "Role of each node",
        description: "One leads, the other voters follow.",
        unit: "state",
        queries: [query(roles, "{{instance}}")],
        states: {
          1: { text: "candidate, or without a role", level: "warning" },
          2: { text: "follower", level: "good" },
          3: { text: "leader", level: "neutral" },
        },
        height: 5,
      },
    ],
  };
}

function log(): Row {
  return {
    title: "Metadata",
    panels: [
      {
        kind: "timeseries",
        title: "High watermark",
        description: "Records of metadata that a majority has. A node whose line stays behind does not get them.",
        unit: "count",
        queries: [query(raft("high_watermark"), "{{instance}}")],
        min: "auto",
      },
      {
        kind: "timeseries",
        title: "Records appended",
        description:
          "By the leader. It writes about two by itself each second; more are changes of topics, brokers and leaders.",
        unit: "per second",
        queries: [query(raft("append_records_rate"), "{{instance}}")],
      },
      {
        kind: "timeseries",
        title: "Records fetched",
        description: "By followers and observers.",
        unit: "per second",
        queries: [query(raft("fetch_records_rate"), "{{instance}}")],
      },
      {
        kind: "timeseries",
        title: "Time to commit",
        description:
          "How long a record waits for the majority, on average and at most. Growing: slow disks or network between controllers.",
        unit: "milliseconds",
        queries: [
          query(raft("commit_latency_avg"), "{{instance}} average"),
          query(raft("commit_latency_max"), "{{instance}} at most"),
        ],
      },
      {
        kind: "timeseries",
        title: "Age of applied metadata",
        description:
          "How old the last record is that a broker or a controller works with. Above 30 s it does not know new topics and leaders.",
        unit: "milliseconds",
        queries: [
          view.query(KAFKA.metadataLag, { by: NODE, legend: "{{instance}} broker" }),
          view.query(KAFKA.controllerLag, { by: NODE, legend: "{{instance}} controller" }),
        ],
        thresholds: { bad: "above", warning: 30_000 },
      },
      {
        kind: "timeseries",
        title: "Errors with metadata",
        description:
          "While it was loaded or applied, since each node's start. Any: what it believes about topics may be wrong.",
        unit: "count",
        queries: [
          view.query(KAFKA.metadataErrors, { by: NODE, legend: "{{instance}} controller" }),
          view.query(KAFKA.metadataLoadErrors, { by: NODE, legend: "{{instance}} load" }),
          view.query(KAFKA.metadataApplyErrors, { by: NODE, legend: "{{instance}} apply" }),
        ],
        thresholds: { bad: "above", critical: 1 },
      },
    ],
  };
}

function controller(): Row {
  const p99 = (name: string) => max(view.metric(`${EVENTS}_${name}`, { quantile: "0.99" }), { by: NODE });
  return {
    title: "Controllers",
    panels: [
      {
        kind: "timeseries",
        title: "Waiting in the controller's queue (p99)",
        description: "How long an event waits. Seconds: topics and leaders change late, and operations time out.",
        unit: "milliseconds",
        queries: [query(p99("eventqueuetimems"), "{{instance}}")],
      },
      {
        kind: "timeseries",
        title: "Processing an event (p99)",
        description: "How long the controller works on one event.",
        unit: "milliseconds",
        queries: [query(p99("eventqueueprocessingtimems"), "{{instance}}")],
      },
      {
        kind: "timeseries",
        title: "Controller idle",
        description: "Share of its time in which the queue is empty.",
        unit: "ratio",
        queries: [query(max(view.metric(`${EVENTS}_avgidleratio`), { by: NODE }), "{{instance}}")],
        max: 1,
        thresholds: { bad: "below", warning: 0.3 },
      },
      {
        kind: "timeseries",
        title: "Timed out",
        description:
          "Brokers that sent no heartbeat in time, and operations that waited too long, since the controller's start.",
        unit: "count",
        queries: [
          query(sum(view.metric(KAFKA_EVENTS.timedOutHeartbeats), { by: NODE }), "{{instance}} heartbeats"),
          query(sum(view.metric(KAFKA_EVENTS.timedOutOperations), { by: NODE }), "{{instance}} operations"),
        ],
      },
      {
        kind: "stat",
        title: "Topics",
        description: "All topics of the cluster, internal ones included.",
        unit: "count",
        queries: [query(max(view.metric(`${CONTROLLER}_globaltopiccount`), { by: ["job"] }), "{{job}}")],
      },
      {
        kind: "stat",
        title: "Partitions",
        description: "All partitions of the cluster. Each costs every node memory and open files.",
        unit: "count",
        queries: [query(max(view.metric(`${CONTROLLER}_globalpartitioncount`), { by: ["job"] }), "{{job}}")],
      },
      {
        kind: "stat",
        title: "Age of the last snapshot",
        description: "Snapshots keep the metadata log short. Kafka writes one each hour if there were changes.",
        unit: "milliseconds",
        queries: [
          query(
            max(view.metric("kafka_server_snapshotemitter_latestsnapshotgeneratedagems"), { by: NODE }),
            "{{instance}}",
          ),
        ],
      },
      {
        kind: "stat",
        title: "Size of the last snapshot",
        description: "0 until the first one since the node's start.",
        unit: "bytes",
        queries: [
          query(
            max(view.metric("kafka_server_snapshotemitter_latestsnapshotgeneratedbytes"), { by: NODE }),
            "{{instance}}",
          ),
        ],
      },
    ],
  };
}
