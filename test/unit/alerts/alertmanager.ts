import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "alertmanager", instance: "alertmanager-0" };
const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(OWNER, alert, simple);

const WEBHOOK = { ...OWNER, integration: "webhook", receiver_name: "ops" };
const sent = series("alertmanager_notifications_total", WEBHOOK);
const failed = series("alertmanager_notifications_failed_total", { ...WEBHOOK, reason: "other" });
const timedOut = series("alertmanager_notifications_failed_total", { ...WEBHOOK, reason: "contextDeadlineExceeded" });
/** Another receiver of the same kind, which works. */
const other = { [series("alertmanager_notifications_total", { ...WEBHOOK, receiver_name: "watchdog" })]: "0+9x60" };

export const ALERTMANAGER_CASES: readonly AlertCase[] = [
  on("AlertmanagerBadConfig", {
    metric: "alertmanager_config_last_reload_successful",
    fires: "0x30",
    quiet: "1x5 0x3 1x20",
    at: "20m",
    value: 0,
  }),
  {
    alert: "AlertmanagerNotificationsFailing",
    firing: [
      {
        input: { ...other, [sent]: "0+10x60", [failed]: "0+1x60", [timedOut]: "0x60" },
        at: "30m",
        labels: WEBHOOK,
        value: 0.1,
      },
    ],
    silent: [
      // Failures of yesterday.
      { input: { ...other, [sent]: "0+10x60", [failed]: "7x60" }, at: "30m" },
      // Nothing to tell, so nothing fails.
      { input: { [sent]: "0x60", [failed]: "0x60" }, at: "30m" },
    ],
  },
  {
    alert: "AlertmanagerNotificationsLost",
    firing: [
      { input: { ...other, [sent]: "0+1x60", [failed]: "0+1x60" }, at: "30m", labels: WEBHOOK, value: 1 },
      {
        input: { [sent]: "0+4x60", [failed]: "0+1x60", [timedOut]: "0+2x60" },
        at: "30m",
        labels: WEBHOOK,
        value: 0.75,
      },
    ],
    silent: [{ input: { ...other, [sent]: "0+10x60", [failed]: "0+2x60" }, at: "30m" }],
  },
  on("AlertmanagerStateNotSaved", {
    metric: "alertmanager_silences_maintenance_errors_total",
    fires: "0x10 1x20",
    quiet: "3x90",
    at: "20m",
    value: 1.0833333333333333,
    beside: { [series("alertmanager_nflog_maintenance_errors_total", OWNER)]: "0x90" },
  }),
  on("AlertmanagerRestarting", {
    metric: "process_start_time_seconds",
    fires: "1x5 2x5 3x5 4x20",
    quiet: "1x10 2x30",
    at: "20m",
    value: 3,
  }),
];
