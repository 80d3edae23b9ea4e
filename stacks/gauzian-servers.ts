import type { SecretContent } from "../components/core/secrets";
import type { PostgresExporterArgs, RedisExporterArgs } from "../components/exporters";
import type { GatewayArgs } from "../components/gateway";
import type { ExternalTarget } from "../components/monitoring/external";
import type { Connection, Credentials } from "../components/target/connection";
import type { BackendConfig, GatewayConfig, MinioConfig, PostgresConfig, RedisConfig } from "./gauzian-config";
import { secretIn } from "./secret-files";

/** An existing PostgreSQL, as its exporter connects to it. */
export function postgresOf(configured: PostgresConfig): Pick<PostgresExporterArgs, "database" | "sslMode"> {
  const { database = "postgres", sslMode } = configured;
  const connection = { ...serverOf("postgres", configured, 5432, "monitoring"), database };
  return sslMode ? { database: connection, sslMode } : { database: connection };
}

/** An existing Redis, as its exporter connects to it. */
export function redisOf(configured: RedisConfig): Pick<RedisExporterArgs, "redis"> {
  return { redis: serverOf("redis", configured, 6379, "exporter") };
}

/** `role`: under which an exporter looks for its credentials. */
function serverOf(kind: string, configured: RedisConfig, defaultPort: number, role: string): Connection {
  const { host, port = defaultPort, cidrs = [], namespace, selector = {}, podPort = port, user } = configured;
  return {
    id: kind,
    kind,
    port,
    // A policy sees the pods' port, and not the Service's.
    peer: namespace === undefined ? { cidrs } : { namespace, labels: selector, port: podPort },
    host,
    endpoints: [`${host}:${port}`],
    credentials: { [role]: { user, password: passwordOf(configured) } },
  };
}

function passwordOf({ passwordFile, passwordSecret }: RedisConfig): Credentials["password"] {
  if (passwordSecret) return { existing: passwordSecret.name, key: passwordSecret.key };
  return passwordFile === undefined ? "" : secretIn(passwordFile);
}

/** MinIO's figures of the whole cluster. */
export function minioTarget({ tokenFile, tokenSecret, port = 9000, ...where }: MinioConfig): ExternalTarget {
  const bearerToken: SecretContent | undefined = tokenSecret
    ? { existing: tokenSecret.name, key: tokenSecret.key }
    : tokenFile === undefined
      ? undefined
      : secretIn(tokenFile);
  const target = { job: "minio", port, path: "/minio/v2/metrics/cluster", ...where };
  return bearerToken === undefined ? target : { ...target, bearerToken };
}

/** A back end that exists, under the job of the stack's own. */
export function backendTarget(job: string, configured: BackendConfig): ExternalTarget {
  return { job, ...configured };
}

/** Where people reach a host name. */
export function addressOf(configured: GatewayConfig, route: "prometheus" | "grafana"): string {
  return `${configured.tls ? "https" : "http"}://${configured[route]}`;
}

/** Grafana has a login of its own; Prometheus has none, so somebody asks before it. */
export function gatewayOf(
  configured: GatewayConfig,
  to: { readonly prometheus: Connection; readonly grafana: Connection | undefined },
): Omit<GatewayArgs, "target"> {
  const { prometheus, grafana, tls, ...controller } = configured;
  const { secret, issuer, kind } = tls ?? {};
  return {
    ...controller,
    ...(secret === undefined ? {} : { tls: { secret } }),
    ...(issuer === undefined ? {} : { tls: kind ? { issuer, kind } : { issuer } }),
    routes: {
      prometheus: { host: prometheus, to: to.prometheus, basicAuth: {} },
      ...(to.grafana ? { grafana: { host: grafana, to: to.grafana } } : {}),
    },
  };
}
