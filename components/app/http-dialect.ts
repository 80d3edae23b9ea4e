import { escapeRegex, type LabelMatcher, type LabelMatchers } from "../monitoring/labels";

/** How a library names what it counts about HTTP requests. Names differ, the questions do not. */
export interface HttpDialect {
  /** Counter of answered requests. */
  readonly requests: string;
  /** Its label for the answer's status, and which values are the server's own fault. */
  readonly status: { readonly label: string; readonly errors: LabelMatcher };
  /** Histogram of seconds, without `_bucket`; the bound of its last bucket but `+Inf`: no quantile is ever above it. */
  readonly duration: { readonly metric: string; readonly longest: number };
  /** Label of the route on both. @default they do not say which route it was */
  readonly route?: string;
  /** Only the counter has the label `route`. @default false */
  readonly durationWithoutRoute?: boolean;
  readonly method?: string;
  /** Routes that are not people's. @default none */
  readonly ignored?: readonly string[];
}

const FIVE_HUNDREDS: LabelMatcher = { re: "5.." };

export const HTTP_DIALECTS = {
  /** django-prometheus, its middlewares around all others. */
  django: {
    requests: "django_http_responses_total_by_status_view_method_total",
    status: { label: "status", errors: FIVE_HUNDREDS },
    duration: { metric: "django_http_requests_latency_seconds_by_view_method", longest: 75 },
    route: "view",
    method: "method",
    ignored: ["prometheus-django-metrics"],
  },
  /** prometheus-fastapi-instrumentator with its defaults: statuses in groups, fine buckets only without labels. */
  fastapi: {
    requests: "http_requests_total",
    status: { label: "status", errors: "5xx" },
    duration: { metric: "http_request_duration_highr_seconds", longest: 60 },
    route: "handler",
    durationWithoutRoute: true,
    method: "method",
    ignored: ["/metrics"],
  },
  /** What most applications call it themselves, with prom-client (NestJS, Express) or another client library. */
  generic: {
    requests: "http_requests_total",
    status: { label: "status", errors: FIVE_HUNDREDS },
    duration: { metric: "http_request_duration_seconds", longest: 10 },
    method: "method",
  },
  /** axum-prometheus. */
  axum: {
    requests: "axum_http_requests_total",
    status: { label: "status", errors: FIVE_HUNDREDS },
    duration: { metric: "axum_http_requests_duration_seconds", longest: 10 },
    route: "endpoint",
    method: "method",
    ignored: ["/metrics"],
  },
  /** OpenTelemetry's stable HTTP conventions. */
  opentelemetry: {
    requests: "http_server_request_duration_seconds_count",
    status: { label: "http_response_status_code", errors: FIVE_HUNDREDS },
    duration: { metric: "http_server_request_duration_seconds", longest: 10 },
    route: "http_route",
    method: "http_request_method",
  },
} as const satisfies Record<string, HttpDialect>;

export type HttpDialectName = keyof typeof HTTP_DIALECTS;

export function dialectOf(dialect: HttpDialectName | HttpDialect): HttpDialect {
  return typeof dialect === "string" ? (HTTP_DIALECTS[dialect] ?? HTTP_DIALECTS.generic) : dialect;
}

/** Requests of one app that count. */
export function counted(dialect: HttpDialect, matchers: LabelMatchers, ignored: readonly string[] = []): LabelMatchers {
  const routes = [...new Set([...(dialect.ignored ?? []), ...ignored])].sort();
  if (dialect.route === undefined || routes.length === 0) return matchers;
  return { ...matchers, [dialect.route]: { nre: routes.map(escapeRegex).join("|") } };
}
