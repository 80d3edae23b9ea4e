import type { Problem } from "../../core/problems";

/** Longest name that PostgreSQL keeps, in bytes; it would cut longer ones off without an error. */
export const MAX_IDENTIFIER = 63;

const SYSTEM_COLUMNS = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];
const RESERVED_ROLES = ["public", "none", "postgres", "current_user", "session_user", "current_role", "user"];
const RESERVED_SCHEMAS = ["public", "datastack", "information_schema"];

export type Named = "table" | "column" | "index" | "role" | "schema";

/** Lower case only: what is quoted once has to be quoted for ever. Reserved words are fine, because all SQL here is quoted. */
export function checkIdentifier(path: string, name: string, of: Named): Problem[] {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
    const rule = 'must be of lower-case letters, digits and "_", not beginning with a digit';
    return [{ path, value: name, rule }];
  }
  if (Buffer.byteLength(name) > MAX_IDENTIFIER) return [tooLong(path, name)];
  if (of === "column" && SYSTEM_COLUMNS.includes(name)) {
    return [{ path, value: name, rule: "is a column that every table of PostgreSQL has already", fix: "Rename it" }];
  }
  const prefixed = name.startsWith("pg_") || /^_?timescaledb(_|$)/.test(name);
  if (of === "role" && (RESERVED_ROLES.includes(name) || name.startsWith("pg_"))) {
    return [{ path, value: name, rule: "is a role of PostgreSQL's own", fix: "Give the client a role of its own" }];
  }
  if (of === "schema" && (RESERVED_SCHEMAS.includes(name) || prefixed)) {
    return [{ path, value: name, rule: "is a schema that cannot be a role's own", fix: "Choose another name" }];
  }
  return [];
}

export function tooLong(path: string, name: string): Problem {
  return { path, value: name, rule: `must be at most ${MAX_IDENTIFIER} bytes: PostgreSQL cuts longer names off` };
}

/** Always quoted, so that reserved words are names like others. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function relation(name: string, schema = "public"): string {
  return `${ident(schema)}.${ident(name)}`;
}

export function literal(text: string): string {
  if (text.includes("\0")) throw new Error("PostgreSQL has no text with a zero byte");
  return `'${text.replaceAll("'", "''")}'`;
}

/** A value as a constant that both `psql` and the server take as it is. */
export function json(value: unknown): string {
  return `${literal(JSON.stringify(value))}::jsonb`;
}

export function indexName(table: string, columns: readonly string[]): string {
  return `${table}_${columns.map((c) => c.replace(" ", "_")).join("_")}_idx`;
}

/** Column and direction of `symbol desc`. */
export function ordered(text: string): { column: string; desc: boolean } {
  const match = /^(.*?)( desc)?$/s.exec(text);
  return { column: match?.[1] ?? text, desc: match?.[2] !== undefined };
}
