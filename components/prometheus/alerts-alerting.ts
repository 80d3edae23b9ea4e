import type { AlertDefinition } from "../monitoring/alert";
import {
  div,
  gt,
  lt,
  maxOverTime,
  min,
  minOverTime,
  predictLinear,
  range,
  rate,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

const SERVER = "Prometheus {{ $labels.instance }}";
const ratio = valueTemplate("ratio");

/** Prometheus about its way to the Alertmanagers: only where it has one. */
export function alertingAlerts(job: string) {
  const matchers = { job };
  const errors = (): Vector =>
    div(
      rate(range("prometheus_notifications_errors_total", matchers, "5m")),
      gt(rate(range("prometheus_notifications_sent_total", matchers, "5m")), 0),
    );
  return {
    PrometheusNotConnectedToAlertmanagers: {
      severity: "critical",
      for: "10m",
      expr: () => lt(maxOverTime(range("prometheus_notifications_alertmanagers_discovered", matchers, "5m")), 1),
      summary: `${SERVER} knows no Alertmanager`,
      description: "Alerts are not sent to anybody.",
    },
    PrometheusErrorSendingAlertsToSome: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.01, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(errors(), most),
      summary: `${SERVER} loses alerts on the way to an Alertmanager`,
      description: `${ratio} of the alerts to {{ $labels.alertmanager }} fail (limit {threshold}).`,
    },
    PrometheusErrorSendingAlertsToAny: {
      severity: "critical",
      explains: { alerts: ["PrometheusErrorSendingAlertsToSome"] },
      for: "15m",
      threshold: { default: 0.03, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(min(errors(), { by: ["job", "instance"] }), most),
      summary: `${SERVER} loses alerts on the way to every Alertmanager`,
      description: `${ratio} of the alerts fail even to the Alertmanager that takes most (limit {threshold}).`,
    },
    PrometheusNotificationQueueFull: {
      severity: "warning",
      for: "15m",
      expr: () =>
        gt(
          predictLinear(range("prometheus_notifications_queue_length", matchers, "5m"), "30m"),
          minOverTime(range("prometheus_notifications_queue_capacity", matchers, "5m")),
        ),
      summary: `${SERVER} cannot send alerts fast enough`,
      description: "Its queue of alerts will be full within 30 minutes; what does not fit is dropped.",
    },
  } satisfies Record<string, AlertDefinition>;
}
