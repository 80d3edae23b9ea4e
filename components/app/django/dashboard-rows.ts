import type { Row } from "../../monitoring/dashboard";
import { query, View } from "../../monitoring/dashboards/view";
import { div, gt, histogramQuantile, max, sum } from "../../monitoring/promql";

const view = new View();
const INSTANCE = { by: ["job", "instance"] };

/** What django-prometheus says besides requests: database, cache, exceptions, migrations. */
export function djangoRows(): readonly Row[] {
  const perAlias = { by: ["alias"] };
  const gets = sum(view.rate("django_cache_get_total"), { by: ["backend"] });
  return [
    {
      title: "Database",
      panels: [
        {
          kind: "timeseries",
          title: "Statements",
          description: "Far more than requests: a page that asks once per line it shows.",
          unit: "operations per second",
          queries: [query(sum(view.rate("django_db_execute_total"), perAlias), "{{alias}}")],
        },
        {
          kind: "timeseries",
          title: "Time of statements",
          description: "Of the database as the app sees it, the way there included.",
          unit: "seconds",
          queries: [0.5, 0.95, 0.99].map((q) =>
            query(
              histogramQuantile(q, sum(view.rate("django_db_query_duration_seconds_bucket"), { by: ["alias", "le"] })),
              `{{alias}} p${q * 100}`,
            ),
          ),
        },
        {
          kind: "timeseries",
          title: "New connections",
          description: "Many: connections are not kept between requests.",
          unit: "per second",
          queries: [query(sum(view.rate("django_db_new_connections_total"), perAlias), "{{alias}}")],
        },
        {
          kind: "timeseries",
          title: "Database errors",
          description: "By the exception that the app got, and failed connections.",
          unit: "per second",
          queries: [
            query(sum(view.rate("django_db_errors_total"), { by: ["alias", "type"] }), "{{alias}} {{type}}"),
            query(sum(view.rate("django_db_new_connection_errors_total"), perAlias), "{{alias}} no connection"),
          ],
        },
      ],
    },
    {
      title: "Cache, exceptions, migrations",
      panels: [
        {
          kind: "timeseries",
          title: "Cache",
          description: "What was asked of it, and found there.",
          unit: "operations per second",
          queries: [
            query(gets, "{{backend}} asked"),
            query(sum(view.rate("django_cache_get_hits_total"), { by: ["backend"] }), "{{backend}} found"),
          ],
        },
        {
          kind: "stat",
          title: "Found in the cache",
          description: "Share of what was asked for.",
          unit: "ratio",
          queries: [
            query(div(sum(view.rate("django_cache_get_hits_total"), { by: ["backend"] }), gt(gets, 0)), "{{backend}}"),
          ],
          nothing: "nothing asked",
          height: 8,
          width: 6,
        },
        {
          kind: "stat",
          title: "Migrations not applied",
          description: "The app asks for tables and columns that are not there.",
          unit: "count",
          queries: [
            query(
              max(view.metric("django_migrations_unapplied_total"), { by: ["job", "connection"] }),
              "{{connection}}",
            ),
          ],
          thresholds: { bad: "above", warning: 1 },
          height: 8,
          width: 6,
        },
        {
          kind: "timeseries",
          title: "Exceptions",
          description: "By type. Their users got an error; the log has the trace.",
          unit: "per second",
          queries: [query(sum(view.rate("django_http_exceptions_total_by_type_total"), { by: ["type"] }), "{{type}}")],
        },
        {
          kind: "timeseries",
          title: "Answers by size",
          description: "Bytes sent.",
          unit: "bytes per second",
          queries: [query(sum(view.rate("django_http_responses_body_total_bytes_sum"), INSTANCE), "{{instance}}")],
        },
      ],
    },
  ];
}
