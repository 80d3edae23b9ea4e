import type { LabelMatchers } from "./labels";
import { avg, histogramQuantile, max, metric, min, range, rate, sum, type Vector, type Window } from "./promql";
import type { Quantity } from "./quantity";

interface Base {
  /** What people call it: "messages in". */
  readonly title: string;
  readonly unit: Quantity;
  readonly metric: string;
  /** Conditions that belong to the signal itself, such as `{ topic: "" }` for the sum over all topics. */
  readonly matchers?: LabelMatchers;
}

/** A value as it is now; `across` says how several instances become one. */
export interface Gauge extends Base {
  readonly type: "gauge";
  /** @default "max" */
  readonly across?: "sum" | "max" | "min" | "avg";
}

/** Something that only grows; always seen as a rate per second, summed. */
export interface Counter extends Base {
  readonly type: "counter";
}

/** A distribution in classic buckets; `metric` is its name without `_bucket`. Always seen as a quantile. */
export interface Histogram extends Base {
  readonly type: "histogram";
  /** @default 0.99 */
  readonly quantile?: number;
}

/** One measured thing, from which alert expressions, recording rules and panels are made, so that they cannot disagree. */
export type Signal = Gauge | Counter | Histogram;

export function gauge(title: string, metric: string, rest: Omit<Gauge, "type" | "title" | "metric">): Gauge {
  return { type: "gauge", title, metric, ...rest };
}

export function counter(title: string, metric: string, rest: Omit<Counter, "type" | "title" | "metric">): Counter {
  return { type: "counter", title, metric, ...rest };
}

export interface Scope {
  /** Whose: usually `{ job }`. */
  readonly matchers: LabelMatchers;
  /** Labels that stay. @default none */
  readonly by?: readonly string[];
  /** Window of counters and histograms. @default "5m", which holds enough scrapes up to an interval of one minute */
  readonly window?: Window;
}

const AGGREGATE = { sum, max, min, avg };

/** The signal, aggregated, for a rule. */
export function signal(of: Signal, scope: Scope): Vector {
  const matchers = { ...of.matchers, ...scope.matchers };
  const by = scope.by ?? [];
  const window = scope.window ?? "5m";
  switch (of.type) {
    case "gauge":
      return AGGREGATE[of.across ?? "max"](metric(of.metric, matchers), { by });
    case "counter":
      return sum(rate(range(of.metric, matchers, window)), { by });
    case "histogram": {
      const buckets = rate(range(`${of.metric}_bucket`, matchers, window));
      return histogramQuantile(of.quantile ?? 0.99, sum(buckets, { by: [...by, "le"] }));
    }
  }
}
