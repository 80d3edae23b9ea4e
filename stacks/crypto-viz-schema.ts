import type { DatabaseSchema, Hypertable } from "../components/timescaledb/schema";

/** Rows of one topic: the sequence tells those of one symbol and moment apart, and makes a second insert of one a conflict. */
function events(columns: Hypertable["columns"], changes: Partial<Hypertable> = {}): Hypertable {
  return {
    columns: { time: "timestamptz", symbol: "text", ...columns, sequence: "bigint" },
    primaryKey: ["time", "symbol", "sequence"],
    indexes: [{ columns: ["symbol", "time desc"] }],
    chunk: "1d",
    ...changes,
  };
}

/** What the sink writes and the API reads. */
export const CRYPTO_VIZ_SCHEMA: DatabaseSchema = {
  hypertables: {
    ticker_data: events({ price: "double", volume: "double", bid: "double", ask: "double" }, { retention: "30d" }),
    trade_data: events({ price: "double", quantity: "double", side: "text" }, { retention: "30d" }),
    article_data: events({ title: "text", source: "text", url: "text" }, { retention: "90d" }),
    alert_data: events({ kind: "text", severity: "text", message: "text" }, { retention: "90d" }),
    sentiment_data: events({ score: "double", confidence: "double", source: "text" }, { retention: "90d" }),
    prediction_data: events(
      { model: "text", horizon_seconds: "integer", value: "double", confidence: "double" },
      { retention: "30d" },
    ),
  },
  tables: {
    // Where the sink is in each partition: written with the rows, in one transaction.
    sink_offsets: {
      columns: {
        topic: "text",
        partition: "integer",
        next_offset: "bigint",
        skipped: { type: "bigint", default: 0 },
        // Of the topic: another one of the same name begins anew.
        topic_id: { type: "text", nullable: true },
        updated: { type: "timestamptz", default: { sql: "now()" } },
      },
      primaryKey: ["topic", "partition"],
    },
  },
  aggregates: {
    sentiment_hourly: {
      from: "sentiment_data",
      bucket: "1h",
      groupBy: ["symbol"],
      measures: { score: { avg: "score" }, samples: { count: "*" } },
      refresh: { start: "4h", end: "1h", every: "30m" },
    },
    ticker_ohlc_hourly: {
      from: "ticker_data",
      bucket: "1h",
      groupBy: ["symbol"],
      measures: {
        open: { first: "price" },
        high: { max: "price" },
        low: { min: "price" },
        close: { last: "price" },
        volume: { sum: "volume" },
      },
      refresh: { start: "4h", end: "1h", every: "30m" },
    },
  },
  grants: {
    market_sink: {
      write: [
        "ticker_data",
        "trade_data",
        "article_data",
        "alert_data",
        "sentiment_data",
        "prediction_data",
        "sink_offsets",
      ],
    },
    market_api: { read: "all", owns: "django" },
  },
};
