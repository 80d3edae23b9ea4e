import { Alertmanager, alertmanagerNote } from "../components/alertmanager";
import { App } from "../components/app";
import { imageCatalogue } from "../components/core/images";
import { KubeStateMetrics, PostgresExporter, RedisExporter } from "../components/exporters";
import { Gateway } from "../components/gateway";
import { Grafana, grafanaNote } from "../components/grafana";
import { Prometheus } from "../components/prometheus";
import * as backend from "./gauzian-backend";
import { addressOf, backendTarget, gatewayOf, minioTarget, postgresOf, redisOf } from "./gauzian-servers";
import { hostPorts, urlOf } from "./publish";
import type { System } from "./system";
import * as watching from "./watching";

/** What watches a file-sharing back end: its own or one that exists, with the PostgreSQL, Redis and MinIO behind it. */
export const gauzian: System = (stack, config) => {
  const images = imageCatalogue(config.images);
  const ports = hostPorts(config);
  const { postgres, redis, minio, gateway } = config;

  const own = config.backend ? undefined : stack.add(App, backend.JOB, backend.app(images, config));
  if (postgres) stack.add(PostgresExporter, "postgres-exporter", { images, ...postgresOf(postgres) });
  if (redis) stack.add(RedisExporter, "redis-exporter", { images, ...redisOf(redis) });
  if (config.clusterMetrics) stack.add(KubeStateMetrics, "kube-state-metrics", { images, agents: false });

  const told = watching.alertmanager(stack, config);
  const alertmanager = stack.add(Alertmanager, "alertmanager", told);
  const server = stack.add(Prometheus, "prometheus", {
    ...watching.prometheus(stack, config),
    external: [
      ...(config.backend ? [backendTarget(backend.JOB, config.backend)] : []),
      ...(minio ? [minioTarget(minio)] : []),
    ],
    rules: config.backend ? backend.rules() : [],
    ...(gateway ? { url: addressOf(gateway, "prometheus") } : {}),
    alertmanagers: [alertmanager.connection],
  });
  const shown = {
    ...watching.grafana(stack, config),
    prometheus: server.connection,
    alertmanager: alertmanager.connection,
    dashboards: config.backend ? backend.DASHBOARDS : [],
    backup: { keep: config.backupsKept },
    ...(gateway ? { url: addressOf(gateway, "grafana") } : {}),
  };
  const grafana = stack.add(Grafana, "grafana", shown);
  const routed = { prometheus: server.connection, grafana: shown.deploy ? grafana.connection : undefined };
  if (gateway) stack.add(Gateway, "gateway", gatewayOf(gateway, routed));

  return [
    {
      service: "Grafana",
      url: shown.deploy
        ? gateway
          ? addressOf(gateway, "grafana")
          : urlOf(ports.grafana, grafana.connection, "http")
        : "",
      note: grafanaNote(shown),
    },
    {
      service: "Prometheus",
      url: gateway ? addressOf(gateway, "prometheus") : urlOf(ports.prometheus, server.connection, "http"),
      note: gateway ? "admin, gateway-prometheus" : "targets, rules",
    },
    {
      service: "Alertmanager",
      url: urlOf(ports.alertmanager, alertmanager.connection, "http"),
      note: alertmanagerNote(told),
    },
    {
      service: "Back end",
      url: own ? urlOf(ports.api, own.connection, "http") : "",
      note: own ? backend.note(config) : "one that exists, by datastack:backend",
    },
  ];
};
