import { z } from "zod";
import type { Problem } from "../components/core/problems";
import { checkFile } from "./secret-files";

const text = z.string().min(1);
const port = z.int().min(1).max(65_535);
const labels = z.record(z.string(), z.string());

/** Pods of another namespace by their labels and port, or addresses: where something is that the stack does not run. */
const place = {
  cidrs: z.array(text).min(1).exactOptional(),
  namespace: text.exactOptional(),
  selector: labels.exactOptional(),
  podPort: port.exactOptional(),
};

/** A key of a Secret in the stack's namespace, which somebody else keeps there (Kubernetes). */
const secretKey = z.strictObject({ name: text, key: text });

/** A server that exists; its password is in a file of the machine that deploys, or in a Secret of the cluster. */
const server = {
  ...place,
  host: text,
  port: port.exactOptional(),
  user: text,
  passwordFile: text.exactOptional(),
  passwordSecret: secretKey.exactOptional(),
};

export const postgresSchema = z.strictObject({
  ...server,
  database: text.exactOptional(),
  sslMode: z.enum(["disable", "require", "verify-full"]).exactOptional(),
});

export const redisSchema = z.strictObject(server);

const page = {
  ...place,
  hosts: z.array(text).min(1).exactOptional(),
  scheme: z.enum(["http", "https"]).exactOptional(),
};

/** MinIO's cluster metrics; without a token only where it was told to show them to everybody. */
export const minioSchema = z.strictObject({
  ...page,
  port: port.exactOptional(),
  tokenFile: text.exactOptional(),
  tokenSecret: secretKey.exactOptional(),
});

/** A back end that exists. */
export const backendSchema = z.strictObject({ ...page, port, path: text.exactOptional() });

/** Host names by an ingress controller that the cluster has. */
export const gatewaySchema = z.strictObject({
  prometheus: text,
  grafana: text,
  tls: z
    .strictObject({
      secret: text.exactOptional(),
      issuer: text.exactOptional(),
      kind: z.enum(["ClusterIssuer", "Issuer"]).exactOptional(),
    })
    .exactOptional(),
  class: text.exactOptional(),
  pods: z.strictObject({ namespace: text, labels }).exactOptional(),
});

export type PostgresConfig = z.infer<typeof postgresSchema>;
export type RedisConfig = z.infer<typeof redisSchema>;
export type MinioConfig = z.infer<typeof minioSchema>;
export type BackendConfig = z.infer<typeof backendSchema>;
export type GatewayConfig = z.infer<typeof gatewaySchema>;

interface Servers {
  readonly postgres?: PostgresConfig | undefined;
  readonly redis?: RedisConfig | undefined;
  readonly minio?: MinioConfig | undefined;
  readonly gateway?: GatewayConfig | undefined;
}

/** What only makes sense together. `at`: what stands before the keys. */
export function checkServers(at: string, { postgres, redis, minio, gateway }: Servers): Problem[] {
  return [
    ...(postgres ? checkServer(`${at}:postgres`, postgres) : []),
    ...(redis ? checkServer(`${at}:redis`, redis) : []),
    ...(minio ? checkSecret(`${at}:minio`, "token", minio.tokenFile, minio.tokenSecret, false) : []),
    ...(gateway ? checkGateway(`${at}:gateway`, gateway) : []),
  ];
}

const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

function checkServer(at: string, configured: RedisConfig): Problem[] {
  const { host, cidrs, namespace, selector, podPort, passwordFile, passwordSecret } = configured;
  const problems = checkSecret(at, "password", passwordFile, passwordSecret, true);
  if (!HOST.test(host))
    problems.push({
      path: `${at}.host`,
      value: host,
      rule: "must be a host name or an IPv4 address, without scheme, port or path",
      fix: 'Write it like "postgres.gauzian.svc.cluster.local", and give the port as port',
    });
  if ((cidrs === undefined) === (namespace === undefined))
    problems.push({
      path: at,
      rule: "must say where the server is: cidrs, or namespace and selector of its pods, and not both",
      fix: 'Give cidrs: ["10.1.2.0/24"], or namespace: "gauzian" and selector: {"app": "postgres"}',
    });
  if (selector && namespace === undefined)
    problems.push({ path: `${at}.selector`, rule: "needs the namespace of the pods that carry these labels" });
  if (podPort !== undefined && namespace === undefined)
    problems.push({
      path: `${at}.podPort`,
      value: podPort,
      rule: "needs the namespace of the pods that listen on it",
      fix: "Leave it out: traffic to addresses is opened on port",
    });
  return problems;
}

function checkSecret(
  at: string,
  what: "password" | "token",
  file: string | undefined,
  secret: { readonly name: string; readonly key: string } | undefined,
  needed: boolean,
): Problem[] {
  if (file !== undefined && secret !== undefined)
    return [{ path: at, rule: `must have ${what}File or ${what}Secret, and not both` }];
  if (needed && file === undefined && secret === undefined)
    return [
      {
        path: at,
        rule: `lacks its ${what}: passwordFile or passwordSecret`,
        fix: `Give ${what}Secret: {"name": "…", "key": "…"} of a Secret in the stack's namespace, or ${what}File, a file of this machine`,
      },
    ];
  return file === undefined ? [] : checkFile(`${at}.${what}File`, file);
}

function checkGateway(at: string, { tls }: GatewayConfig): Problem[] {
  if (!tls || (tls.secret === undefined) !== (tls.issuer === undefined)) {
    if (tls?.kind === undefined || tls.issuer !== undefined) return [];
    return [{ path: `${at}.tls.kind`, value: tls.kind, rule: "is that of an issuer, and there is none" }];
  }
  return [
    {
      path: `${at}.tls`,
      rule: "must have secret or issuer, and not both",
      fix: "Name the Secret that has the certificate, or the issuer of cert-manager that gets one",
    },
  ];
}
