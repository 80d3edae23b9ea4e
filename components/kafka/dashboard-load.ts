import type { Panel, Row } from "../monitoring/dashboard";
import { query, View } from "../monitoring/dashboards/view";
import { div, max, sum, topk } from "../monitoring/promql";
import { KAFKA, KAFKA_EVENTS } from "./signals";

const view = new View();
const CLUSTER = ["job"];
const BROKER = ["job", "instance"];
const PER_BROKER = { by: BROKER, legend: "{{instance}}" };

/** Where the time of a request goes, in the order in which it passes. */
const PHASES: Readonly<Record<string, string>> = {
  requestqueuetimems: "waits for a thread",
  localtimems: "reads or writes",
  remotetimems: "waits for followers or data",
  throttletimems: "throttled",
  responsequeuetimems: "waits to be sent",
  responsesendtimems: "is sent",
};

/** Where requests spend their time, by kind. */
export function requests(): Row {
  const phases = (request: string, what: string): Panel => ({
    kind: "timeseries",
    title: `Time of ${what}`,
    description: `The 99th percentile of each phase of ${request} requests, of the slowest broker: what to look at when they are slow.`,
    unit: "milliseconds",
    queries: Object.entries(PHASES).map(([phase, legend]) =>
      query(max(view.metric(`kafka_network_requestmetrics_${phase}`, { request, quantile: "0.99" })), legend),
    ),
  });
  const quantile = { quantile: "0.99" };
  return {
    title: "Requests",
    panels: [
      {
        kind: "timeseries",
        title: "Requests",
        description: "By kind, of those whose time is measured.",
        unit: "requests per second",
        queries: [
          query(sum(view.rate("kafka_network_requestmetrics_requests_total"), { by: ["request"] }), "{{request}}"),
        ],
      },
      {
        kind: "timeseries",
        title: "Slowest requests (p99)",
        description:
          "One in a hundred takes this long or longer, on the slowest broker. Consumers' fetches wait up to half a second for new messages.",
        unit: "milliseconds",
        queries: [
          query(
            max(
              view.metric("kafka_network_requestmetrics_totaltimems", {
                ...quantile,
                request: { re: "Produce|FetchConsumer|FetchFollower" },
              }),
              { by: ["request"] },
            ),
            "{{request}}",
          ),
        ],
      },
      phases("Produce", "produce requests"),
      phases("FetchConsumer", "consumers' fetches"),
      {
        kind: "timeseries",
        title: "Errors by kind",
        description:
          "Errors that are answered to clients, the ten most frequent. Some are normal while clients start, such as NOT_COORDINATOR.",
        unit: "per second",
        queries: [
          query(topk(10, sum(view.rate("kafka_network_requestmetrics_errors_total"), { by: ["error"] })), "{{error}}"),
        ],
      },
      {
        kind: "timeseries",
        title: "Queues",
        description:
          "Requests that wait for a handler, and answers that wait to be sent. Lasting: too few threads, or slow disks.",
        unit: "count",
        queries: [
          query(
            max(view.metric("kafka_network_requestchannel_requestqueuesize"), { by: BROKER }),
            "{{instance}} requests",
          ),
          query(
            max(view.metric("kafka_network_requestchannel_responsequeuesize"), { by: BROKER }),
            "{{instance}} answers",
          ),
        ],
      },
    ],
  };
}

/** What a broker works with. */
export function threads(): Row {
  return {
    title: "Threads and connections",
    panels: [
      {
        kind: "timeseries",
        title: "Request handlers idle",
        description: "Share of their time without work. Below 30 % requests begin to queue.",
        unit: "ratio",
        queries: [query(div(sum(view.rate(KAFKA_EVENTS.handlerIdle), { by: BROKER }), 1_000_000_000), "{{instance}}")],
        max: 1,
        thresholds: { bad: "below", warning: 0.3, critical: 0.1 },
      },
      view.timeseries(KAFKA.networkIdle, {
        ...PER_BROKER,
        description: "Share of the network threads' time without work. Below 30 % connections begin to wait.",
        max: 1,
        thresholds: { bad: "below", warning: 0.3 },
      }),
      {
        kind: "timeseries",
        title: "Connections by listener",
        description: "Open connections. A steady climb: clients that do not close theirs.",
        unit: "count",
        queries: [
          query(
            sum(view.metric("kafka_server_socket_server_metrics_connection_count"), { by: ["instance", "listener"] }),
            "{{instance}} {{listener}}",
          ),
        ],
      },
      {
        kind: "timeseries",
        title: "Waiting requests",
        description:
          "Fetches that wait for data and produces that wait for followers. Many produces: followers are slow.",
        unit: "count",
        queries: [
          query(
            sum(view.metric("kafka_server_delayedoperationpurgatory_purgatorysize"), { by: ["delayedOperation"] }),
            "{{delayedOperation}}",
          ),
        ],
      },
    ],
  };
}

/** Consumer groups and the log. */
export function coordination(): Row {
  return {
    title: "Groups and log",
    panels: [
      {
        kind: "timeseries",
        title: "Consumer groups",
        description: "Groups by the protocol that they speak.",
        unit: "count",
        queries: [
          query(
            sum(view.metric("kafka_server_groupcoordinatormetrics_group_count"), { by: ["protocol"] }),
            "{{protocol}}",
          ),
        ],
      },
      {
        kind: "timeseries",
        title: "Rebalances",
        description:
          "Groups that share out their partitions anew; they read nothing meanwhile. Again and again: a member flaps.",
        unit: "per second",
        queries: [
          query(
            sum(view.rate("kafka_server_groupcoordinatormetrics_group_completed_rebalance_total"), { by: CLUSTER }),
            "{{job}} classic",
          ),
          query(
            sum(view.rate("kafka_server_groupcoordinatormetrics_consumer_group_rebalance_total"), { by: CLUSTER }),
            "{{job}} new protocol",
          ),
        ],
      },
      {
        kind: "timeseries",
        title: "Offset commits",
        description:
          "Commits of consumers. None, though messages are read: a consumer that would begin again after a restart.",
        unit: "operations per second",
        queries: [
          query(
            sum(view.rate("kafka_server_groupcoordinatormetrics_offset_commit_total"), { by: BROKER }),
            "{{instance}}",
          ),
        ],
      },
      {
        kind: "timeseries",
        title: "Uncleanable bytes",
        description: "What compaction could not take on. Growing: a compacted topic that grows without bound.",
        unit: "bytes",
        queries: [
          query(sum(view.metric("kafka_log_logcleanermanager_uncleanable_bytes"), { by: BROKER }), "{{instance}}"),
        ],
      },
    ],
  };
}
