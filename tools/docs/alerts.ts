import { alertmanagerAlerts } from "../../components/alertmanager/alerts";
import { appAlerts } from "../../components/app/alerts";
import { djangoAlerts } from "../../components/app/django/alerts";
import { HTTP_DIALECTS } from "../../components/app/http-dialect";
import { kafkaExporterAlerts } from "../../components/exporters/kafka-exporter-alerts";
import { kubeStateAlerts } from "../../components/exporters/kube-state-alerts";
import { nodeAlerts } from "../../components/exporters/node-alerts";
import { postgresAlerts } from "../../components/exporters/postgres-exporter-alerts";
import { redisAlerts } from "../../components/exporters/redis-exporter-alerts";
import { sqlExporterAlerts } from "../../components/exporters/sql-exporter-alerts";
import { grafanaAlerts, grafanaBackupAlerts } from "../../components/grafana/alerts";
import { kafkaAlerts } from "../../components/kafka/alerts";
import type { AlertDefinition, AlertDefinitions } from "../../components/monitoring/alert";
import { formatQuantity } from "../../components/monitoring/quantity";
import { ownAlerts, targetAlerts } from "../../components/prometheus/alerts";
import { alertingAlerts } from "../../components/prometheus/alerts-alerting";
import { discoveredAlerts } from "../../components/prometheus/alerts-discovered";
import { containerAlerts, volumeAlerts } from "../../components/prometheus/alerts-kubelet";
import { backupAlerts, scheduleAlerts } from "../../components/timescaledb/alerts";
import { marketFeedAlerts, marketSinkAlerts } from "../../stacks/crypto-viz-alerts";
import { filesAlerts } from "../../stacks/gauzian-alerts";

/** Alerts by what brings them. */
const CATALOGUE: Readonly<Record<string, { readonly about: string; readonly alerts: AlertDefinitions }>> = {
  Alertmanager: {
    about: "Of Alertmanager: whether those whom it has to tell hear of anything.",
    alerts: alertmanagerAlerts("alertmanager"),
  },
  Grafana: {
    about: "Of Grafana, and of the nightly archive of what people made in it.",
    alerts: { ...grafanaAlerts("grafana"), ...grafanaBackupAlerts("grafana-backup", "docker") },
  },
  Kafka: {
    about: "Of each broker's JMX agent, and its Java process.",
    alerts: kafkaAlerts({ job: "kafka", brokers: 3 }),
  },
  KafkaExporter: {
    about: "Of the Kafka exporter: consumer groups and topics.",
    alerts: kafkaExporterAlerts("kafka-exporter"),
  },
  KubeStateMetrics: {
    about: "Of Kubernetes: workloads, jobs, schedules and claims, as it sees them itself.",
    alerts: kubeStateAlerts("kube-state-metrics"),
  },
  NodeExporter: { about: "Of each host.", alerts: nodeAlerts("node-exporter") },
  PostgresExporter: {
    about: "Of each PostgreSQL server: connections, transactions, locks, write-ahead log, replication.",
    alerts: postgresAlerts("postgres-exporter"),
  },
  RedisExporter: { about: "Of each Redis server.", alerts: redisAlerts("redis-exporter") },
  SqlExporter: {
    about: "Of TimescaleDB: hypertables and aggregates; jobs and compression in the community edition only.",
    alerts: sqlExporterAlerts("sql-exporter"),
  },
  TimescaleDB: {
    about:
      "Of the nightly dumps of a database that has a `backup`, and of the schedules of one without policies. On Kubernetes they need `KubeStateMetrics`.",
    alerts: {
      ...backupAlerts("timescaledb-backup", "docker"),
      ...scheduleAlerts(["timescaledb-rollup-30m", "timescaledb-retention"], "docker"),
    },
  },
  App: {
    about:
      "Of a service of your own: those of HTTP with a dialect (latencies up to its last bucket), HttpNoTraffic where it expects traffic, those about restarts and files where it exports `process_*`. See [apps](app.md).",
    alerts: appAlerts({ job: "app", process: true, http: { dialect: HTTP_DIALECTS.django, expectsTraffic: true } }),
  },
  DjangoApp: { about: "Of a Django project, beside those of HTTP.", alerts: djangoAlerts("django") },
  Prometheus: {
    about:
      "Of Prometheus itself, of all targets (TargetMissing on Kubernetes, where they are found), and, where it has Alertmanagers, of the way to them.",
    alerts: {
      ...ownAlerts("prometheus", 1),
      ...alertingAlerts("prometheus"),
      ...targetAlerts(10),
      ...discoveredAlerts([{ job: "kafka" }]),
    },
  },
  "Prometheus, of kubelets": {
    about: "Of the stack's volumes and containers on Kubernetes, where Prometheus has the argument `kubelet`.",
    alerts: { ...volumeAlerts(), ...containerAlerts() },
  },
  "crypto-viz": {
    about: "Of the stack crypto-viz alone: its feed and its sink.",
    alerts: { ...marketFeedAlerts("market-feed"), ...marketSinkAlerts("market-sink") },
  },
  "The stack gauzian": {
    about: "Of the file-sharing back end, the stack's own or one that exists. Success is an answer of 2xx.",
    alerts: filesAlerts("files"),
  },
};

/** docs/alerts.md. */
export function alertsMarkdown(): string {
  const sections = Object.entries(CATALOGUE).map(([component, { about, alerts }]) => section(component, about, alerts));
  return `# Alerts

Every alert that the components bring, with its defaults; [monitoring](monitoring.md) says how to change them and how to add one. The name
leads to the runbook. This page is generated from the code by \`npm run docs\`.

${sections.join("\n")}`;
}

function section(component: string, about: string, alerts: AlertDefinitions): string {
  const names = Object.keys(alerts).sort();
  const rows = names.map((name) => row(name, alerts[name] as AlertDefinition));
  return `## ${component}

${about}

| alert | severity | for | threshold | fires when |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

function row(name: string, alert: AlertDefinition): string {
  const threshold = alert.threshold ? formatQuantity(alert.threshold.default, alert.threshold.unit) : "";
  const duration = alert.for === "0s" ? "at once" : alert.for;
  return `| [${name}](runbooks/${name}.md) | ${alert.severity} | ${duration} | ${threshold} | ${readable(alert.summary)} |`;
}

/** A summary without its templates. */
function readable(summary: string): string {
  return summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, "*$1*").replaceAll("|", "\\|");
}
