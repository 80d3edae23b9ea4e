import type { Duration } from "../components/core/units";
import type { AlertDefinitions } from "../components/monitoring/alert";
import { eq, gt, histogramQuantile, increase, metric, min, range, rate, sum } from "../components/monitoring/promql";
import { valueTemplate } from "../components/monitoring/quantity";

/** What only this system knows of its feed and its sink; everything else is watched by what every app brings. */
export type MarketFeedAlert = "MarketFeedStopped" | "MarketFeedLosing" | "MarketFeedRefused";
export type MarketSinkAlert =
  | "MarketSinkStopped"
  | "MarketSinkLagging"
  | "MarketSinkSkipped"
  | "MarketSinkBadMessages"
  | "MarketSinkBatchSlow"
  | "MarketSinkInterrupted";

const messages = valueTemplate("messages");
const count = valueTemplate("count");

export function marketFeedAlerts(job: string): AlertDefinitions<MarketFeedAlert> {
  const counted = (metric: string, window: Duration, by: readonly string[] = ["job"]) =>
    sum(increase(range(metric, { job }, window)), { by });
  return {
    MarketFeedStopped: {
      severity: "critical",
      for: "2m",
      expr: () => eq(counted("market_feed_delivered_messages_total", "5m"), 0),
      summary: "The feed delivers nothing",
      description: "Kafka has taken no message of it for five minutes: the market's data grows old everywhere.",
    },
    MarketFeedLosing: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(counted("market_feed_failed_messages_total", "15m", ["job", "topic"]), 0),
      summary: "The feed loses messages of {{ $labels.topic }}",
      description: `${messages} could not be delivered within 15 minutes and are not sent again: they are gaps in the data.`,
    },
    MarketFeedRefused: {
      severity: "warning",
      for: "5m",
      expr: () => gt(counted("market_feed_refused_messages_total", "5m", ["job", "reason"]), 0),
      summary: "The feed's Kafka client takes no messages ({{ $labels.reason }})",
      description: `It refused ${messages} within five minutes. They are made again later, so that nothing is missing, but the data is late.`,
    },
  };
}

export function marketSinkAlerts(job: string): AlertDefinitions<MarketSinkAlert> {
  const counted = (metric: string, window: Duration, by: readonly string[]) =>
    sum(increase(range(metric, { job }, window)), { by });
  return {
    MarketSinkStopped: {
      severity: "critical",
      for: "2m",
      // Its own opinion: a sink that has nothing to write has not stopped.
      expr: () => eq(min(metric("market_sink_healthy", { job }), { by: ["job", "instance"] }), 0),
      summary: "The sink writes nothing although messages wait",
      description:
        "For a minute and more it has made no progress, or it knows of no place to begin. What waits in Kafka is lost when its topic's retention is over.",
    },
    MarketSinkLagging: {
      severity: "warning",
      for: "5m",
      threshold: { default: 5000, unit: "messages", min: 1 },
      expr: (most) => gt(sum(metric("market_sink_lag_messages", { job }), { by: ["job"] }), most),
      summary: "The sink is behind its topics",
      description: `${messages} wait to be written (limit {threshold}): what the database and the API show is late by as much.`,
    },
    MarketSinkSkipped: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(counted("market_sink_skipped_messages_total", "1h", ["job", "topic"]), 0),
      summary: "The sink has skipped messages of {{ $labels.topic }}",
      description: `${messages} were gone from the topic before they were read, within the last hour: they are missing in the database.`,
    },
    MarketSinkBadMessages: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(counted("market_sink_bad_messages_total", "15m", ["job", "topic"]), 0),
      summary: "The sink passes over messages of {{ $labels.topic }}",
      description: `${messages} within 15 minutes could not be understood. They are logged with their offsets and missing in the database.`,
    },
    MarketSinkBatchSlow: {
      severity: "warning",
      for: "10m",
      threshold: { default: 5, unit: "seconds", min: 0.01, max: 30 },
      expr: (most) =>
        gt(
          histogramQuantile(
            0.95,
            sum(rate(range("market_sink_batch_seconds_bucket", { job }, "10m")), { by: ["job", "le"] }),
          ),
          most,
        ),
      summary: "The sink writes slowly",
      description: `One in twenty batches takes ${valueTemplate("seconds")} or more (limit {threshold}). When batches come faster than that, it falls behind.`,
    },
    MarketSinkInterrupted: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      threshold: { default: 3, unit: "count", min: 1 },
      expr: (most) => gt(counted("market_sink_interruptions_total", "30m", ["job", "cause"]), most),
      summary: "The sink begins again and again ({{ $labels.cause }})",
      description: `It went back to the database's offsets ${count} times within 30 minutes (limit {threshold}). Nothing is lost or doubled, but it loses time.`,
    },
  };
}
