import type { Dashboard, Panel } from "../components/monitoring/dashboard";
import { jobAndInstance, query, View } from "../components/monitoring/dashboards/view";
import { gt, histogramQuantile, max, since, sum } from "../components/monitoring/promql";

const TOPIC = { by: ["topic"] };
const view = new View();
/** It outlives the processes, so that a skip at the very start of one is seen. */
const SKIPPED = "market_sink_skipped_messages_total";

/** The way of the data: what the feed sends, and what of it the sink has written. */
export const MARKET_DASHBOARD: Dashboard = {
  uid: "datastack-market",
  title: "Market data",
  description:
    "Does everything that the feed sends reach the database: how much is sent, acknowledged, read and written, how late is it, and what was lost or came twice?",
  tags: ["market"],
  // Whichever of the two is asked for: both have this one.
  variables: jobAndInstance("process_start_time_seconds"),
  rows: [
    { title: "From the feed into the database", panels: way() },
    { title: "Feed", panels: feed() },
    { title: "Sink", panels: sink() },
  ],
};

/** For the overview of the stack. */
export function feedHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Messages sent",
      description: "That the brokers acknowledged, of all topics.",
      unit: "messages per second",
      queries: [query(sum(own.rate("market_feed_delivered_messages_total")), "messages")],
      thresholds: { bad: "below", critical: 0.01 },
      width: 12,
    },
    {
      kind: "stat",
      title: "Messages lost by the feed",
      description: "Within the time shown: they could not be delivered, and their numbers are gaps.",
      unit: "count",
      queries: [query(sum(own.increase("market_feed_failed_messages_total")), "messages")],
      thresholds: { bad: "above", warning: 1 },
      sparkline: false,
      width: 12,
    },
  ];
}

/** For the overview of the stack. */
export function sinkHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    {
      kind: "stat",
      title: "Rows written",
      description: "Into all tables.",
      unit: "rows per second",
      queries: [query(sum(own.rate("market_sink_written_rows_total")), "rows")],
      thresholds: { bad: "below", critical: 0.01 },
      width: 8,
    },
    {
      kind: "stat",
      title: "Messages to be written",
      description: "In Kafka, and not yet in the database.",
      unit: "messages",
      queries: [query(sum(own.metric("market_sink_lag_messages")), "messages")],
      thresholds: { bad: "above", warning: 10_000 },
      width: 8,
    },
    {
      kind: "stat",
      title: "Messages skipped",
      description: "Within the time shown: gone from Kafka before they were read.",
      unit: "count",
      queries: [query(sum(own.increase(SKIPPED)), "messages")],
      thresholds: { bad: "above", warning: 1 },
      sparkline: false,
      width: 8,
    },
  ];
}

function way(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Sent, read and written",
      description:
        "All topics together. The lines lie on each other while everything arrives; rows are more, for sentiments and predictions are derived.",
      unit: "per second",
      queries: [
        query(sum(view.rate("market_feed_delivered_messages_total")), "acknowledged by Kafka"),
        query(sum(view.rate("market_sink_consumed_messages_total")), "read by the sink"),
        query(sum(view.rate("market_sink_written_rows_total")), "rows written"),
      ],
      width: 16,
    },
    {
      kind: "stat",
      title: "Last write",
      description: "How long ago the sink last committed rows. Above a few seconds it is behind, or nothing comes.",
      unit: "seconds",
      queries: [query(since(max(gt(view.metric("market_sink_last_write_timestamp_seconds"), 0))), "ago")],
      thresholds: { bad: "above", warning: 30, critical: 120 },
      height: 8,
    },
    {
      kind: "stat",
      title: "Skipped",
      description:
        "Within the time shown: messages that were gone from Kafka before they were read. The log of the sink says which.",
      unit: "count",
      queries: [query(sum(view.increase(SKIPPED), TOPIC), "{{topic}}")],
      thresholds: { bad: "above", warning: 1 },
      sparkline: false,
      height: 8,
    },
  ];
}

function feed(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Acknowledged messages",
      description: "By topic.",
      unit: "messages per second",
      queries: [query(sum(view.rate("market_feed_delivered_messages_total"), TOPIC), "{{topic}}")],
      stacked: true,
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Under way",
      description: "In the client, waiting for acknowledgement. Growing: the brokers do not keep up, or are gone.",
      unit: "messages",
      queries: [query(max(view.metric("market_feed_queue_messages"), { by: ["instance"] }), "{{instance}}")],
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Failed, and held back",
      description:
        "Messages that could not be delivered, and those that the client did not take, such as while its queue is full.",
      unit: "per second",
      queries: [
        query(sum(view.rate("market_feed_failed_messages_total"), TOPIC), "{{topic}} failed"),
        query(sum(view.rate("market_feed_refused_messages_total"), { by: ["reason"] }), "held back: {{reason}}"),
      ],
      width: 8,
    },
  ];
}

function sink(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Rows by table",
      description: "Written and committed.",
      unit: "rows per second",
      queries: [query(sum(view.rate("market_sink_written_rows_total"), { by: ["table"] }), "{{table}}")],
      stacked: true,
    },
    {
      kind: "timeseries",
      title: "To be written",
      description: "Messages in Kafka that are not in the database yet, by topic.",
      unit: "messages",
      queries: [query(sum(view.metric("market_sink_lag_messages"), TOPIC), "{{topic}}")],
    },
    {
      kind: "timeseries",
      title: "Time of a batch",
      description: "From the messages in memory to the database's commit. Growing: the database is slow.",
      unit: "seconds",
      queries: [0.5, 0.99].map((q) =>
        query(histogramQuantile(q, sum(view.rate("market_sink_batch_seconds_bucket"), { by: ["le"] })), `p${q * 100}`),
      ),
    },
    {
      kind: "timeseries",
      title: "Twice, and bad",
      description: "Rows that were there already, as after reading a topic again, and messages that cannot be written.",
      unit: "per second",
      queries: [
        query(sum(view.rate("market_sink_duplicate_rows_total"), { by: ["table"] }), "{{table}} twice"),
        query(sum(view.rate("market_sink_bad_messages_total"), TOPIC), "{{topic}} bad"),
      ],
    },
    {
      kind: "timeseries",
      title: "Interruptions",
      description: "Times that it began again from the database's offsets, by what caused it.",
      unit: "per second",
      queries: [query(sum(view.rate("market_sink_interruptions_total"), { by: ["cause"] }), "{{cause}}")],
    },
    {
      kind: "timeseries",
      title: "Partitions",
      description: "That are each sink's. Together less than there are: some are read by nobody.",
      unit: "count",
      queries: [query(max(view.metric("market_sink_assigned_partitions"), { by: ["instance"] }), "{{instance}}")],
    },
  ];
}
