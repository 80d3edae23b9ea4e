import type { Problem } from "../../core/problems";
import { checkIdentifier, indexName, MAX_IDENTIFIER, tooLong } from "./names";
import type { DatabaseSchema, Table } from "./schema";

/** Longest name of a table: room for `_pkey` after it. */
const MAX_TABLE = MAX_IDENTIFIER - "_pkey".length;

/** Longest name of an aggregate: room for `refresh_` before it. */
const MAX_AGGREGATE = MAX_IDENTIFIER - "refresh_".length;

interface Relation {
  readonly path: string;
  readonly name: string;
}

/** Tables, aggregates and indexes share one name space. */
export function checkNames(path: string, schema: DatabaseSchema): Problem[] {
  const tables = [
    ...named(`${path}.hypertables`, schema.hypertables),
    ...named(`${path}.tables`, schema.tables),
  ] as (Relation & { value: Table })[];
  const aggregates = named(`${path}.aggregates`, schema.aggregates);
  return [
    ...tables.flatMap((t) => checkRelation(t, MAX_TABLE, "_pkey")),
    ...aggregates.flatMap((a) => checkRelation(a, MAX_AGGREGATE, "refresh_")),
    ...checkDistinct([
      ...tables.flatMap((t) => [{ path: t.path, name: t.name }, ...derived(t)]),
      ...aggregates.map((a) => ({ path: a.path, name: a.name })),
    ]),
  ];
}

function checkRelation({ path, name }: Relation, most: number, part: string): Problem[] {
  const problems = checkIdentifier(path, name, "table");
  if (problems.length > 0 || name.length <= most) return problems;
  return [{ path, value: name, rule: `must be at most ${most} bytes: ${part} is added to it for a name of 63` }];
}

/** Primary key and indexes of a table, which are relations, too. */
function derived({ path, name, value }: Relation & { value: Table }): Relation[] {
  return [
    ...(value.primaryKey ? [{ path: `${path}.primaryKey`, name: `${name}_pkey` }] : []),
    ...(value.indexes ?? []).map((index, i) => ({
      path: `${path}.indexes[${i}]`,
      name: index.name ?? indexName(name, index.columns),
    })),
  ];
}

function checkDistinct(relations: readonly Relation[]): Problem[] {
  const seen = new Map<string, string>();
  return relations.flatMap(({ path, name }) => {
    const other = seen.get(name);
    if (other === undefined) seen.set(name, path);
    if (other === undefined || other === path) return [];
    const rule = `is also the name of ${other}: tables, aggregates and indexes share one name space`;
    return [{ path, value: name, rule, fix: "Rename one of them" }];
  });
}

/** What an index is called, if the name that it gets by itself is too long. */
export function checkIndexName(path: string, table: string, index: { name?: string; columns: readonly string[] }) {
  if (index.name !== undefined) return checkIdentifier(`${path}.name`, index.name, "index");
  const name = indexName(table, index.columns);
  return Buffer.byteLength(name) > MAX_IDENTIFIER ? [{ ...tooLong(path, name), fix: "Give it a name" }] : [];
}

function named<T>(path: string, declared: Readonly<Record<string, T>> | undefined) {
  return Object.entries(declared ?? {}).map(([name, value]) => ({ path: member(path, name), name, value }));
}

/** `schema.tables.orders`, or `schema.tables["My Orders"]` */
export function member(path: string, name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
