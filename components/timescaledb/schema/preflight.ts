import { indexName, json, literal } from "./names";
import { AGGREGATES, GONE, LICENSE, NEWER, ROLES, TABLES, UNDECLARED } from "./preflight-checks";
import { all, queryHash } from "./render-aggregates";
import { columnOf, type DatabaseSchema, type Edition, relationsOf, timeOf } from "./schema";
import { interval } from "./span";
import { sqlType } from "./types";

/** SQLSTATE of a refusal: another try would be refused, too. */
export const REFUSED = "DS001";

/**
 * Compares the database with the declaration before anything is changed. Refuses, all together, what cannot be done without
 * being asked for; says what is in the database and no longer declared.
 */
export function preflight(schema: DatabaseSchema, edition: Edition, whole: string): string {
  return `DO $datastack$
DECLARE
  declared jsonb := ${json(declaration(schema, edition))};
  rebuild jsonb := ${json(schema.rebuild ?? [])};
  discard jsonb := ${json(schema.discardHistory ?? [])};
  whole text := ${literal(whole)};
  refused text[] := '{}';
  x record;
  y record;
  oldest timestamptz;
  first timestamptz;
  at timestamptz;
  filled boolean;
BEGIN
${edition === "community" ? LICENSE : ""}${schema.goBack ? "" : NEWER}${ROLES}${GONE}${TABLES}${AGGREGATES}${UNDECLARED}
  IF cardinality(refused) > 0 THEN
    RAISE EXCEPTION USING ERRCODE = '${REFUSED}', MESSAGE = format(
      E'%s refused; nothing was changed in the database:\\n  - %s',
      CASE cardinality(refused) WHEN 1 THEN '1 change is' ELSE cardinality(refused) || ' changes are' END,
      array_to_string(refused, E'\\n  - '));
  END IF;
END
$datastack$`;
}

function declaration(schema: DatabaseSchema, edition: Edition) {
  const hypertables = schema.hypertables ?? {};
  const tables = Object.entries({ ...hypertables, ...schema.tables });
  return {
    tables: tables.map(([name, table]) => ({
      name,
      hypertable: Object.hasOwn(hypertables, name),
      columns: Object.entries(table.columns).map(([column, declared]) => {
        const { type, nullable, default: fallback } = columnOf(declared);
        const required = (!nullable || (table.primaryKey ?? []).includes(column)) && fallback === undefined;
        return { name: column, type: sqlType(type), required };
      }),
      key: table.primaryKey ?? [],
    })),
    aggregates: all(schema).map((of) => ({
      name: of.name,
      hash: queryHash(of, edition),
      source: of.source.name,
      time: timeOf(of.source),
      bucket: interval(of.aggregate.bucket).replace(/^INTERVAL '(.*)'$/, "$1"),
    })),
    relations: relationsOf(schema),
    indexes: tables.flatMap(([name, table]) =>
      (table.indexes ?? []).map((index) => `index:${name}:${index.name ?? indexName(name, index.columns)}`),
    ),
    roles: Object.keys(schema.grants ?? {}),
  };
}
