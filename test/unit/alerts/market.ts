import { type AlertCase, oneSeries, series } from "./case";

const FEED = { job: "market-feed", instance: "market-feed" };
const SINK = { job: "market-sink", instance: "market-sink" };
const feed = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(FEED, alert, simple);
const sink = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(SINK, alert, simple);
const ticker = { topic: "rawticker" };

const batch = (le: string) => series("market_sink_batch_seconds_bucket", { ...SINK, le });
const batches = (slow: number) => ({
  [batch("5.0")]: `0+${100 - slow}x40`,
  [batch("10.0")]: "0+100x40",
  [batch("+Inf")]: "0+100x40",
});

export const MARKET_CASES: readonly AlertCase[] = [
  feed("MarketFeedStopped", {
    metric: "market_feed_delivered_messages_total",
    labels: ticker,
    fires: "0+60x10 600x20",
    quiet: "0+60x30",
    at: "20m",
    value: 0,
    alertLabels: { job: "market-feed" },
  }),
  feed("MarketFeedLosing", {
    metric: "market_feed_failed_messages_total",
    labels: ticker,
    fires: "0+2x20",
    quiet: "7x20",
    at: "15m",
    value: 30,
    alertLabels: { job: "market-feed", ...ticker },
  }),
  feed("MarketFeedRefused", {
    metric: "market_feed_refused_messages_total",
    labels: { reason: "queue full" },
    fires: "0+2x20",
    quiet: "7x20",
    at: "15m",
    value: 10,
    alertLabels: { job: "market-feed", reason: "queue full" },
  }),
  sink("MarketSinkStopped", {
    metric: "market_sink_healthy",
    fires: "1x5 0x15",
    quiet: "1x5 0 1x15",
    at: "15m",
    value: 0,
  }),
  {
    alert: "MarketSinkLagging",
    firing: [
      {
        // Together too much, alone not.
        input: {
          [series("market_sink_lag_messages", { ...SINK, ...ticker, partition: "0" })]: "3000x20",
          [series("market_sink_lag_messages", { ...SINK, ...ticker, partition: "1" })]: "3000x20",
        },
        at: "15m",
        labels: { job: "market-sink" },
        value: 6000,
      },
    ],
    silent: [
      {
        // Much at once, and written soon.
        input: { [series("market_sink_lag_messages", { ...SINK, ...ticker, partition: "0" })]: "9000x3 0x15" },
        at: "15m",
      },
    ],
  },
  sink("MarketSinkSkipped", {
    metric: "market_sink_skipped_messages_total",
    labels: { ...ticker, partition: "0" },
    fires: "0x5 60x60",
    quiet: "60x65",
    at: "60m",
    value: 60,
    alertLabels: { job: "market-sink", ...ticker },
  }),
  sink("MarketSinkBadMessages", {
    metric: "market_sink_bad_messages_total",
    labels: ticker,
    fires: "0+2x20",
    quiet: "4x20",
    at: "15m",
    value: 30,
    alertLabels: { job: "market-sink", ...ticker },
  }),
  {
    alert: "MarketSinkBatchSlow",
    firing: [{ input: batches(10), at: "30m", labels: { job: "market-sink" }, value: 7.5 }],
    silent: [{ input: batches(0), at: "30m" }],
  },
  sink("MarketSinkInterrupted", {
    metric: "market_sink_interruptions_total",
    labels: { cause: "database" },
    fires: "0+1x40",
    quiet: "0x5 2x35",
    at: "30m",
    value: 30,
    alertLabels: { job: "market-sink", cause: "database" },
  }),
];
