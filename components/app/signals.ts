import type { LabelMatchers } from "../monitoring/labels";
import type { Counter, Histogram } from "../monitoring/signal";
import { counted, type HttpDialect } from "./http-dialect";

/** The three questions about a service that answers requests: how many, how many wrongly, how long. */
export interface HttpSignals {
  readonly requests: Counter;
  readonly errors: Counter;
  readonly duration: Histogram;
}

/** Of the requests that count; see `AppHttp.ignoredRoutes`. */
export function httpSignals(dialect: HttpDialect, ignored: readonly string[] = []): HttpSignals {
  const { requests, status, duration } = dialect;
  const matchers: LabelMatchers = counted(dialect, {}, ignored);
  return {
    requests: { type: "counter", title: "requests", unit: "per second", metric: requests, matchers },
    errors: {
      type: "counter",
      title: "failed requests",
      unit: "per second",
      metric: requests,
      matchers: { ...matchers, [status.label]: status.errors },
    },
    duration: {
      type: "histogram",
      title: "response time",
      unit: "seconds",
      metric: duration.metric,
      matchers: dialect.durationWithoutRoute ? {} : matchers,
    },
  };
}
