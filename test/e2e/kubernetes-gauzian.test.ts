import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli } from "./support/cli";
import { ClusterE2eStack } from "./support/cluster-stack";
import { existingServers, PASSWORDS } from "./support/existing-servers";
import { Certificate } from "./support/gateway";
import { type TestCluster, testCluster } from "./support/kubernetes";
import { NIGHTLY, ONLY_NIGHTLY } from "./support/nightly";
import { unexpected, wrong } from "./support/stack";
import { until } from "./support/wait";

/** The stack `gauzian` under another name, with its own back end and with servers that exist, from rendered manifests. */
const NAME = "e2e-gauzian";
const NAMESPACE = "e2e-monitoring";
const SERVERS = "e2e-servers";
const HOSTS = { prometheus: "prometheus.example.com", grafana: "grafana.example.com" };
const CERTIFICATE = "gauzian-tls";
const EXPORTERS = "gauzian-exporters";

const pods = (app: string) => ({ namespace: SERVERS, selector: { app } });
const secret = (key: string) => ({ name: EXPORTERS, key });
const host = (app: string) => `${app}.${SERVERS}.svc.cluster.local`;
const CONFIG = {
  system: "gauzian",
  namespace: NAMESPACE,
  production: true,
  prometheusStorage: "2Gi",
  clusterMetrics: true,
  kubeletMetrics: true,
  gateway: { ...HOSTS, tls: { secret: CERTIFICATE } },
  postgres: {
    ...pods("postgres"),
    host: host("postgres"),
    user: "metrics",
    database: "postgres",
    sslMode: "disable",
    passwordSecret: secret("postgres"),
  },
  redis: { ...pods("redis"), host: host("redis"), user: "default", passwordSecret: secret("redis") },
  minio: { ...pods("minio"), tokenSecret: secret("minio") },
};

describe("gauzian on a Kubernetes node", () => {
  if (!NIGHTLY) {
    it.skip(`is watched, and reached by its host names: ${ONLY_NIGHTLY}`, () => undefined);
    return;
  }

  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-gauzian-"));
  let cluster: TestCluster;
  let stack: ClusterE2eStack;

  beforeAll(async () => {
    cluster = await testCluster();
    Object.assign(process.env, cluster.env);
    expect((await cli(["cluster", "add", "traefik"])).code).toBe(0);
    stack = new ClusterE2eStack(NAME, CONFIG, cluster);
    await remove();
    const certificate = new Certificate(directory, Object.values(HOSTS));
    await certificate.make();
    await cluster.kubectl("create", "namespace", NAMESPACE);
    const files = [`--cert=${certificate.file}`, `--key=${certificate.key}`];
    await cluster.kubectl("create", "secret", "tls", CERTIFICATE, "-n", NAMESPACE, ...files);
    const literals = Object.entries(PASSWORDS).map(([key, value]) => `--from-literal=${key}=${value}`);
    await cluster.kubectl("create", "secret", "generic", EXPORTERS, "-n", NAMESPACE, ...literals);
    const applied = await cluster.attempt(["apply", "-f", "-"], await existingServers(SERVERS));
    expect(applied.code, applied.text).toBe(0);
  }, 30 * 60_000);

  afterAll(async () => {
    await remove();
    stack.forget();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("comes up from rendered manifests, by its host names too, and passes npm run check", async () => {
    const servers = ["deployment", "--all", "--for=condition=Available", "--timeout=120s"];
    await cluster.kubectl("wait", "--namespace", SERVERS, ...servers);
    expect((await stack.render()).code).toBe(0);
    expect((await stack.apply()).code).toBe(0);
    const { code, output } = await stack.check();
    expect(wrong(output)).toEqual([]);
    expect(code).toBe(0);
  });

  it("has the servers that exist among its targets, and what they say", async () => {
    const up = await stack.prometheus.query(
      '{__name__=~"pg_up|redis_up|up", job=~"postgres-exporter|redis-exporter|minio"}',
    );
    expect(up.map(({ metric: { __name__: name, job }, value: [, value] }) => `${name} ${job} ${value}`).sort()).toEqual(
      [
        "pg_up postgres-exporter 1",
        "redis_up redis-exporter 1",
        "up minio 1",
        "up postgres-exporter 1",
        "up redis-exporter 1",
      ],
    );
  });

  it("shows the thirteen metrics of the back end under its own load", async () => {
    const names = await stack.prometheus.query(
      'count by (__name__) ({job="files", __name__=~".+_(total|count)|http_connections_active"})',
    );
    const seen = new Set(names.map(({ metric }) => metric.__name__?.replace(/_count$/, "")));
    expect([...seen].filter((name) => /^(http|file|chunk|auth|s3|redis|db)_/.test(name ?? "")).sort()).toEqual([
      "auth_attempts_total",
      "chunk_download_duration_seconds",
      "chunk_upload_duration_seconds",
      "db_queries_total",
      "db_query_duration_seconds",
      "file_downloads_total",
      "file_upload_bytes_total",
      "file_uploads_total",
      "http_connections_active",
      "http_request_duration_seconds",
      "http_requests_total",
      "redis_operations_total",
      "s3_operation_duration_seconds",
    ]);
  });

  it("is not changed by a second render and apply", async () => {
    const before = await stack.versions();
    expect(Object.keys(before).length).toBeGreaterThan(20);
    expect((await stack.render()).output).toContain("unchanged");
    expect((await stack.apply()).code).toBe(0);
    expect(await stack.versions()).toEqual(before);
  });

  it("keeps its samples when Prometheus's pod is deleted", async () => {
    const first = async () => {
      const [sample] = await stack.prometheus.query('min_over_time(timestamp(up{job="prometheus"})[1h:5s])');
      return sample?.value[1] ?? "none";
    };
    const before = await first();
    await cluster.kubectl("delete", "pod", "-n", NAMESPACE, "prometheus-0");
    await until("the same samples", 120, async () => {
      const now = await first();
      return now === before ? undefined : `the first is of ${now} and was of ${before}`;
    });
    await until("a good check", 120, async () => unexpected((await stack.check()).output).join("\n") || undefined);
  });

  async function remove(): Promise<void> {
    await stack.remove();
    await cluster.removeNamespaces(SERVERS);
  }
});
