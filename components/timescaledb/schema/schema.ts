import type { Span } from "./span";
import type { ColumnType } from "./types";

/**
 * `community`: continuous aggregates, retention and compression by the database's own policies. `apache`: what Debian and managed
 * offerings have; the same declaration becomes roll-up tables and schedules, compression is refused.
 */
export type Edition = "community" | "apache";

/** Tables, aggregates and rights of one database, in its schema `public`. All names are lower case. */
export interface DatabaseSchema {
  /** Tables that are partitioned by time, by name. @default none */
  readonly hypertables?: Readonly<Record<string, Hypertable>>;
  /** Ordinary tables, by name. @default none */
  readonly tables?: Readonly<Record<string, Table>>;
  /** Aggregates over hypertables by buckets of time, by name. @default none */
  readonly aggregates?: Readonly<Record<string, Aggregate>>;
  /** Rights by role. What is not granted is denied. @default none */
  readonly grants?: Readonly<Record<string, Grant>>;
  /**
   * Tables and aggregates that may be made again to fit their declaration: other column types or another primary key of a table
   * (its rows are rewritten and kept), another query of an aggregate (it is filled again from the rows that are still there).
   * Without a name in here such a change is refused. No effect on what fits already. @default none
   */
  readonly rebuild?: readonly string[];
  /** Aggregates of `rebuild` that may lose what they have kept of rows that are gone. @default none */
  readonly discardHistory?: readonly string[];
  /** Applies this declaration although the database has had it before, and another one since. @default false */
  readonly goBack?: boolean;
}

export interface Table {
  /** Columns by name: a type, or more of it. One that is taken out of here stays in the database. */
  readonly columns: Readonly<Record<string, ColumnType | Column>>;
  /** Columns of the primary key, none of them nullable. @default none */
  readonly primaryKey?: readonly string[];
  /** @default none beside the primary key */
  readonly indexes?: readonly Index[];
}

export interface Column {
  readonly type: ColumnType;
  /** @default false */
  readonly nullable?: boolean;
  /** Value of rows that give none, or an expression such as `{ sql: "now()" }`. @default none */
  readonly default?: string | number | boolean | { readonly sql: string };
}

export interface Index {
  /** Column names, each with ` desc` after it to begin with the highest. */
  readonly columns: readonly string[];
  /** On a hypertable it must contain the time column. @default false */
  readonly unique?: boolean;
  /** @default `<table>_<columns>_idx` */
  readonly name?: string;
}

/** A table partitioned by time into chunks. */
export interface Hypertable extends Table {
  /** The column it is partitioned by, a `timestamptz`; part of the primary key and of every unique index. @default "time" */
  readonly time?: string;
  /** Time that one chunk covers; a change is for new chunks. Without mo and y. @default "7d" */
  readonly chunk?: Span;
  /** Age above which chunks are dropped. @default kept for ever */
  readonly retention?: Span;
  /** Chunks turned into columns when they are old enough (community). @default none */
  readonly compression?: Compression;
}

/** The columnstore of TimescaleDB 2.18 and later. */
export interface Compression {
  /** Age at which a chunk is compressed; below the retention. */
  readonly after: Span;
  /** Columns whose values are kept together: those that queries filter by. @default none */
  readonly segmentBy?: readonly string[];
  /** Columns, each with ` desc` after it if wanted. @default the time column, the newest first */
  readonly orderBy?: readonly string[];
}

/**
 * One row per bucket and group. Its columns are `bucket`, those of `groupBy` and those of `measures`, in this order and in both
 * editions.
 */
export interface Aggregate {
  /** Name of the hypertable. */
  readonly from: string;
  /** Width of a bucket; days, weeks and months are those of UTC. */
  readonly bucket: Span;
  /** Columns of the hypertable that are not nullable. @default none: one row per bucket */
  readonly groupBy?: readonly string[];
  readonly measures: Readonly<Record<string, Measure>>;
  readonly refresh: Refresh;
  /** Age above which buckets are dropped. @default kept for ever */
  readonly retention?: Span;
}

/** A function and the column that it is applied to; `first` and `last` go by the time column. */
export type Measure =
  | { readonly avg: string }
  | { readonly sum: string }
  | { readonly min: string }
  | { readonly max: string }
  | { readonly first: string }
  | { readonly last: string }
  | { readonly stddev: string }
  /** Of rows (`*`), or of those in which the column is not null. */
  | { readonly count: string };

/** Every so often all whole buckets between `start` and `end` ago are computed anew. Later rows for older buckets are not seen. */
export interface Refresh {
  /** At least two buckets more than `end`, and less than the retention of the hypertable and of the aggregate. */
  readonly start: Span;
  /** For how long rows may come in before their bucket is computed. */
  readonly end: Span;
  /** Minutes or hours that divide a day. */
  readonly every: Span;
}

/** What a role may do. Every role here may connect and use the schema `public`. */
export interface Grant {
  /** Tables and aggregates, or all of them. @default none */
  readonly read?: readonly string[] | "all";
  /** Tables that it may read, insert into and update. @default none */
  readonly write?: readonly string[] | "all";
  /** A schema of its own: it is made, owned by the role, and comes before `public` in its search path. @default none */
  readonly owns?: string;
}

/** The role of exporters: it reads statistics, aggregates and the ledger without being granted anything. */
export const MONITORING = "monitoring";

/** The first column of every aggregate. */
export const BUCKET = "bucket";

export const DEFAULT_CHUNK: Span = "7d";

export function columnOf(declared: ColumnType | Column): Column {
  return typeof declared === "string" ? { type: declared } : declared;
}

export function timeOf(table: Hypertable): string {
  return table.time ?? "time";
}

/** Names of everything that can be read. */
export function relationsOf(schema: DatabaseSchema): string[] {
  return [...tablesOf(schema), ...Object.keys(schema.aggregates ?? {})];
}

/** Names of everything that can be written. */
export function tablesOf(schema: DatabaseSchema): string[] {
  return [...Object.keys(schema.hypertables ?? {}), ...Object.keys(schema.tables ?? {})];
}

/** The function of a measure and its column. */
export function measureOf(measure: Measure): { fn: string; column: string } {
  const [[fn = "", column = ""] = []] = Object.entries(measure as Readonly<Record<string, string>>);
  return { fn, column };
}
