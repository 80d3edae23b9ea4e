import type { AlertDefinition, AlertDefinitions } from "../../monitoring/alert";
import { gt, increase, max, metric, range, rate, sum } from "../../monitoring/promql";
import { valueTemplate } from "../../monitoring/quantity";
import { type Histogram, signal } from "../../monitoring/signal";

export type DjangoAlert =
  | "DjangoMigrationsUnapplied"
  | "DjangoExceptions"
  | "DjangoDatabaseErrors"
  | "DjangoDatabaseUnreachable"
  | "DjangoDatabaseSlow";

const APP = "{{ $labels.job }}";
const perSecond = valueTemplate("per second");

/** Of the database as the app sees it, by django-prometheus's database engines. */
const QUERY: Histogram = {
  type: "histogram",
  title: "database queries",
  unit: "seconds",
  metric: "django_db_query_duration_seconds",
  quantile: 0.95,
};

export function djangoAlerts(job: string): AlertDefinitions<DjangoAlert> {
  const matchers = { job };
  return {
    DjangoMigrationsUnapplied: {
      severity: "warning",
      for: "5m",
      // Each process exports its own.
      expr: () =>
        gt(max(metric("django_migrations_unapplied_total", matchers), { by: ["job", "instance", "connection"] }), 0),
      summary: `${APP} runs on a schema that is not its own`,
      description: `${valueTemplate("count")} of its migrations were not applied to the database {{ $labels.connection }} when it started: it asks for tables and columns that are not there.`,
    },
    DjangoExceptions: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.05, unit: "per second", min: 0 },
      expr: (most) =>
        gt(
          sum(rate(range("django_http_exceptions_total_by_type_total", matchers, "5m")), { by: ["job", "type"] }),
          most,
        ),
      summary: `${APP} raises {{ $labels.type }} again and again`,
      description: `${perSecond} requests end in that exception (limit {threshold}): their users get an error.`,
    },
    DjangoDatabaseErrors: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.02, unit: "per second", min: 0 },
      expr: (most) =>
        gt(sum(rate(range("django_db_errors_total", matchers, "5m")), { by: ["job", "alias", "type"] }), most),
      summary: `${APP}: database {{ $labels.alias }} answers with {{ $labels.type }}`,
      description: `${perSecond} statements fail (limit {threshold}).`,
    },
    DjangoDatabaseUnreachable: {
      severity: "critical",
      for: "1m",
      expr: () =>
        gt(sum(increase(range("django_db_new_connection_errors_total", matchers, "5m")), { by: ["job", "alias"] }), 0),
      summary: `${APP} cannot connect to the database {{ $labels.alias }}`,
      description: `${valueTemplate("count")} connections failed within five minutes: the database is down, has no connection left, or refuses the password.`,
    },
    DjangoDatabaseSlow: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.5, unit: "seconds", min: 0.001 },
      expr: (most) => gt(signal(QUERY, { matchers, by: ["job", "alias"] }), most),
      summary: `${APP}: the database {{ $labels.alias }} is slow`,
      description: `One in twenty statements takes ${valueTemplate("seconds")} or more (limit {threshold}). Requests wait for it, and processes that wait serve nobody else.`,
    },
  } satisfies Record<DjangoAlert, AlertDefinition>;
}
