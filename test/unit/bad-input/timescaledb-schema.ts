import {
  type Aggregate,
  type DatabaseSchema,
  type Edition,
  type Hypertable,
  validateSchema,
} from "../../../components/timescaledb/schema";
import type { Case } from "./case";

const TICKS: Hypertable = {
  columns: {
    time: "timestamptz",
    symbol: "text",
    price: "double",
    venue: { type: "text", nullable: true },
    ok: "boolean",
  },
  primaryKey: ["time", "symbol"],
  chunk: "1d",
  retention: "30d",
};

const HOURLY: Aggregate = {
  from: "ticks",
  bucket: "1h",
  groupBy: ["symbol"],
  measures: { close: { last: "price" } },
  refresh: { start: "4h", end: "1h", every: "30m" },
};

function schema(title: string, declared: DatabaseSchema, edition: Edition = "community"): Case {
  const roles = ["market"];
  return { title, problems: async () => validateSchema("timescaledb.schema", declared, edition, roles) };
}

const table = (title: string, changes: Partial<Hypertable>, edition?: Edition) =>
  schema(title, { hypertables: { ticks: { ...TICKS, ...changes } } }, edition);

const aggregate = (title: string, changes: Partial<Aggregate>) =>
  schema(title, { hypertables: { ticks: TICKS }, aggregates: { hourly: { ...HOURLY, ...changes } } });

const grants = (title: string, given: DatabaseSchema["grants"]) =>
  schema(title, { hypertables: { ticks: TICKS }, aggregates: { hourly: HOURLY }, grants: given ?? {} });

export const CASES: readonly Case[] = [
  aggregate("refresh window under two buckets", { refresh: { start: "2h", end: "1h", every: "30m" } }),
  aggregate("refresh window under two months", { bucket: "1mo", refresh: { start: "45d", end: "0d", every: "1d" } }),
  aggregate("refreshed too seldom", { refresh: { start: "4h", end: "1h", every: "6h" } }),
  aggregate("refreshed at no time of the day", { refresh: { start: "4h", end: "1h", every: "7m" } }),
  aggregate("retention below the refresh window", { refresh: { start: "30d", end: "1h", every: "1h" } }),
  aggregate("retention of an aggregate below its window", { retention: "3h" }),
  aggregate("aggregate over an unknown table", { from: "tick" }),
  aggregate("aggregate over unknown columns", { groupBy: ["sym"], measures: { high: { max: "prize" } } }),
  aggregate("aggregate by a column that may be null", { groupBy: ["venue"] }),
  aggregate("average of a text", { measures: { mean: { avg: "symbol" }, most: { max: "ok" } } }),
  aggregate("unknown aggregate function", {
    measures: { p99: { percentile: "price" } as never, bucket: { count: "*" } },
  }),
  aggregate("bucket that is no time", { bucket: "1 hour" as never }),
  table("hypertable without its time column", { time: "at" }),
  table("hypertable by a date", { columns: { ...TICKS.columns, time: "date" } }),
  table("primary key without the time", { primaryKey: ["symbol"], indexes: [{ columns: ["symbol"], unique: true }] }),
  table("primary key that may be null", { primaryKey: ["time", "venue", "none"] }),
  table("unknown column type", { columns: { ...TICKS.columns, amount: "money" as never } }),
  table("default of another type", { columns: { ...TICKS.columns, count: { type: "integer", default: "none" } } }),
  table("chunks longer than the retention", { chunk: "60d" }),
  table("compression in the Apache edition", { compression: { after: "7d" } }, "apache"),
  table("compressed after it is dropped", {
    compression: { after: "30d", segmentBy: ["sym"], orderBy: ["price desc"] },
  }),
  table("column names that PostgreSQL would not keep", {
    columns: { ...TICKS.columns, Price: "double", xmin: "integer" },
  }),
  schema("two relations of one name", {
    hypertables: { ticks: { ...TICKS, indexes: [{ columns: ["symbol"], name: "orders" }] } },
    tables: { orders: { columns: { id: "bigint" } }, hourly: { columns: { id: "bigint" } } },
    aggregates: { hourly: HOURLY },
  }),
  grants("grants to unknown roles on unknown tables", {
    markt: { read: ["tick"] },
    market: { write: ["hourly"], owns: "public" },
  }),
  schema("rebuild of what is not there", {
    hypertables: { ticks: TICKS },
    rebuild: ["tick"],
    discardHistory: ["ticks"],
  }),
];
