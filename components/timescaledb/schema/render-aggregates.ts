import { ident, literal, relation } from "./names";
import { removable } from "./render-tables";
import {
  type Aggregate,
  BUCKET,
  columnOf,
  type DatabaseSchema,
  DEFAULT_CHUNK,
  type Edition,
  type Hypertable,
  measureOf,
  timeOf,
} from "./schema";
import { interval, spanSeconds } from "./span";
import { applied, hash, type Step, step } from "./step";
import { kindOf, sqlType } from "./types";

interface Source extends Hypertable {
  readonly name: string;
}

/** An aggregate and what it is made of. */
interface Of {
  readonly name: string;
  readonly aggregate: Aggregate;
  readonly source: Source;
}

/** Before tables change: an aggregate that is to be made anew would hold the types of their columns. */
export function retireSteps(schema: DatabaseSchema, edition: Edition): Step[] {
  return all(schema).map((of) => {
    const id = aggregateId(of.name);
    return {
      // An empty hash: it is there no more.
      id,
      hash: "",
      when: `to_regclass(${literal(relation(of.name))}) IS NOT NULL AND ${applied(id)} IS DISTINCT FROM ${literal(queryHash(of, edition))}`,
      statements: [drop(of.name)],
    };
  });
}

/** Aggregates, their first filling, and in the community edition their policies. */
export function aggregateSteps(schema: DatabaseSchema, edition: Edition): Step[] {
  return all(schema).flatMap((of) => (edition === "community" ? continuous(of) : rollup(of)));
}

/** Retention of hypertables and aggregates: a policy. The Apache edition has none; see schedules.ts. */
export function retentionSteps(schema: DatabaseSchema): Step[] {
  const kept = [...Object.entries(schema.hypertables ?? {}), ...Object.entries(schema.aggregates ?? {})];
  return kept.map(([name, { retention }]) => {
    const id = `retention:${name}`;
    const at = literal(relation(name));
    const remove = `SELECT remove_retention_policy(${at}, if_exists => true)`;
    if (retention === undefined) return { ...step(id, [remove], "none"), when: removable(id) };
    const made = schema.aggregates?.[name] ? hashOf(schema, name) : "";
    return step(
      id,
      [remove, `SELECT add_retention_policy(${at}, drop_after => ${interval(retention)}, if_not_exists => true)`],
      [retention, made],
    );
  });
}

function hashOf(schema: DatabaseSchema, name: string): string {
  const of = all(schema).find((a) => a.name === name);
  return of ? queryHash(of, "community") : "";
}

export function aggregateId(name: string): string {
  return `aggregate:${name}`;
}

export function all(schema: DatabaseSchema): Of[] {
  return Object.entries(schema.aggregates ?? {}).flatMap(([name, aggregate]) => {
    const source = schema.hypertables?.[aggregate.from];
    return source ? [{ name, aggregate, source: { ...source, name: aggregate.from } }] : [];
  });
}

/** Changes when the rows that it has would not be those that it should have. */
export function queryHash({ aggregate, source }: Of, edition: Edition): string {
  const { from, bucket, groupBy = [] } = aggregate;
  return hash([edition, from, interval(bucket), timeOf(source), groupBy, columns(aggregate, source)]);
}

/** A continuous aggregate. Readers see what has been computed, as in the other edition. */
function continuous(of: Of): Step[] {
  const { name, aggregate, source } = of;
  const { bucket, groupBy = [], refresh } = aggregate;
  const query = queryHash(of, "community");
  const at = literal(relation(name));
  const window = [refresh.start, refresh.end, refresh.every].map(interval);
  return [
    {
      id: aggregateId(name),
      hash: query,
      statements: [
        `CREATE MATERIALIZED VIEW ${relation(name)} WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT ${selected(aggregate, source).join(",\n  ")}
FROM ${relation(source.name)}
GROUP BY ${[bucketOf(bucket, source), ...groupBy.map(ident)].join(", ")}
WITH NO DATA`,
      ],
    },
    {
      ...step(`fill:${name}`, [`CALL refresh_continuous_aggregate(${at}, ${bounds(of).join(", ")})`], query),
      alone: true,
    },
    step(
      `refresh:${name}`,
      [
        `SELECT remove_continuous_aggregate_policy(${at}, if_exists => true)`,
        `SELECT add_continuous_aggregate_policy(${at}, start_offset => ${window[0]}, end_offset => ${window[1]},
  schedule_interval => ${window[2]}, if_not_exists => true)`,
      ],
      [window, query],
    ),
  ];
}

/** A table of the same columns, and the procedure that fills it; schedules.ts calls it. */
function rollup(of: Of): Step[] {
  const { name, aggregate, source } = of;
  const query = queryHash(of, "apache");
  const chunk = 10 * (spanSeconds(source.chunk ?? DEFAULT_CHUNK) ?? 0);
  const definitions = columns(aggregate, source).map(
    ([column, type], i) => `${ident(column)} ${type}${i <= (aggregate.groupBy ?? []).length ? " NOT NULL" : ""}`,
  );
  const key = [BUCKET, ...(aggregate.groupBy ?? [])].map(ident).join(", ");
  return [
    {
      id: aggregateId(name),
      hash: query,
      statements: [
        `CREATE TABLE ${relation(name)} (\n  ${[...definitions, `PRIMARY KEY (${key})`].join(",\n  ")}\n)`,
        `SELECT create_hypertable(${literal(relation(name))}, by_range('${BUCKET}', INTERVAL '${chunk} seconds'), create_default_indexes => false)`,
      ],
    },
    step(`procedure:${name}`, [procedure(of)]),
    { ...step(`fill:${name}`, [`CALL ${refreshProcedure(name)}(${bounds(of).join(", ")})`], query), alone: true },
  ];
}

/** Name of the procedure that computes the whole buckets between two times anew (Apache). */
export function refreshProcedure(name: string): string {
  return relation(`refresh_${name}`, "datastack");
}

/** As a continuous aggregate's refresh: whole buckets only, and what has no rows any more goes. */
function procedure({ name, aggregate, source }: Of): string {
  const { bucket, groupBy = [] } = aggregate;
  const key = [BUCKET, ...groupBy].map(ident);
  const rest = Object.keys(aggregate.measures).map(ident);
  const width = interval(bucket);
  const time = ident(timeOf(source));
  return `CREATE OR REPLACE PROCEDURE ${refreshProcedure(name)}(datastack_since timestamptz, datastack_until timestamptz)
LANGUAGE plpgsql SET search_path = public, pg_catalog, pg_temp AS $datastack$
DECLARE
  -- Names that no column has.
  datastack_low timestamptz := coalesce(${whole(width, "datastack_since")}, '-infinity');
  datastack_high timestamptz := coalesce(time_bucket(${width}, datastack_until), 'infinity');
BEGIN${kept(width, source)}
  WITH fresh AS MATERIALIZED (
    SELECT ${selected(aggregate, source).join(",\n      ")}
    FROM ${relation(source.name)}
    WHERE ${time} >= datastack_low AND ${time} < datastack_high
    GROUP BY ${[bucketOf(bucket, source), ...groupBy.map(ident)].join(", ")}
  ), gone AS (
    DELETE FROM ${relation(name)} AS old
    WHERE old.${ident(BUCKET)} >= datastack_low AND old.${ident(BUCKET)} < datastack_high
      AND NOT EXISTS (SELECT FROM fresh WHERE ${key.map((k) => `fresh.${k} = old.${k}`).join(" AND ")})
  )
  INSERT INTO ${relation(name)} AS old (${[...key, ...rest].join(", ")})
  SELECT ${[...key, ...rest].join(", ")} FROM fresh
  ON CONFLICT (${key.join(", ")}) DO UPDATE
    SET ${rest.map((column) => `${column} = excluded.${column}`).join(", ")}
    WHERE (${rest.map((column) => `old.${column}`).join(", ")}) IS DISTINCT FROM (${rest.map((column) => `excluded.${column}`).join(", ")});
END
$datastack$`;
}

/** The beginning of the first whole bucket after a time. */
function whole(width: string, time: string): string {
  return `time_bucket(${width}, ${time} - INTERVAL '1 microsecond') + ${width}`;
}

/** Buckets whose rows may have been dropped stay as they are, whatever it is called with. */
function kept(width: string, { retention }: Source): string {
  if (retention === undefined) return "";
  return `
  datastack_low := greatest(datastack_low, ${whole(width, `now() - ${interval(retention)}`)});`;
}

/** The first filling reaches as far back as rows are kept: an older bucket would come out empty. */
function bounds({ aggregate, source }: Of): [string, string] {
  const since = source.retention === undefined ? "NULL" : `now() - ${interval(source.retention)}`;
  return [since, `now() - ${interval(aggregate.refresh.end)}`];
}

/** Whatever it is in this database; with it goes what was made with it, but nothing that somebody made of it. */
function drop(name: string): string {
  return `DO $datastack$
BEGIN
  IF (SELECT relkind FROM pg_class WHERE oid = ${literal(relation(name))}::regclass) = 'v' THEN
    DROP MATERIALIZED VIEW ${relation(name)};
  ELSE
    DROP TABLE ${relation(name)};
  END IF;
END
$datastack$`;
}

function bucketOf(bucket: string, source: Hypertable): string {
  return `time_bucket(${interval(bucket)}, ${ident(timeOf(source))})`;
}

function selected(aggregate: Aggregate, source: Hypertable): string[] {
  return [
    `${bucketOf(aggregate.bucket, source)} AS ${ident(BUCKET)}`,
    ...(aggregate.groupBy ?? []).map(ident),
    ...Object.entries(aggregate.measures).map(([name, measure]) => {
      const { fn, column } = measureOf(measure);
      const of = column === "*" ? "*" : ident(column);
      const by = fn === "first" || fn === "last" ? `, ${ident(timeOf(source))}` : "";
      return `${fn}(${of}${by}) AS ${ident(name)}`;
    }),
  ];
}

/** Names and types of its columns; with those of a measure its function and column, for the hash. */
function columns(aggregate: Aggregate, source: Hypertable): [name: string, type: string, ...from: string[]][] {
  return [
    [BUCKET, sqlType("timestamptz")],
    ...(aggregate.groupBy ?? []).map((c): [string, string] => [c, sqlType(typeOf(source, c))]),
    ...Object.entries(aggregate.measures).map(([name, measure]): [string, string, string, string] => {
      const { fn, column } = measureOf(measure);
      return [name, result(fn, column, source), fn, column];
    }),
  ];
}

function typeOf(source: Hypertable, column: string): string {
  const declared = source.columns[column];
  if (declared === undefined) throw new Error(`${column} is no column`);
  return columnOf(declared).type;
}

function result(fn: string, column: string, source: Hypertable): string {
  if (fn === "count") return "bigint";
  const type = typeOf(source, column);
  const kind = kindOf(type);
  if (fn === "sum") return kind?.sum ?? type;
  if (fn === "avg" || fn === "stddev") return kind?.mean ?? type;
  // The length of a type is lost, and to min and max all texts are the same.
  const plain = (kind?.sql ?? type).replace(/\(.*/, "");
  return plain === "character varying" && (fn === "min" || fn === "max") ? "text" : plain;
}
