import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, once, query, View } from "../monitoring/dashboards/view";
import { histogramQuantile, max, min, sum } from "../monitoring/promql";

export const ALERTMANAGER_UID = "datastack-alertmanager";

const SERVER = { by: ["job", "instance"] };
const INTEGRATION = { by: ["integration"] };
const view = new View();

/** Alertmanager: what it was told, and whether it could tell others. */
export const alertmanagerDashboards = once((): readonly Dashboard[] => [
  {
    uid: ALERTMANAGER_UID,
    title: "Alertmanager",
    description: "Do alerts arrive, do notifications leave, and is anything silenced?",
    tags: ["alertmanager"],
    variables: jobAndInstance("alertmanager_build_info"),
    rows: [
      { title: "State", panels: state() },
      { title: "Notifications", panels: notifications() },
    ],
  },
]);

/** For the overview of a stack. */
export function alertmanagerHighlights(job: string): readonly Panel[] {
  return state(new View({ job })).slice(0, 4);
}

function state(of = view): readonly Panel[] {
  return [
    {
      kind: "stat",
      title: "Configuration",
      description: "Whether the last one could be loaded; if not, it goes on with the one before.",
      unit: "state",
      queries: [query(min(of.metric("alertmanager_config_last_reload_successful"), SERVER), "{{instance}}")],
      states: { 0: { text: "refused", level: "critical" }, 1: { text: "loaded", level: "good" } },
      sparkline: false,
    },
    {
      kind: "stat",
      title: "Alerts held",
      description: "Firing ones, the one that fires always among them. 0: Prometheus does not reach it.",
      unit: "count",
      queries: [query(sum(of.metric("alertmanager_alerts", { state: "active" }), SERVER), "{{instance}}")],
      thresholds: { bad: "below", critical: 1 },
    },
    {
      kind: "stat",
      title: "Suppressed alerts",
      description: "Silenced, or inhibited by another alert: nobody is told of them.",
      unit: "count",
      queries: [query(sum(of.metric("alertmanager_alerts", { state: "suppressed" }), SERVER), "{{instance}}")],
    },
    {
      kind: "stat",
      title: "Failed notifications",
      description: "Within the time shown. Who depends on them missed alerts.",
      unit: "count",
      queries: [query(sum(of.increase("alertmanager_notifications_failed_total"), SERVER), "{{instance}}")],
      thresholds: { bad: "above", warning: 1 },
      nothing: "no receiver",
      sparkline: false,
    },
    {
      kind: "stat",
      title: "Silences",
      description: "Active ones. One that was forgotten hides what comes later.",
      unit: "count",
      queries: [query(sum(of.metric("alertmanager_silences", { state: "active" }), SERVER), "{{instance}}")],
    },
  ];
}

function notifications(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Alerts received",
      description: "From Prometheus, which repeats them. None: the way from Prometheus is broken.",
      unit: "per second",
      queries: [query(sum(view.rate("alertmanager_alerts_received_total"), { by: ["status"] }), "{{status}}")],
    },
    {
      kind: "timeseries",
      title: "Notifications by receiver",
      description: "Sent, by kind of receiver.",
      unit: "per second",
      queries: [query(sum(view.rate("alertmanager_notifications_total"), INTEGRATION), "{{integration}}")],
    },
    {
      kind: "timeseries",
      title: "Failures by receiver",
      description: "By kind of receiver. Lasting: its address, its password, or the network.",
      unit: "per second",
      queries: [query(sum(view.rate("alertmanager_notifications_failed_total"), INTEGRATION), "{{integration}}")],
    },
    {
      kind: "timeseries",
      title: "Time of a notification (p99)",
      description: "Until the receiver has taken it. Only while some are sent.",
      unit: "seconds",
      queries: [
        query(
          histogramQuantile(
            0.99,
            sum(view.rate("alertmanager_notification_latency_seconds_bucket"), { by: ["integration", "le"] }),
          ),
          "{{integration}}",
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "Groups",
      description: "Alerts are told in groups. As many groups as alerts: the grouping does not help.",
      unit: "count",
      queries: [query(max(view.metric("alertmanager_dispatcher_aggregation_groups"), SERVER), "{{instance}}")],
    },
    {
      kind: "timeseries",
      title: "Memory",
      description: "Of the process.",
      unit: "bytes",
      queries: [query(max(view.metric("process_resident_memory_bytes"), SERVER), "{{instance}}")],
    },
  ];
}
