import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Prometheus, prometheusFiles } from "../../components/prometheus";
import { policy } from "../../components/target/kubernetes/network";
import type { Need } from "../../components/target/workload";
import { parseConfig } from "../../stacks/config";
import { type Declaration, declare } from "../../tools/check/declared";
import { readConfig, readProject } from "../../tools/engine/project";
import { GAUZIAN_EXISTING, KUBERNETES_STACKS, objectsOf } from "../support/kubernetes-stacks";
import type { Fields, Objects } from "../support/policies/objects";

const project = readProject(process.cwd());
const titles = { own: "gauzian", existing: "gauzian with what exists" };

async function stack(title: string): Promise<Objects> {
  const subject = KUBERNETES_STACKS.find((one) => one.title === title);
  if (!subject) throw new Error(`there is no stack ${title}`);
  return objectsOf(subject);
}

function declaration(overrides: Readonly<Record<string, string>> = {}): Declaration {
  const { config, problems } = parseConfig(readConfig(project, "gauzian", { overrides }).values);
  expect(problems).toEqual([]);
  return declare("gauzian", config);
}

/** prometheus.yml of a declaration, and the names of its alerts. */
function watched(of: Declaration) {
  const [server] = of.all(Prometheus);
  if (!server) throw new Error("there is no Prometheus");
  const { config, rules } = prometheusFiles(server.name, server.args);
  const jobs: Record<string, Fields> = {};
  for (const scrape of parse(config).scrape_configs) jobs[scrape.job_name] = scrape;
  const groups: { rules: { alert?: string }[] }[] = parse(rules).groups;
  return { config: parse(config), jobs, alerts: groups.flatMap((g) => g.rules.flatMap(({ alert }) => alert ?? [])) };
}

describe("gauzian as it is committed", () => {
  let objects: Objects;
  beforeAll(async () => {
    objects = await stack(titles.own);
  });

  it("lives in the namespace monitoring, and makes nothing beyond it but Roles, a class and what kubelets need", () => {
    const elsewhere = objects.all.filter(({ metadata }) => metadata.namespace !== "monitoring");
    expect(elsewhere.map(({ kind }) => kind).sort()).toEqual([
      "ClusterRole",
      "ClusterRoleBinding",
      "Namespace",
      "PriorityClass",
    ]);
  });

  it("scrapes every 15 s and keeps 30 days, which can be changed, on a volume", () => {
    expect(watched(declaration()).config.global).toMatchObject({ scrape_interval: "15s" });
    const retention = (overrides = {}) => watched(declaration(overrides)).config.storage.tsdb.retention;
    expect(retention()).toMatchObject({ time: "30d" });
    expect(retention({ prometheusRetention: "90d" })).toMatchObject({ time: "90d" });
    const claims = objects.of("PersistentVolumeClaim").map(({ metadata }) => metadata.name);
    expect(claims).toEqual(
      expect.arrayContaining(["data-prometheus-0", "data-grafana-0", "archives-grafana-backup-0"]),
    );
  });

  it("has two host names with TLS, a password before Prometheus, security headers before both", () => {
    const ingresses = objects.of("Ingress").filter(({ spec }) => spec.tls);
    const routes = ingresses.map(({ spec, metadata }) => ({
      host: spec.rules[0].host,
      secret: spec.tls[0].secretName,
      middlewares: (metadata as Fields).annotations["traefik.ingress.kubernetes.io/router.middlewares"].split(","),
    }));
    expect(routes.map(({ host, secret }) => `${host} ${secret}`).sort()).toEqual([
      "grafana.gauzian.example gauzian-tls",
      "prometheus.gauzian.example gauzian-tls",
    ]);
    const kinds = (host: string) => {
      const { middlewares = [] } = routes.find((route) => route.host.startsWith(host)) ?? {};
      return middlewares.flatMap((name: string) => {
        const found = objects
          .of("Middleware")
          .find(({ metadata }) => name === `monitoring-${metadata.name}@kubernetescrd`);
        return Object.keys(found?.spec ?? {});
      });
    };
    expect(kinds("prometheus").sort()).toEqual(["basicAuth", "headers"]);
    expect(kinds("grafana")).toEqual(["headers"]);
  });

  it("tells Prometheus its address, which alerts lead to, and Grafana its own, so that its cookies are secure", () => {
    const { spec } = objects.one("StatefulSet", "prometheus");
    expect(spec.template.spec.containers[0].args).toContain("--web.external-url=https://prometheus.gauzian.example");
    const files = objects.of("ConfigMap").filter(({ metadata }) => metadata.name.startsWith("grafana-files"));
    const ini = files.map(({ data }) => data["etc_grafana_grafana.ini"] ?? "").join("");
    expect(ini).toContain("root_url = https://grafana.gauzian.example/");
    expect(ini).toContain("cookie_secure = true");
  });

  it("brings its own back end, whose load can be switched off", () => {
    expect(Object.keys(watched(declaration()).jobs).sort()).toEqual([
      "alertmanager",
      "cadvisor",
      "files",
      "grafana",
      "kube-state-metrics",
      "kubelet",
      "prometheus",
    ]);
    const rate = (overrides = {}) =>
      declaration(overrides)
        .plans.flatMap(({ services = [] }) => services)
        .find(({ name }) => name === "files")?.env?.FILES_LOAD_RATE;
    expect([rate(), rate({ backendLoad: "0" })]).toEqual(["5", "0"]);
  });

  it("has the three alerts, those of the volume that fills up, and of the archives", () => {
    expect(watched(declaration()).alerts).toEqual(
      expect.arrayContaining([
        "FilesSuccessRateLow",
        "FilesLatencyHigh",
        "FilesAuthenticationsFailing",
        "PrometheusVolumeFillingUp",
        "GrafanaBackupOld",
      ]),
    );
  });

  it("leaves out what there is no image of, with the way to it", () => {
    const { plans } = declaration({ leftOut: '["grafana"]' });
    const names = plans.flatMap(({ services = [], schedules = [] }) =>
      [...services, ...schedules].map(({ name }) => name),
    );
    expect(names.filter((name) => name.includes("grafana"))).toEqual([]);
  });
});

describe("gauzian with a back end, PostgreSQL, Redis and MinIO that exist", () => {
  const { jobs, alerts } = watched(declaration(GAUZIAN_EXISTING));

  it("watches all of them in their namespace, and has no back end of its own", () => {
    const found = (job: string) => jobs[job]?.kubernetes_sd_configs?.[0].namespaces.names;
    expect([found("files"), found("minio")]).toEqual([["gauzian"], ["gauzian"]]);
    expect(jobs.minio).toMatchObject({
      metrics_path: "/minio/v2/metrics/cluster",
      authorization: { credentials_file: "/etc/prometheus/external/minio/token" },
    });
    expect(Object.keys(jobs)).toEqual(expect.arrayContaining(["postgres-exporter", "redis-exporter"]));
    const { plans } = declaration(GAUZIAN_EXISTING);
    expect(plans.flatMap(({ services = [] }) => services.map(({ name }) => name))).not.toContain("files");
  });

  it("has the same alerts and dashboards, and is told when no pod of it can be found", async () => {
    expect(alerts).toEqual(
      expect.arrayContaining(["AppDown", "FilesSuccessRateLow", "FilesLatencyHigh", "FilesAuthenticationsFailing"]),
    );
    const objects = await stack(titles.existing);
    const files = objects.of("ConfigMap").flatMap(({ data }) => Object.keys(data));
    expect(files.filter((file) => file.includes("gauzian-")).sort()).toEqual([
      "etc_grafana_dashboards_stack_gauzian-details.json",
      "etc_grafana_dashboards_stack_gauzian-overview.json",
    ]);
  });

  it("reads no Secret of others: they are mounted, and may be listed by nobody", async () => {
    const objects = await stack(titles.existing);
    const mounted = objects.pods.flatMap(({ spec }) =>
      (spec.volumes ?? []).flatMap(({ secret }: Fields) =>
        secret?.secretName === "gauzian-exporters" ? secret.items : [],
      ),
    );
    expect(mounted.map(({ key }: Fields) => key).sort()).toEqual(["minio", "postgres", "redis"]);
    expect(objects.of("Secret").map(({ metadata }) => metadata.name)).not.toContain("gauzian-exporters");
    const rules = objects.of("Role", "ClusterRole").flatMap(({ rules = [] }) => rules);
    expect(rules.filter(({ resources = [] }: Fields) => resources.includes("secrets"))).toEqual([]);
  });

  it("lets exporters out to the port of the pods, which a Service may have another one for", () => {
    const way = (podPort?: number) => {
      const redis = JSON.parse(GAUZIAN_EXISTING.redis);
      const overrides = { ...GAUZIAN_EXISTING, redis: JSON.stringify({ ...redis, port: 6380, podPort }) };
      const services = declaration(overrides).plans.flatMap(({ services = [] }) => services);
      const [need] = services.find(({ name }) => name === "redis-exporter")?.needs ?? [];
      return { asked: need?.to.endpoints, policy: need ? policyPorts(need) : undefined };
    };
    const asked = ["redis.gauzian.svc.cluster.local:6380"];
    expect(way(6379)).toEqual({ asked, policy: [6379] });
    expect(way()).toEqual({ asked, policy: [6380] });
  });

  it("may list pods there, and no more", async () => {
    const roles = (await stack(titles.existing)).of("Role").filter(({ metadata }) => metadata.namespace === "gauzian");
    expect(roles.length).toBeGreaterThan(0);
    for (const { rules } of roles)
      for (const { resources, verbs } of rules) {
        expect(["pods", "endpointslices"]).toEqual(expect.arrayContaining(resources));
        expect(["get", "list", "watch"]).toEqual(expect.arrayContaining(verbs));
      }
  });
});

/** Ports that a NetworkPolicy opens for it, beside those of the name servers. */
function policyPorts(need: Need): unknown[] {
  const traffic = { namespace: "monitoring", service: "client", ports: [], needs: [need], ring: false, names: [] };
  const [, ...rules] = policy(traffic).egress as unknown as { ports: { port: number }[] }[];
  return rules.flatMap(({ ports }) => ports.map(({ port }) => port));
}

describe("gauzian on Docker", () => {
  it("is the same but for what only a cluster has: a change of its configuration", () => {
    const { config, problems } = parseConfig({ "datastack:system": "gauzian", "datastack:publish": "loopback" });
    expect(problems).toEqual([]);
    const docker = declare("gauzian", config);
    expect(docker.target.check(docker.plans)).toEqual([]);
    expect(Object.keys(watched(docker).jobs).sort()).toEqual(["alertmanager", "files", "grafana", "prometheus"]);
  });
});
