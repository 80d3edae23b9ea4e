import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "grafana", instance: "grafana-0" };

const request = (handler: string, status_code: string) =>
  series("grafana_http_request_duration_seconds_count", { ...OWNER, handler, method: "GET", status_code });
const query = (code: string) =>
  series("grafana_datasource_request_total", { ...OWNER, datasource: "Prometheus", method: "POST", code });

const BACKUP = { schedule: "grafana-backup" };
/** Whoever reads the files of schedules, and kube-state-metrics. */
const LAST_SUCCESS = series("datastack_schedule_last_success_timestamp_seconds", { job: "node-exporter", ...BACKUP });
const cronJob = (what: string) =>
  series(`kube_cronjob_${what}`, { job: "kube-state-metrics", namespace: "monitoring", ...BACKUP });
const UP = series("up", { job: "node-exporter" });

export const GRAFANA_CASES: readonly AlertCase[] = [
  {
    alert: "GrafanaRequestsFailing",
    firing: [
      {
        input: { [request("/api/search", "200")]: "0+1x40", [request("/api/search", "500")]: "0+3x40" },
        at: "30m",
        labels: { ...OWNER, handler: "/api/search" },
        value: 0.75,
      },
    ],
    silent: [
      { input: { [request("/api/search", "200")]: "0+3x40", [request("/api/search", "500")]: "0+1x40" }, at: "30m" },
      // The data source's errors, which Grafana only passes on.
      { input: { [request("/api/ds/query", "502")]: "0+3x40" }, at: "30m" },
      { input: { [request("/api/datasources/proxy/uid/:uid/*", "502")]: "0+3x40" }, at: "30m" },
      { input: { [request("/api/search", "404")]: "0+3x40" }, at: "30m" },
    ],
  },
  {
    alert: "GrafanaDatasourceFailing",
    firing: [
      {
        input: { [query("200")]: "0+1x40", [query("502")]: "0+3x40" },
        at: "30m",
        labels: { ...OWNER, datasource: "Prometheus" },
        value: 0.75,
      },
    ],
    silent: [
      { input: { [query("200")]: "0+3x40", [query("502")]: "0+1x40" }, at: "30m" },
      // Somebody who types a wrong query.
      { input: { [query("400")]: "0+3x40" }, at: "30m" },
    ],
  },
  oneSeries(OWNER, "GrafanaAlertEvaluationsFailing", {
    metric: "grafana_alerting_rule_evaluation_failures_total",
    labels: { org: "1" },
    fires: "0+1x60",
    quiet: "4x60",
    at: "40m",
    value: 15,
    alertLabels: OWNER,
  }),
  oneSeries(OWNER, "GrafanaRestarting", {
    metric: "process_start_time_seconds",
    fires: "1x5 2x5 3x5 4x20",
    quiet: "1x10 2x30",
    at: "20m",
    value: 3,
  }),
  {
    alert: "GrafanaBackupOld",
    // A success at the beginning, and none after it.
    firing: [{ input: { [LAST_SUCCESS]: "0x1600" }, at: "1570m", labels: BACKUP, value: 94_200 }],
    silent: [{ input: { [LAST_SUCCESS]: "0x1439 86400x160" }, at: "1570m" }],
  },
  {
    alert: "GrafanaBackupOld",
    on: "kubernetes",
    firing: [
      { input: { [cronJob("status_last_successful_time")]: "0x1600" }, at: "1570m", labels: BACKUP, value: 94_200 },
    ],
    silent: [{ input: { [cronJob("status_last_successful_time")]: "0x1439 86400x160" }, at: "1570m" }],
  },
  {
    alert: "GrafanaBackupMissing",
    firing: [{ input: { [UP]: "1x1600" }, at: "1565m", labels: BACKUP, value: 1 }],
    silent: [
      { input: { [LAST_SUCCESS]: "_x1400 84000x200" }, at: "1565m" },
      { input: { [UP]: "1x1600" }, at: "1550m" },
    ],
  },
  {
    alert: "GrafanaBackupMissing",
    on: "kubernetes",
    firing: [
      { input: { [cronJob("created")]: "100x1600" }, at: "1565m", labels: BACKUP, value: 100 },
      // Nobody says anything of it.
      { input: { [UP]: "1x1600" }, at: "1565m", labels: BACKUP, value: 1 },
    ],
    silent: [
      {
        input: { [cronJob("created")]: "100x1600", [cronJob("status_last_successful_time")]: "_x1400 84000x200" },
        at: "1565m",
      },
      { input: { [cronJob("created")]: "100x1600" }, at: "1550m" },
    ],
  },
];
