import type { Problem } from "../../core/problems";
import { checkTime } from "../../target/every";
import { checkIdentifier } from "./names";
import {
  type Aggregate,
  BUCKET,
  columnOf,
  type DatabaseSchema,
  type Hypertable,
  type Measure,
  measureOf,
  type Refresh,
  timeOf,
} from "./schema";
import { isCalendar, SPAN_RULE, spanOf, spanSeconds } from "./span";
import { kindOf } from "./types";
import { member } from "./validate-names";
import { checkColumns, unknownColumn } from "./validate-tables";

const FUNCTIONS = ["avg", "sum", "min", "max", "first", "last", "stddev", "count"];

export function checkAggregates(path: string, schema: DatabaseSchema): Problem[] {
  return Object.entries(schema.aggregates ?? {}).flatMap(([name, aggregate]) => {
    const at = member(`${path}.aggregates`, name);
    const source = schema.hypertables?.[aggregate.from];
    return [
      ...(source ? checkColumnsOf(at, aggregate, source) : [checkSource(at, aggregate, schema)]),
      ...checkWindow(at, aggregate, source),
    ];
  });
}

function checkSource(path: string, { from }: Aggregate, schema: DatabaseSchema): Problem {
  const hypertables = Object.keys(schema.hypertables ?? {}).join(", ") || "none";
  const other = schema.tables?.[from]
    ? " (it is an ordinary table)"
    : schema.aggregates?.[from]
      ? " (it is an aggregate)"
      : "";
  return {
    path: `${path}.from`,
    value: from,
    rule: `is no hypertable of this schema${other}`,
    fix: `There are: ${hypertables}`,
  };
}

function checkColumnsOf(path: string, aggregate: Aggregate, source: Hypertable): Problem[] {
  const { groupBy = [], measures } = aggregate;
  const known = checkColumns(`${path}.groupBy`, source, groupBy);
  const nullable = groupBy.filter((c) => {
    const declared = source.columns[c];
    return declared !== undefined && columnOf(declared).nullable && !source.primaryKey?.includes(c);
  });
  return [
    ...known,
    ...nullable.map((column) => ({
      path: `${path}.groupBy`,
      value: column,
      rule: "must not be nullable: buckets and groups are the key of the aggregate",
    })),
    ...(groupBy.includes(timeOf(source))
      ? [{ path: `${path}.groupBy`, value: timeOf(source), rule: "is the time column, which the bucket is made of" }]
      : []),
    ...(groupBy.includes(BUCKET)
      ? [
          {
            path: `${path}.groupBy`,
            value: BUCKET,
            rule: "is the name of the aggregate's first column",
            fix: "Rename it",
          },
        ]
      : []),
    ...(Object.keys(measures).length === 0
      ? [{ path: `${path}.measures`, rule: "must have at least one measure" }]
      : []),
    ...Object.entries(measures).flatMap(([name, measure]) => {
      const at = member(`${path}.measures`, name);
      return [
        ...checkIdentifier(at, name, "column"),
        ...checkTaken(at, name, groupBy),
        ...checkMeasure(at, measure, source),
      ];
    }),
  ];
}

function checkTaken(path: string, name: string, groupBy: readonly string[]): Problem[] {
  if (name !== BUCKET && !groupBy.includes(name)) return [];
  return [{ path, value: name, rule: "is already a column of the aggregate", fix: "Give the measure another name" }];
}

function checkMeasure(path: string, measure: Measure, source: Hypertable): Problem[] {
  const { fn, column } = measureOf(measure);
  if (!FUNCTIONS.includes(fn) || Object.keys(measure).length !== 1) {
    return [
      { path, value: measure, rule: `must be one function and its column; the functions are ${FUNCTIONS.join(", ")}` },
    ];
  }
  if (fn === "count" && column === "*") return [];
  const declared = Object.hasOwn(source.columns, column) ? source.columns[column] : undefined;
  if (declared === undefined) return [unknownColumn(`${path}.${fn}`, source, column)];
  const { type } = columnOf(declared);
  const kind = kindOf(type);
  const fits =
    kind === undefined ||
    (fn === "sum" ? kind.sum : fn === "avg" ? kind.mean : fn === "stddev" ? kind.mean && type !== "interval" : true);
  const comparable = kind === undefined || kind.ordered || (fn !== "min" && fn !== "max");
  if (fits && comparable) return [];
  return [{ path: `${path}.${fn}`, value: column, rule: `has no ${fn}: its type is ${type}` }];
}

function checkWindow(path: string, aggregate: Aggregate, source: Hypertable | undefined): Problem[] {
  const { bucket, retention, refresh } = aggregate;
  const { start, end, every } = refresh;
  const given = [
    [`${path}.bucket`, bucket, 1],
    [`${path}.refresh.start`, start, 1],
    [`${path}.refresh.end`, end, 0],
    [`${path}.refresh.every`, every, 1],
    ...(retention === undefined ? [] : [[`${path}.retention`, retention, 1] as const]),
  ] as const;
  const problems = given.flatMap(([at, span, least]): Problem[] => {
    const length = spanSeconds(span);
    if (length === undefined) return [{ path: at, value: span, rule: SPAN_RULE }];
    return length >= least ? [] : [{ path: at, value: span, rule: "must be above 0" }];
  });
  if (problems.length > 0) return problems;
  return [
    ...checkEvery(`${path}.refresh.every`, every),
    ...checkCover(`${path}.refresh`, bucket, refresh),
    ...checkBelow(`${path}.refresh.start`, start, source?.retention, `the retention of ${aggregate.from}`, DROPPED),
    ...checkBelow(`${path}.refresh.start`, start, retention, "the aggregate's own retention", REFILLED),
  ];
}

const DROPPED = "or a refresh would empty the buckets whose rows are dropped";
const REFILLED = "or a refresh would make the buckets again that were dropped";

function checkBelow(path: string, start: string, retention: string | undefined, of: string, why: string): Problem[] {
  const kept = retention === undefined ? undefined : spanSeconds(retention);
  if (kept === undefined || seconds(start) < kept) return [];
  return [{ path, value: start, rule: `must be less than ${of} (${retention}), ${why}` }];
}

/** The times at which it runs are those of a schedule of the contract, so that both editions can have them. */
function checkEvery(path: string, every: string): Problem[] {
  const length = seconds(every);
  const [problem] = checkTime("", { minutes: length / 60 });
  return problem ? [{ ...problem, path, value: every, fix: "Take one such as 5m, 15m, 30m, 1h, 6h or 1d" }] : [];
}

/** TimescaleDB refuses a window of less than two buckets; and a bucket has to be in the window of at least one run. */
function checkCover(path: string, bucket: string, { start, end, every }: Refresh): Problem[] {
  const [width, from, to] = [seconds(bucket), seconds(start), seconds(end)];
  if (from - to < 2 * width) {
    const least = spanOf(to + 2 * width);
    return [
      {
        path: `${path}.start`,
        value: start,
        rule: `policy refresh window too small: start - end (${end}) must cover at least two buckets of ${bucket}${isCalendar(bucket) ? " (a month counts as 30 days)" : ""}`,
        fix: `Set start to at least ${least}, or lower end`,
      },
    ];
  }
  const gap = from - to - width;
  if (seconds(every) <= gap) return [];
  return [
    {
      path: `${path}.every`,
      value: every,
      rule: `must be at most start - end - bucket (${spanOf(gap)}), or buckets pass through the window between two runs and are never computed`,
      fix: `Run more often, or set start to at least ${spanOf(seconds(every) + to + width)}`,
    },
  ];
}

function seconds(span: string): number {
  return spanSeconds(span) ?? 0;
}
