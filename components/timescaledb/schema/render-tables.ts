import { ident, indexName, json, literal, ordered, relation } from "./names";
import {
  type Column,
  columnOf,
  type DatabaseSchema,
  DEFAULT_CHUNK,
  type Edition,
  type Hypertable,
  type Index,
  type Table,
  timeOf,
} from "./schema";
import { interval } from "./span";
import { applied, hash, type Step, step } from "./step";
import { sqlType } from "./types";

/** Hypertables and ordinary tables, what belongs to them alone, and the policies of the community edition. */
export function tableSteps(schema: DatabaseSchema, edition: Edition): Step[] {
  const hypertables = Object.entries(schema.hypertables ?? {});
  const tables = Object.entries(schema.tables ?? {});
  return [
    ...hypertables.map(([name, table]) => tableStep(name, table, timeOf(table))),
    ...tables.map(([name, table]) => tableStep(name, table)),
    ...hypertables.map(([name, table]) => chunkStep(name, table)),
    ...hypertables.flatMap(([name, table]) => (table.indexes ?? []).map((index) => indexStep(name, index, true))),
    ...tables.flatMap(([name, table]) => (table.indexes ?? []).map((index) => indexStep(name, index, false))),
    ...(edition === "community" ? hypertables.map(([name, table]) => compressionStep(name, table)) : []),
  ];
}

function tableStep(name: string, table: Table, time?: string): Step {
  const at = relation(name);
  const columns = Object.entries(table.columns).map(([column, declared]) => [column, columnOf(declared)] as const);
  const definitions = columns.map(([column, c]) => define(column, c, table));
  const key = table.primaryKey;
  const constraint = key ? [`CONSTRAINT ${ident(`${name}_pkey`)} PRIMARY KEY (${list(key)})`] : [];
  return step(
    `table:${name}`,
    [
      `CREATE TABLE IF NOT EXISTS ${at} (\n  ${[...definitions, ...constraint].join(",\n  ")}\n)`,
      `ALTER TABLE ${at}\n  ${definitions.map((d) => `ADD COLUMN IF NOT EXISTS ${d}`).join(",\n  ")}`,
      align(name, table),
      ...(time === undefined ? [] : [hypertable(name, time, table)]),
    ],
    // The length of chunks is a step of its own.
    { columns: columns.map(([column, c]) => [column, sqlType(c.type), c]), key, time },
  );
}

function hypertable(name: string, time: string, { chunk = DEFAULT_CHUNK }: Hypertable): string {
  return `SELECT create_hypertable(${literal(relation(name))}, by_range(${literal(time)}, ${interval(chunk)}),
  create_default_indexes => false, if_not_exists => true, migrate_data => true)`;
}

/** Own indexes only: TimescaleDB's default one repeats the primary key, which begins with the time. */
function chunkStep(name: string, { chunk = DEFAULT_CHUNK }: Hypertable): Step {
  return step(`chunk:${name}`, [`SELECT set_chunk_time_interval(${literal(relation(name))}, ${interval(chunk)})`]);
}

function define(name: string, column: Column, table: Table): string {
  const required = isRequired(name, column, table) ? " NOT NULL" : "";
  const fallback = column.default === undefined ? "" : ` DEFAULT ${fallbackOf(column.default)}`;
  return `${ident(name)} ${sqlType(column.type)}${required}${fallback}`;
}

function isRequired(name: string, column: Column, table: Table): boolean {
  return !column.nullable || (table.primaryKey ?? []).includes(name);
}

function fallbackOf(value: NonNullable<Column["default"]>): string {
  if (typeof value === "object") return value.sql;
  return typeof value === "string" ? literal(value) : String(value);
}

/**
 * What CREATE and ADD leave as it was: types and primary key, which the checks before have refused to change unless it was asked
 * for; null and defaults. A column that is no longer declared may be null from now on, or no row could be inserted.
 */
function align(name: string, table: Table): string {
  const declared = Object.entries(table.columns).map(([column, d]) => {
    const c = columnOf(d);
    return {
      name: column,
      type: sqlType(c.type),
      required: isRequired(column, c, table),
      fallback: c.default === undefined ? null : fallbackOf(c.default),
    };
  });
  return `DO $datastack$
DECLARE
  c record;
  changes text[] := '{}';
  actual text[];
  wanted text[] := ${textArray(table.primaryKey ?? [])};
  key name;
BEGIN
  FOR c IN
    SELECT a.attname AS name, d.type, d.required, d.fallback, d.name IS NOT NULL AS declared,
      format_type(a.atttypid, a.atttypmod) AS actual, a.attnotnull, a.atthasdef
    FROM pg_attribute a
    LEFT JOIN jsonb_to_recordset(${json(declared)})
      AS d(name text, type text, required boolean, fallback text) ON d.name = a.attname
    WHERE a.attrelid = ${literal(relation(name))}::regclass AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
  LOOP
    IF NOT c.declared THEN
      IF c.attnotnull AND NOT c.atthasdef THEN changes := changes || format('ALTER COLUMN %I DROP NOT NULL', c.name); END IF;
      CONTINUE;
    END IF;
    IF c.actual <> c.type THEN
      changes := changes || format('ALTER COLUMN %I TYPE %s USING %I::%s', c.name, c.type, c.name, c.type);
    END IF;
    IF c.fallback IS NOT NULL THEN changes := changes || format('ALTER COLUMN %I SET DEFAULT %s', c.name, c.fallback);
    ELSIF c.atthasdef THEN changes := changes || format('ALTER COLUMN %I DROP DEFAULT', c.name); END IF;
    IF c.required AND NOT c.attnotnull THEN changes := changes || format('ALTER COLUMN %I SET NOT NULL', c.name); END IF;
    IF NOT c.required AND c.attnotnull THEN changes := changes || format('ALTER COLUMN %I DROP NOT NULL', c.name); END IF;
  END LOOP;
  SELECT k.conname, ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.n)
    INTO key, actual FROM pg_constraint k WHERE k.conrelid = ${literal(relation(name))}::regclass AND k.contype = 'p';
  IF coalesce(actual, '{}') <> wanted THEN
    -- Before columns may be null again.
    IF key IS NOT NULL THEN EXECUTE format('ALTER TABLE ${relation(name)} DROP CONSTRAINT %I', key); END IF;
  END IF;
  IF cardinality(changes) > 0 THEN EXECUTE 'ALTER TABLE ${relation(name)} ' || array_to_string(changes, ', '); END IF;
  IF coalesce(actual, '{}') <> wanted AND cardinality(wanted) > 0 THEN
    EXECUTE ${literal(`ALTER TABLE ${relation(name)} ADD CONSTRAINT ${ident(`${name}_pkey`)} PRIMARY KEY (${list(table.primaryKey ?? [])})`)};
  END IF;
END
$datastack$`;
}

/**
 * An index carries nothing that a new one would not. On a hypertable it is built chunk by chunk, so that rows can be written
 * meanwhile; only unique ones cannot.
 */
function indexStep(table: string, index: Index, partitioned: boolean): Step {
  const name = index.name ?? indexName(table, index.columns);
  const columns = index.columns.map(direction).join(", ");
  const alone = partitioned && !index.unique;
  const create = `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${ident(name)} ON ${relation(table)} (${columns})`;
  return {
    ...step(`index:${table}:${name}`, [
      `DROP INDEX IF EXISTS ${relation(name)}`,
      alone ? `${create} WITH (${PER_CHUNK})` : create,
    ]),
    ...(alone ? { alone } : {}),
  };
}

export const PER_CHUNK = "timescaledb.transaction_per_chunk";

function compressionStep(name: string, { compression, ...table }: Hypertable): Step {
  const at = literal(relation(name));
  const id = `compression:${name}`;
  const remove = `CALL remove_columnstore_policy(${at}, if_exists => true)`;
  if (!compression) {
    return { ...step(id, [remove], "none"), when: removable(id) };
  }
  const orderBy = compression.orderBy ?? [`${timeOf(table)} desc`];
  const settings = [
    "timescaledb.enable_columnstore = true",
    `timescaledb.segmentby = ${literal(list(compression.segmentBy ?? []))}`,
    `timescaledb.orderby = ${literal(orderBy.map(direction).join(", "))}`,
  ];
  return step(id, [
    `ALTER TABLE ${relation(name)} SET (\n  ${settings.join(",\n  ")}\n)`,
    remove,
    `CALL add_columnstore_policy(${at}, after => ${interval(compression.after)}, if_not_exists => true)`,
  ]);
}

/** A policy that is no longer declared goes, if it was this job that made it. */
export function removable(id: string): string {
  const none = hash("none");
  return `coalesce(${applied(id)}, ${literal(none)}) <> ${literal(none)}`;
}

function direction(text: string): string {
  const { column, desc } = ordered(text);
  return desc ? `${ident(column)} DESC` : ident(column);
}

function list(columns: readonly string[]): string {
  return columns.map(ident).join(", ");
}

function textArray(values: readonly string[]): string {
  return values.length === 0 ? "'{}'" : `ARRAY[${values.map(literal).join(", ")}]`;
}
