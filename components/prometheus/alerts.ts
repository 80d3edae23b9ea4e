import type { Problem } from "../core/problems";
import { type AlertDefinition, type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { KubeletMetrics } from "../monitoring/external";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import { restarting } from "../monitoring/process";
import {
  add,
  changes,
  div,
  eq,
  gt,
  increase,
  le,
  max,
  maxOverTime,
  metric,
  minOverTime,
  range,
  rate,
  sum,
  type Vector,
  vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { alertingAlerts } from "./alerts-alerting";
import { type DiscoveredJob, discoveredAlerts } from "./alerts-discovered";
import { containerAlerts, kubeletAlerts, volumeAlerts } from "./alerts-kubelet";

export interface PrometheusScope {
  /** How many Alertmanagers it has: without one there is nothing to say about sending alerts. */
  readonly alertmanagers: number;
  /** Bytes of its volume. */
  readonly volume: number;
  /** What it asks of kubelets. */
  readonly kubelet: KubeletMetrics;
}

export interface TargetScope {
  /** Seconds. */
  readonly scrapeTimeout: number;
  /** Jobs whose instances are found where they run, sorted. */
  readonly discovered: readonly DiscoveredJob[];
}

type OwnAlert = keyof ReturnType<typeof ownAlerts>;
type AlertingAlert = keyof ReturnType<typeof alertingAlerts>;
type TargetAlert = keyof ReturnType<typeof targetAlerts> | keyof ReturnType<typeof discoveredAlerts>;
type KubeletAlert = keyof ReturnType<typeof volumeAlerts> | keyof ReturnType<typeof containerAlerts>;

/** The alerts about Prometheus itself, about the targets and the chain of alerts as a whole, and about what kubelets say. */
export type PrometheusAlert = OwnAlert | AlertingAlert | TargetAlert | KubeletAlert;

const SERVER = "Prometheus {{ $labels.instance }}";
const count = valueTemplate("count");
const ratio = valueTemplate("ratio");
const BY_INSTANCE = { by: ["job", "instance"] };

/** Prometheus about itself: configuration, rules, storage, queries. */
export function ownAlerts(job: string, volume: number) {
  const matchers = { job };
  return { ...configuration(matchers), ...rules(matchers), ...storage(matchers, volume), ...capacity(matchers) };
}

function configuration(matchers: LabelMatchers) {
  return {
    PrometheusBadConfig: {
      severity: "critical",
      for: "10m",
      // Over five minutes: a single failed scrape must not hide it.
      expr: () => eq(maxOverTime(range("prometheus_config_last_reload_successful", matchers, "5m")), 0),
      summary: `${SERVER} could not load its configuration`,
      description: "It goes on with the configuration before; changes of targets and rules have no effect.",
    },
    PrometheusKubernetesDiscoveryFailing: {
      severity: "warning",
      for: "15m",
      expr: () => gt(increase(range("prometheus_sd_kubernetes_failures_total", matchers, "5m")), 0),
      summary: `${SERVER} cannot list the objects of Kubernetes`,
      description: `${count} requests to the API server failed within five minutes. New pods are not found.`,
    },
    PrometheusTargetSyncFailure: {
      severity: "critical",
      for: "5m",
      expr: () => gt(increase(range("prometheus_target_sync_failed_total", matchers, "30m")), 0),
      summary: `${SERVER} cannot make targets of its configuration`,
      description: `${count} targets of {{ $labels.scrape_job }} are invalid after relabelling and are not scraped.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function rules(matchers: LabelMatchers) {
  return {
    PrometheusRuleFailures: {
      severity: "critical",
      for: "15m",
      expr: () => gt(sum(increase(range("prometheus_rule_evaluation_failures_total", matchers, "5m")), BY_INSTANCE), 0),
      summary: `${SERVER} fails to evaluate rules`,
      description: `${count} evaluations failed within five minutes. The alerts concerned cannot fire.`,
    },
    PrometheusMissingRuleEvaluations: {
      severity: "warning",
      for: "15m",
      expr: () =>
        gt(sum(increase(range("prometheus_rule_group_iterations_missed_total", matchers, "5m")), BY_INSTANCE), 0),
      summary: `${SERVER} skips evaluations of rules`,
      description: `${count} evaluations were left out within five minutes because the ones before took too long. Alerts come late.`,
    },
    PrometheusRuleEvaluationSlow: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.8, unit: "ratio", min: 0.01, max: 10 },
      expr: (most: number) =>
        gt(
          div(
            metric("prometheus_rule_group_last_duration_seconds", matchers),
            metric("prometheus_rule_group_interval_seconds", matchers),
          ),
          most,
        ),
      summary: `${SERVER} hardly finishes a group of rules in time`,
      description: `The group {{ $labels.rule_group }} takes ${ratio} of its interval (limit {threshold}). Beyond 100 % evaluations are left out.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function storage(matchers: LabelMatchers, volume: number) {
  const happened = (name: string, window: "3h" | "1h") => gt(increase(range(name, matchers, window)), 0);
  const per = (name: string): Vector => gt(rate(range(name, matchers, "5m")), 0);
  return {
    PrometheusTsdbReloadsFailing: {
      severity: "warning",
      for: "4h",
      expr: () => happened("prometheus_tsdb_reloads_failures_total", "3h"),
      summary: `${SERVER} cannot read its blocks`,
      description: `${count} reloads failed within three hours. Older samples may be missing, and disk space is not freed.`,
    },
    PrometheusTsdbCompactionsFailing: {
      severity: "warning",
      for: "4h",
      expr: () => happened("prometheus_tsdb_compactions_failed_total", "3h"),
      summary: `${SERVER} cannot compact its samples`,
      description: `${count} compactions failed within three hours. Memory and the write-ahead log grow until it stops.`,
    },
    PrometheusWalCorrupted: {
      severity: "critical",
      for: "0s",
      keepFiringFor: "1h",
      expr: () => happened("prometheus_tsdb_wal_corruptions_total", "1h"),
      summary: `${SERVER} found its write-ahead log damaged`,
      description: "What was not yet in a block after the damage is lost; the disk may be failing.",
    },
    PrometheusNotIngestingSamples: {
      severity: "critical",
      for: "10m",
      expr: () => le(sum(rate(range("prometheus_tsdb_head_samples_appended_total", matchers, "5m")), BY_INSTANCE), 0),
      summary: `${SERVER} stores no samples`,
      description: "Nothing is recorded any more, so no alert but this one can tell of anything.",
    },
    PrometheusDuplicateTimestamps: {
      severity: "warning",
      for: "10m",
      expr: () => per("prometheus_target_scrapes_sample_duplicate_timestamp_total"),
      summary: `${SERVER} drops samples with the same time`,
      description: `${valueTemplate("per second")} samples come twice with different values: two targets have the same labels.`,
    },
    PrometheusOutOfOrderTimestamps: {
      severity: "warning",
      for: "10m",
      expr: () => per("prometheus_target_scrapes_sample_out_of_order_total"),
      summary: `${SERVER} drops samples that come too late`,
      description: `${valueTemplate("per second")} samples are older than what is stored of their series: a clock runs wrong, or two targets have the same labels.`,
    },
    PrometheusVolumeFillingUp: {
      severity: "warning",
      for: "30m",
      threshold: { default: 0.92, unit: "ratio", min: 0.1, max: 1 },
      expr: (most: number) =>
        gt(
          div(
            add(
              max(metric("prometheus_tsdb_storage_blocks_bytes", matchers), BY_INSTANCE),
              add(
                max(metric("prometheus_tsdb_wal_storage_size_bytes", matchers), BY_INSTANCE),
                max(metric("prometheus_tsdb_head_chunks_storage_size_bytes", matchers), BY_INSTANCE),
              ),
            ),
            volume,
          ),
          most,
        ),
      summary: `${SERVER} fills its volume`,
      description: `Samples, write-ahead log and open chunks take ${ratio} of the volume (limit {threshold}). When it is full, nothing is stored.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function capacity(matchers: LabelMatchers) {
  return {
    PrometheusHighQueryLoad: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.8, unit: "ratio", min: 0.1, max: 1 },
      expr: (most: number) =>
        gt(
          div(
            minOverTime(range("prometheus_engine_queries", matchers, "5m")),
            metric("prometheus_engine_queries_concurrent_max", matchers),
          ),
          most,
        ),
      summary: `${SERVER} is busy with queries`,
      description: `${ratio} of the queries that it runs at a time are running (limit {threshold}). Rules and dashboards wait.`,
    },
    PrometheusTooManySeries: {
      severity: "warning",
      for: "30m",
      threshold: { default: 500_000, unit: "count", min: 1 },
      expr: (most: number) => gt(metric("prometheus_tsdb_head_series", matchers), most),
      summary: `${SERVER} holds very many series`,
      description: `${count} series are open (limit {threshold}). Memory grows with them until it is killed.`,
    },
    PrometheusRestarting: restarting(matchers, {
      summary: `${SERVER} restarts again and again`,
      description: `It was started ${count} times within 30 minutes (limit {threshold}).`,
    }),
  } satisfies Record<string, AlertDefinition>;
}

/** What only the Prometheus that scrapes can say: about all of its targets, and that alerts arrive at all. */
export function targetAlerts(scrapeTimeout: number) {
  return {
    Watchdog: {
      severity: "info",
      for: "0s",
      expr: () => vector(1),
      summary: "Alerts are evaluated and sent",
      description:
        "This alert fires always. When it stops arriving, the chain from Prometheus to the receiver is broken.",
    },
    TargetDown: {
      severity: "critical",
      for: "3m",
      expr: () => eq(metric("up"), 0),
      summary: "{{ $labels.job }}: {{ $labels.instance }} is down",
      description:
        "Prometheus cannot scrape it: it does not run, does not answer in time, or cannot be reached. Its other alerts are blind.",
    },
    TargetFlapping: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      threshold: { default: 6, unit: "count", min: 1 },
      expr: (most: number) => gt(changes(range("up", {}, "30m")), most),
      summary: "{{ $labels.job }}: {{ $labels.instance }} goes up and down",
      description: `It changed ${count} times between up and down within 30 minutes (limit {threshold}).`,
    },
    TargetScrapeSlow: {
      severity: "warning",
      for: "15m",
      threshold: { default: scrapeTimeout * 0.8, unit: "seconds", min: 0.01 },
      expr: (most: number) => gt(metric("scrape_duration_seconds"), most),
      summary: "{{ $labels.job }}: {{ $labels.instance }} answers scrapes slowly",
      description:
        "A scrape takes {{ $value | humanizeDuration }} (limit {threshold}). At the timeout its metrics are lost.",
    },
  } satisfies Record<string, AlertDefinition>;
}

type Tuning = AlertTuning<PrometheusAlert> | undefined;

export function prometheusRules(name: string, scope: PrometheusScope, tuning: Tuning): RuleGroup[] {
  const definitions: AlertDefinitions = {
    ...ownAlerts(name, scope.volume),
    ...(scope.alertmanagers > 0 ? alertingAlerts(name) : {}),
    ...kubeletAlerts(scope.kubelet),
  };
  return [{ name, alerts: alertRules(definitions, tuning, { component: name }) }];
}

/** Only in the Prometheus that evaluates them: another one that watches it has its own. */
export function targetRules(name: string, { scrapeTimeout, discovered }: TargetScope, tuning: Tuning): RuleGroup[] {
  const [first, ...rest] = discovered;
  const definitions: AlertDefinitions = {
    ...targetAlerts(scrapeTimeout),
    ...(first === undefined ? {} : discoveredAlerts([first, ...rest])),
  };
  return [{ name: `${name}-targets`, alerts: alertRules(definitions, tuning) }];
}

export function checkPrometheusTuning(path: string, tuning: Tuning): Problem[] {
  const all: AlertDefinitions = {
    ...ownAlerts("prometheus", 1),
    ...alertingAlerts("prometheus"),
    ...targetAlerts(10),
    ...discoveredAlerts([{ job: "prometheus" }]),
    ...volumeAlerts(),
    ...containerAlerts(),
  };
  return checkTuning(path, all, tuning);
}
