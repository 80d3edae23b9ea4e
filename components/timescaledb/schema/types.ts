/** Column types that the schema knows; others can be added here with their properties. */
export type ColumnType =
  | "smallint"
  | "integer"
  | "bigint"
  | "real"
  | "double"
  | "numeric"
  | `numeric(${number},${number})`
  | "text"
  | `varchar(${number})`
  | "boolean"
  | "timestamptz"
  | "date"
  | "interval"
  | "uuid"
  | "inet"
  | "jsonb"
  | "bytea";

interface Kind {
  /** As PostgreSQL itself writes it, which is what the database is compared with. */
  readonly sql: string;
  /** Type of `sum`; left out: it has none. */
  readonly sum?: string;
  /** Type of `avg` and `stddev`; left out: it has none. */
  readonly mean?: string;
  /** Whether `min` and `max` are there. */
  readonly ordered: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  smallint: { sql: "smallint", sum: "bigint", mean: "numeric", ordered: true },
  integer: { sql: "integer", sum: "bigint", mean: "numeric", ordered: true },
  bigint: { sql: "bigint", sum: "numeric", mean: "numeric", ordered: true },
  real: { sql: "real", sum: "real", mean: "double precision", ordered: true },
  double: { sql: "double precision", sum: "double precision", mean: "double precision", ordered: true },
  numeric: { sql: "numeric", sum: "numeric", mean: "numeric", ordered: true },
  text: { sql: "text", ordered: true },
  boolean: { sql: "boolean", ordered: false },
  timestamptz: { sql: "timestamp with time zone", ordered: true },
  date: { sql: "date", ordered: true },
  interval: { sql: "interval", sum: "interval", mean: "interval", ordered: true },
  uuid: { sql: "uuid", ordered: false },
  inet: { sql: "inet", ordered: true },
  jsonb: { sql: "jsonb", ordered: false },
  bytea: { sql: "bytea", ordered: false },
};

export const COLUMN_TYPES = `${Object.keys(KINDS).join(", ")}, numeric(p,s) or varchar(n)`;

/** Properties of a type, or undefined when it is none of ours. */
export function kindOf(type: string): Kind | undefined {
  if (Object.hasOwn(KINDS, type)) return KINDS[type];
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type);
  if (numeric) {
    const [precision, scale] = [Number(numeric[1]), Number(numeric[2])];
    if (precision < 1 || precision > 1000 || scale > precision) return undefined;
    return { sql: `numeric(${precision},${scale})`, sum: "numeric", mean: "numeric", ordered: true };
  }
  const text = /^varchar\((\d+)\)$/.exec(type);
  const length = Number(text?.[1] ?? 0);
  if (length < 1 || length > 10_485_760) return undefined;
  return { sql: `character varying(${length})`, ordered: true };
}

/** As PostgreSQL writes it. */
export function sqlType(type: string): string {
  const kind = kindOf(type);
  if (!kind) throw new Error(`${type} is no column type`);
  return kind.sql;
}
