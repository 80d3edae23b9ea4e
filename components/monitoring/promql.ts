import type { Duration } from "../core/units";
import { isLabelName, type LabelMatchers, quote, selector } from "./labels";

/**
 * PromQL as values that can only be put together into valid text. Every function returns a new expression; parentheses are
 * set where the precedence of PromQL needs them.
 */
export interface Vector {
  readonly kind: "vector";
  readonly text: string;
  /** Precedence of the outermost operator; higher binds closer. */
  readonly binding: number;
}

/** A selector over a span of time, for `rate` and its like. */
export interface Range {
  readonly kind: "range";
  readonly text: string;
}

/** One side of an operator. */
export type Operand = Vector | number;

/** Which labels two vectors are matched by. */
export type Matching =
  | { readonly on: readonly string[]; readonly group?: Group }
  | { readonly ignoring: readonly string[]; readonly group?: Group };

/** Many-to-one matching, and the labels that are copied from the "one" side. */
export type Group = { readonly left: readonly string[] } | { readonly right: readonly string[] };

/** Which labels an aggregation keeps or drops; neither: all are dropped. */
export type Grouping = { readonly by: readonly string[] } | { readonly without: readonly string[] };

const ATOM = 10;
const BINDING = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  ">": 3,
  "<": 3,
  ">=": 3,
  "<=": 3,
  "+": 4,
  "-": 4,
} as const;
const PRODUCT = 5;

export function metric(name: string, matchers: LabelMatchers = {}): Vector {
  return atom(selector(name, matchers));
}

/** Grafana's own window of rates: a few scrapes at least, and more when less detail is asked for. Only for panels. */
export const RATE_INTERVAL = "$__rate_interval";
/** Grafana's shown span of time. Only for panels. */
export const SHOWN_RANGE = "$__range";
export type Window = Duration | typeof RATE_INTERVAL | typeof SHOWN_RANGE;

/** `metric{…}[5m]`. */
export function range(name: string, matchers: LabelMatchers, window: Window): Range {
  const span = window === RATE_INTERVAL || window === SHOWN_RANGE ? window : duration(window);
  return { kind: "range", text: `${selector(name, matchers)}[${span}]` };
}

/** `(expr)[5m:]`, evaluated at the evaluation interval. */
export function subquery(expr: Vector, window: Duration): Range {
  return { kind: "range", text: `${expr.binding === ATOM ? expr.text : `(${expr.text})`}[${duration(window)}:]` };
}

type RangeFunction = (over: Range) => Vector;
const overTime =
  (name: string): RangeFunction =>
  (over) =>
    atom(`${name}(${over.text})`);

export const rate = overTime("rate");
export const increase = overTime("increase");
export const delta = overTime("delta");
export const deriv = overTime("deriv");
export const changes = overTime("changes");
export const resets = overTime("resets");
export const avgOverTime = overTime("avg_over_time");
export const minOverTime = overTime("min_over_time");
export const maxOverTime = overTime("max_over_time");
export const sumOverTime = overTime("sum_over_time");
export const countOverTime = overTime("count_over_time");

/** The value that a linear trend reaches after `ahead`. */
export function predictLinear(over: Range, ahead: Duration): Vector {
  return atom(`predict_linear(${over.text}, ${secondsOf(ahead)})`);
}

type Aggregation = (of: Vector, grouping?: Grouping) => Vector;
const aggregation =
  (name: string): Aggregation =>
  (of, grouping) =>
    atom(grouping ? `${name} ${renderGrouping(grouping)} (${of.text})` : `${name}(${of.text})`);

export const sum = aggregation("sum");
export const min = aggregation("min");
export const max = aggregation("max");
export const avg = aggregation("avg");
export const count = aggregation("count");

/** The `k` greatest. */
export function topk(k: number, of: Vector): Vector {
  return atom(`topk(${number(k)}, ${of.text})`);
}

/** Quantile of a classic histogram: `of` has to keep the label `le`. */
export function histogramQuantile(quantile: number, of: Vector): Vector {
  if (!(quantile >= 0 && quantile <= 1)) throw new TypeError(`a quantile is between 0 and 1, not ${quantile}`);
  return atom(`histogram_quantile(${number(quantile)}, ${of.text})`);
}

/** 1 when the selector finds nothing. */
export function absent(name: string, matchers: LabelMatchers = {}): Vector {
  return atom(`absent(${selector(name, matchers)})`);
}

/** A vector of one element without labels. */
export function vector(value: number): Vector {
  return atom(`vector(${number(value)})`);
}

/** Now, in Unix seconds. */
export function now(): Vector {
  return atom("vector(time())");
}

/** Seconds since each of the Unix times. */
export function since(of: Vector): Vector {
  return { kind: "vector", text: `time() - ${side(of, BINDING["-"] + 1)}`, binding: BINDING["-"] };
}

export function abs(of: Vector): Vector {
  return atom(`abs(${of.text})`);
}

export function clampMin(of: Vector, least: number): Vector {
  return atom(`clamp_min(${of.text}, ${number(least)})`);
}

export function clampMax(of: Vector, most: number): Vector {
  return atom(`clamp_max(${of.text}, ${number(most)})`);
}

/** Sets `target` to `replacement` where `regex` matches the whole of `source`. */
export function labelReplace(of: Vector, target: string, replacement: string, source: string, regex: string): Vector {
  label(target);
  label(source);
  return atom(`label_replace(${of.text}, ${quote(target)}, ${quote(replacement)}, ${quote(source)}, ${quote(regex)})`);
}

type Binary = (left: Operand, right: Operand, matching?: Matching) => Vector;
const binary =
  (operator: string, binding: number): Binary =>
  (left, right, matching) => {
    if (typeof left === "number" && typeof right === "number") {
      throw new TypeError(`"${operator}" needs a vector on one side`);
    }
    if (matching && (typeof left === "number" || typeof right === "number")) {
      throw new TypeError(`"${operator}" with a number has nothing to match labels with`);
    }
    const how = matching ? ` ${renderMatching(matching)}` : "";
    return { kind: "vector", text: `${side(left, binding)} ${operator}${how} ${side(right, binding + 1)}`, binding };
  };

export const add = binary("+", BINDING["+"]);
export const sub = binary("-", BINDING["-"]);
export const mul = binary("*", PRODUCT);
export const div = binary("/", PRODUCT);
export const eq = binary("==", BINDING["=="]);
export const ne = binary("!=", BINDING["!="]);
export const gt = binary(">", BINDING[">"]);
export const lt = binary("<", BINDING["<"]);
export const ge = binary(">=", BINDING[">="]);
export const le = binary("<=", BINDING["<="]);

type SetMatching = { readonly on: readonly string[] } | { readonly ignoring: readonly string[] };
type SetOperator = (left: Vector, right: Vector, matching?: SetMatching) => Vector;
const setOperator =
  (operator: "and" | "or" | "unless"): SetOperator =>
  (left, right, matching) => {
    const binding = BINDING[operator];
    const how = matching ? ` ${renderMatching(matching)}` : "";
    return { kind: "vector", text: `${side(left, binding)} ${operator}${how} ${side(right, binding + 1)}`, binding };
  };

export const and = setOperator("and");
export const or = setOperator("or");
export const unless = setOperator("unless");

const DURATION = /^([1-9]\d*)([smhd])$/;
const UNIT: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Whether Prometheus takes the text as a duration: one unit, whole, more than nothing. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}

function duration(text: Duration): string {
  if (!isDuration(text)) throw new TypeError(`not a duration: ${JSON.stringify(text)}`);
  return text;
}

function secondsOf(text: Duration): number {
  const [, amount, unit] = DURATION.exec(duration(text)) ?? [];
  return Number(amount) * (UNIT[unit ?? ""] ?? Number.NaN);
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`not a finite number: ${value}`);
  return String(value);
}

function atom(text: string): Vector {
  return { kind: "vector", text, binding: ATOM };
}

function side(operand: Operand, least: number): string {
  if (typeof operand === "number") return number(operand);
  return operand.binding < least ? `(${operand.text})` : operand.text;
}

function label(name: string): string {
  if (!isLabelName(name)) throw new TypeError(`not a label name: ${JSON.stringify(name)}`);
  return name;
}

function list(names: readonly string[]): string {
  return `(${names.map(label).join(", ")})`;
}

function renderGrouping(grouping: Grouping): string {
  return "by" in grouping ? `by ${list(grouping.by)}` : `without ${list(grouping.without)}`;
}

function renderMatching(matching: Matching): string {
  const labels = "on" in matching ? matching.on : matching.ignoring;
  const how = "on" in matching ? `on ${list(labels)}` : `ignoring ${list(labels)}`;
  if (!matching.group) return how;
  const copied = "left" in matching.group ? matching.group.left : matching.group.right;
  if ("on" in matching && copied.some((name) => labels.includes(name))) {
    throw new TypeError(`a label cannot be matched and copied at once: ${copied.join(", ")}`);
  }
  return `${how} group_${"left" in matching.group ? "left" : "right"} ${list(copied)}`;
}
