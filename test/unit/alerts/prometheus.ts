import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "prometheus", instance: "prometheus-0" };
const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(OWNER, alert, simple);

const GROUP = { rule_group: "/etc/prometheus/rules.yml;kafka" };
const AM = { alertmanager: "http://alertmanager-0:9093/api/v2/alerts" };
const sent = { [series("prometheus_notifications_sent_total", { ...OWNER, ...AM })]: "0+60x40" };
const GIB = 2 ** 30;

const OWN: AlertCase[] = [
  on("PrometheusBadConfig", {
    metric: "prometheus_config_last_reload_successful",
    fires: "0x30",
    quiet: "1x5 0x3 1x20",
    at: "20m",
    value: 0,
  }),
  on("PrometheusKubernetesDiscoveryFailing", {
    metric: "prometheus_sd_kubernetes_failures_total",
    fires: "0+1x40",
    quiet: "9x40",
    at: "30m",
    value: 5,
  }),
  on("PrometheusTargetSyncFailure", {
    metric: "prometheus_target_sync_failed_total",
    labels: { scrape_job: "kafka" },
    fires: "0x5 2x30",
    quiet: "2x50",
    at: "15m",
    value: 2,
    alertLabels: { ...OWNER, scrape_job: "kafka" },
  }),
  on("PrometheusRuleFailures", {
    metric: "prometheus_rule_evaluation_failures_total",
    labels: GROUP,
    fires: "0+1x40",
    quiet: "5x40",
    at: "30m",
    value: 5,
  }),
  on("PrometheusMissingRuleEvaluations", {
    metric: "prometheus_rule_group_iterations_missed_total",
    labels: GROUP,
    fires: "0+1x40",
    quiet: "5x40",
    at: "30m",
    value: 5,
  }),
  on("PrometheusRuleEvaluationSlow", {
    metric: "prometheus_rule_group_last_duration_seconds",
    labels: GROUP,
    fires: "14x30",
    quiet: "1x30",
    at: "20m",
    value: 14 / 15,
    alertLabels: { ...OWNER, ...GROUP },
    beside: { [series("prometheus_rule_group_interval_seconds", { ...OWNER, ...GROUP })]: "15x30" },
  }),
  on("PrometheusTsdbReloadsFailing", {
    metric: "prometheus_tsdb_reloads_failures_total",
    fires: "0+1x500",
    quiet: "0x10 3x490",
    at: "480m",
    value: 180,
  }),
  on("PrometheusTsdbCompactionsFailing", {
    metric: "prometheus_tsdb_compactions_failed_total",
    fires: "0+1x500",
    quiet: "0x10 3x490",
    at: "480m",
    value: 180,
  }),
  on("PrometheusWalCorrupted", {
    metric: "prometheus_tsdb_wal_corruptions_total",
    fires: "0x10 1x10",
    quiet: "1x90",
    at: "15m",
    value: 1,
  }),
  on("PrometheusNotIngestingSamples", {
    metric: "prometheus_tsdb_head_samples_appended_total",
    labels: { type: "float" },
    fires: "9000x30",
    quiet: "0+9000x30",
    at: "20m",
    value: 0,
  }),
  on("PrometheusDuplicateTimestamps", {
    metric: "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    fires: "0+60x30",
    quiet: "60x30",
    at: "20m",
    value: 1,
  }),
  on("PrometheusOutOfOrderTimestamps", {
    metric: "prometheus_target_scrapes_sample_out_of_order_total",
    fires: "0+60x30",
    quiet: "60x30",
    at: "20m",
    value: 1,
  }),
  on("PrometheusVolumeFillingUp", {
    metric: "prometheus_tsdb_storage_blocks_bytes",
    fires: `${9.5 * GIB}x60`,
    quiet: `${8 * GIB}x60`,
    at: "40m",
    value: 0.975,
    beside: {
      [series("prometheus_tsdb_wal_storage_size_bytes", OWNER)]: `${GIB / 8}x60`,
      [series("prometheus_tsdb_head_chunks_storage_size_bytes", OWNER)]: `${GIB / 8}x60`,
    },
  }),
  on("PrometheusHighQueryLoad", {
    metric: "prometheus_engine_queries",
    fires: "19x30",
    quiet: "19x8 2 19x21",
    at: "20m",
    value: 0.95,
    beside: { [series("prometheus_engine_queries_concurrent_max", OWNER)]: "20x30" },
  }),
  on("PrometheusTooManySeries", {
    metric: "prometheus_tsdb_head_series",
    fires: "600000x60",
    quiet: "90000x60",
    at: "40m",
    value: 600_000,
  }),
  on("PrometheusRestarting", {
    metric: "process_start_time_seconds",
    fires: "100x4 400x4 700x4 1000x10",
    quiet: "100x4 400x20",
    at: "18m",
    value: 3,
  }),
];

const ALERTING: AlertCase[] = [
  on("PrometheusNotConnectedToAlertmanagers", {
    metric: "prometheus_notifications_alertmanagers_discovered",
    fires: "0x30",
    quiet: "1x30",
    at: "20m",
    value: 0,
  }),
  on("PrometheusErrorSendingAlertsToSome", {
    metric: "prometheus_notifications_errors_total",
    labels: AM,
    fires: "0+6x40",
    quiet: "6x40",
    at: "30m",
    value: 0.1,
    alertLabels: { ...OWNER, ...AM },
    beside: sent,
  }),
  {
    alert: "PrometheusErrorSendingAlertsToAny",
    firing: [
      {
        input: { ...sent, [series("prometheus_notifications_errors_total", { ...OWNER, ...AM })]: "0+6x40" },
        at: "30m",
        labels: OWNER,
        value: 0.1,
      },
    ],
    silent: [
      {
        // One of two is well: alerts arrive.
        input: {
          ...sent,
          [series("prometheus_notifications_errors_total", { ...OWNER, ...AM })]: "0+6x40",
          [series("prometheus_notifications_sent_total", { ...OWNER, alertmanager: "second" })]: "0+60x40",
          [series("prometheus_notifications_errors_total", { ...OWNER, alertmanager: "second" })]: "0x40",
        },
        at: "30m",
      },
    ],
  },
  on("PrometheusNotificationQueueFull", {
    metric: "prometheus_notifications_queue_length",
    fires: "0+100x40",
    quiet: "3x40",
    at: "30m",
    value: 6000,
    beside: { [series("prometheus_notifications_queue_capacity", OWNER)]: "1000x40" },
  }),
];

const TARGET = { job: "kafka", instance: "kafka-1" };

const TARGETS: AlertCase[] = [
  // Fires always: there is nothing that silences it.
  {
    alert: "Watchdog",
    firing: [{ input: { [series("up", TARGET)]: "1x5" }, at: "1m", labels: {}, value: 1 }],
    silent: [],
  },
  oneSeries(TARGET, "TargetDown", { metric: "up", fires: "1x2 0x8", quiet: "0x1 1x8", at: "8m", value: 0 }),
  oneSeries(TARGET, "TargetFlapping", {
    metric: "up",
    fires: "0 1 0 1 0 1 0 1x20",
    quiet: "1x5 0x2 1x20",
    at: "10m",
    value: 7,
  }),
  oneSeries(TARGET, "TargetScrapeSlow", {
    metric: "scrape_duration_seconds",
    fires: "9x30",
    quiet: "0.4x5 9 0.4x25",
    at: "20m",
    value: 9,
  }),
];

export const PROMETHEUS_CASES: readonly AlertCase[] = [...OWN, ...ALERTING, ...TARGETS];
