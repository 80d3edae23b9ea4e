import { imageCatalogue } from "../../../components/core/images";
import { Grafana, type GrafanaArgs } from "../../../components/grafana";
import { Prometheus } from "../../../components/prometheus";
import { DockerTarget } from "../../../components/target/docker";
import { parseConfig } from "../../../stacks/config";
import { declareStack } from "../../../stacks/systems";
import { type Case, component } from "./case";

const images = imageCatalogue();
const HOSTS = { prometheus: "prometheus.example.com", grafana: "grafana.example.com" };
const TLS = { secret: "gauzian-tls" };
const KEPT = { name: "gauzian-exporters", key: "redis" };
const redis = { host: "redis.gauzian.svc", user: "default", namespace: "gauzian", passwordSecret: KEPT };

/** gauzian with these keys, on Kubernetes in production unless they say otherwise. */
function gauzian(title: string, keys: Readonly<Record<string, unknown>>): Case {
  const all = { target: "kubernetes", production: true, ...keys };
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const config = Object.fromEntries(Object.entries(all).map(([key, value]) => [`datastack:${key}`, text(value)]));
  return {
    title: `gauzian: ${title}`,
    problems: async () => {
      const { config: parsed, problems } = parseConfig(config);
      return [...problems, ...declareStack("gauzian", parsed).blueprint.validate()];
    },
  };
}

const grafana = (title: string, backup: NonNullable<GrafanaArgs["backup"]>) => {
  const prometheus = Prometheus.connection("prometheus", {
    target: new DockerTarget({ stack: "dev" }),
    images,
    monitoring: [],
  });
  return component(title, Grafana, { images, monitoring: [], prometheus, backup });
};

export const CASES: readonly Case[] = [
  gauzian("host names without TLS in production", { gateway: HOSTS }),
  gauzian("an address in the place of a host name", {
    gateway: { ...HOSTS, tls: TLS, prometheus: "https://prometheus.example.com/" },
  }),
  gauzian("one host name for both", { gateway: { tls: TLS, prometheus: HOSTS.grafana, grafana: HOSTS.grafana } }),
  gauzian("a certificate from nowhere", { gateway: { ...HOSTS, tls: {} } }),
  gauzian("a certificate from two places", { gateway: { ...HOSTS, tls: { ...TLS, issuer: "letsencrypt" } } }),
  gauzian("the kind of an issuer that is not there", { gateway: { ...HOSTS, tls: { ...TLS, kind: "Issuer" } } }),
  gauzian("one host name of two", { gateway: { prometheus: HOSTS.prometheus, tls: TLS } }),
  gauzian("a key of a gateway that there is not", { gateway: { ...HOSTS, tls: TLS, host: "example.com" } }),
  gauzian("host names on Docker", { target: "docker", production: false, gateway: { ...HOSTS, tls: TLS } }),
  gauzian("an existing server without its secret", { redis: { ...redis, passwordSecret: undefined } }),
  gauzian("a secret in a file that is not there", {
    redis: { ...redis, passwordSecret: undefined, passwordFile: "/nowhere/redis" },
  }),
  gauzian("a secret from two places", { redis: { ...redis, passwordFile: "/nowhere/redis" } }),
  gauzian("the name of a Secret that none can have", {
    redis: { ...redis, passwordSecret: { name: "My_Secret", key: "a/b" } },
  }),
  gauzian("a Secret of Kubernetes on Docker", {
    target: "docker",
    production: false,
    redis: { host: "redis.example.com", user: "default", cidrs: ["10.1.2.3/32"], passwordSecret: KEPT },
  }),
  gauzian("an existing server that is nowhere", { redis: { ...redis, namespace: undefined } }),
  gauzian("an existing server in two places", { redis: { ...redis, cidrs: ["10.1.2.3/32"] } }),
  gauzian("an existing server with a port in its name", { postgres: { ...redis, host: "postgres.gauzian.svc:5432" } }),
  gauzian("labels of pods without their namespace", {
    redis: {
      host: redis.host,
      user: "default",
      cidrs: ["10.1.2.3/32"],
      selector: { app: "redis" },
      passwordSecret: KEPT,
    },
  }),
  gauzian("a port of pods that are none", {
    redis: { host: redis.host, user: "default", cidrs: ["10.1.2.3/32"], podPort: 6380, passwordSecret: KEPT },
  }),
  gauzian("a MinIO that is nowhere", { minio: { tokenSecret: { name: "gauzian-exporters", key: "minio" } } }),
  gauzian("a back end that is nowhere", { backend: { port: 8080 } }),
  gauzian("more load than a demonstration makes", { backendLoad: 5000 }),
  gauzian("a volume that no retention fits in", { prometheusStorage: "1Mi" }),
  grafana("no archive to keep", { keep: 0 }),
  grafana("archives at no time of day", { dailyAt: "25:00" }),
  grafana("archives on a volume of no size", { storage: { size: "1GB" as never } }),
];
