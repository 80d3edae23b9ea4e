import type { Problem } from "../../core/problems";
import { checkIdentifier, ordered } from "./names";
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
import { isCalendar, SPAN_RULE, spanSeconds } from "./span";
import { COLUMN_TYPES, kindOf } from "./types";
import { checkIndexName, member } from "./validate-names";

const MIN_CHUNK = 60;

export function checkTables(path: string, schema: DatabaseSchema, edition: Edition): Problem[] {
  return [
    ...Object.entries(schema.hypertables ?? {}).flatMap(([name, table]) =>
      checkHypertable(member(`${path}.hypertables`, name), name, table, edition),
    ),
    ...Object.entries(schema.tables ?? {}).flatMap(([name, table]) =>
      checkTable(member(`${path}.tables`, name), name, table),
    ),
  ];
}

function checkHypertable(path: string, name: string, table: Hypertable, edition: Edition): Problem[] {
  const time = timeOf(table);
  const kept = [
    ...checkTable(path, name, table, Object.hasOwn(table.columns, time) ? time : undefined),
    ...checkTime(path, table, time),
    ...checkChunk(path, table),
    ...checkRetention(path, table),
  ];
  return [...kept, ...checkCompression(path, table, edition)];
}

function checkTable(path: string, name: string, table: Table, time?: string): Problem[] {
  const columns = Object.entries(table.columns);
  return [
    ...(columns.length === 0 ? [{ path: `${path}.columns`, rule: "must have at least one column" }] : []),
    ...columns.flatMap(([column, declared]) =>
      checkColumn(member(`${path}.columns`, column), column, columnOf(declared)),
    ),
    ...checkKey(`${path}.primaryKey`, table, time),
    ...(table.indexes ?? []).flatMap((index, i) => checkIndex(`${path}.indexes[${i}]`, name, table, index, time)),
  ];
}

function checkColumn(path: string, name: string, column: Column): Problem[] {
  const problems = checkIdentifier(path, name, "column");
  if (kindOf(column.type) === undefined) {
    problems.push({ path, value: column.type, rule: `must have one of the types ${COLUMN_TYPES}` });
    return problems;
  }
  return [...problems, ...checkDefault(`${path}.default`, column)];
}

function checkDefault(path: string, { type, default: value }: Column): Problem[] {
  if (value === undefined) return [];
  if (typeof value === "object") {
    const given = value.sql.trim();
    if (given !== "" && !given.includes(";")) return [];
    return [{ path, value: given, rule: "must be one SQL expression, without a semicolon" }];
  }
  const number = /^(smallint|integer|bigint|real|double|numeric)/.test(type);
  const fits =
    typeof value === "string" ? !number && type !== "boolean" : typeof value === (number ? "number" : "boolean");
  const whole = !/int|^integer/.test(type) || type === "interval" || Number.isInteger(value);
  if (fits && (typeof value === "string" ? !value.includes("\0") : type === "boolean" || (number && whole))) return [];
  return [{ path, value, rule: `must be a value of the column's type (${type})` }];
}

function checkKey(path: string, table: Table, time: string | undefined): Problem[] {
  const key = table.primaryKey;
  if (key === undefined) return [];
  if (key.length === 0)
    return [{ path, rule: "must name at least one column", fix: "Leave it out for no primary key" }];
  const nullable = key.filter((column) => {
    const declared = Object.hasOwn(table.columns, column) ? table.columns[column] : undefined;
    return declared !== undefined && columnOf(declared).nullable === true;
  });
  return [
    ...checkColumns(path, table, key),
    ...nullable.map((column) => ({ path, value: column, rule: "must not be nullable, being in the primary key" })),
    ...(time === undefined ? [] : checkUnique(path, key, time)),
  ];
}

/** Chunks are by time, and each can only see to its own rows. */
function checkUnique(path: string, columns: readonly string[], time: string): Problem[] {
  if (columns.includes(time)) return [];
  const rule = `must contain the time column (${time}): a hypertable can only keep rows apart within one chunk`;
  return [{ path, value: columns, rule, fix: `Add "${time}"` }];
}

function checkIndex(path: string, table: string, of: Table, index: Index, time: string | undefined): Problem[] {
  const columns = index.columns.map((text) => ordered(text).column);
  if (columns.length === 0) return [{ path: `${path}.columns`, rule: "must name at least one column" }];
  const problems = checkColumns(`${path}.columns`, of, columns);
  return [
    ...problems,
    ...(problems.length === 0 ? checkIndexName(path, table, index) : []),
    ...(index.unique && time !== undefined ? checkUnique(`${path}.columns`, columns, time) : []),
  ];
}

/** Known columns, each of them once. */
export function checkColumns(path: string, table: Table, columns: readonly string[]): Problem[] {
  return columns.flatMap((column, i) => {
    if (!Object.hasOwn(table.columns, column)) return [unknownColumn(path, table, column)];
    if (columns.indexOf(column) === i) return [];
    return [{ path, value: column, rule: "must not name a column twice" }];
  });
}

export function unknownColumn(path: string, table: Table, column: string): Problem {
  const known = Object.keys(table.columns).join(", ") || "none";
  return { path, value: column, rule: "is no column of the table", fix: `Its columns are ${known}` };
}

function checkTime(path: string, table: Hypertable, time: string): Problem[] {
  const declared = Object.hasOwn(table.columns, time) ? table.columns[time] : undefined;
  if (declared === undefined) {
    const fix = `Add "${time}" of the type timestamptz, or name another column in time`;
    return [{ path: `${path}.time`, value: time, rule: "must be a column of the table", fix }];
  }
  const { type, nullable } = columnOf(declared);
  const at = member(`${path}.columns`, time);
  if (type !== "timestamptz") {
    return [{ path: at, value: type, rule: "must be a timestamptz: it is the time that the table is partitioned by" }];
  }
  return nullable ? [{ path: at, rule: "must not be nullable: it is the time that the table is partitioned by" }] : [];
}

function checkChunk(path: string, { chunk }: Hypertable): Problem[] {
  if (chunk === undefined) return [];
  const length = spanSeconds(chunk);
  if (length === undefined) return [{ path: `${path}.chunk`, value: chunk, rule: SPAN_RULE }];
  if (length >= MIN_CHUNK && !isCalendar(chunk)) return [];
  const rule = "must be at least 1m, in s, m, h, d or w: chunks are of the same length all year";
  return [{ path: `${path}.chunk`, value: chunk, rule }];
}

function checkRetention(path: string, { retention, chunk = DEFAULT_CHUNK }: Hypertable): Problem[] {
  if (retention === undefined) return [];
  const kept = spanSeconds(retention);
  if (kept === undefined) return [{ path: `${path}.retention`, value: retention, rule: SPAN_RULE }];
  const length = spanSeconds(chunk);
  if (length === undefined || kept >= length) return [];
  const rule = `must be at least one chunk (${chunk}): only whole chunks are dropped`;
  return [{ path: `${path}.retention`, value: retention, rule, fix: "Raise it, or set a shorter chunk" }];
}

function checkCompression(path: string, table: Hypertable, edition: Edition): Problem[] {
  const { compression, retention } = table;
  if (compression === undefined) return [];
  const at = `${path}.compression`;
  if (edition === "apache") {
    const rule = "is not in the Apache edition of TimescaleDB";
    return [{ path: at, rule, fix: "Leave it out, or use an image of the community edition" }];
  }
  const segments = compression.segmentBy ?? [];
  const orders = (compression.orderBy ?? []).map((text) => ordered(text).column);
  const both = segments.filter((column) => orders.includes(column));
  return [
    ...checkAfter(`${at}.after`, compression.after, retention),
    ...checkColumns(`${at}.segmentBy`, table, segments),
    ...checkColumns(`${at}.orderBy`, table, orders),
    ...both.map((column) => ({ path: `${at}.orderBy`, value: column, rule: "is in segmentBy already" })),
    ...(segments.includes(timeOf(table))
      ? [{ path: `${at}.segmentBy`, value: timeOf(table), rule: "must not have the time column, which is ordered by" }]
      : []),
  ];
}

function checkAfter(path: string, after: string, retention: string | undefined): Problem[] {
  const age = spanSeconds(after);
  if (age === undefined) return [{ path, value: after, rule: SPAN_RULE }];
  const kept = retention === undefined ? undefined : spanSeconds(retention);
  if (kept === undefined || age < kept) return [];
  const rule = `must be less than the retention (${retention}), or chunks are dropped before they are compressed`;
  return [{ path, value: after, rule }];
}
