import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, type TestContext } from "vitest";
import { parse } from "yaml";
import { imageCatalogue } from "../../components/core/images";
import { NodeExporter } from "../../components/exporters";
import type { ExternalTarget } from "../../components/monitoring/external";
import { Prometheus, type PrometheusArgs, prometheusFiles } from "../../components/prometheus";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import { findPromtool, promtool } from "../support/promtool";
import { all, at, kubernetes, one, only, plain, type Recording, record } from "../support/record";

const images = imageCatalogue();
const POLICY = kubernetes("networking.k8s.io/v1", "NetworkPolicy");
const SET = kubernetes("apps/v1", "StatefulSet");
const rbac = (kind: string) => kubernetes("rbac.authorization.k8s.io/v1", kind);

const BACKEND: ExternalTarget = { job: "backend", namespace: "gauzian", selector: { app: "backend" }, port: 8080 };
const MINIO: ExternalTarget = {
  job: "minio",
  hosts: ["minio.example.com"],
  cidrs: ["192.0.2.0/24"],
  port: 9000,
  path: "/minio/v2/metrics/cluster",
  scheme: "https",
  ca: "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n",
  bearerToken: "of-minio",
  labels: { site: "one" },
};

const onCluster = () => new KubernetesTarget({ stack: "test" });
const args = (target: Target, more: Partial<PrometheusArgs>): PrometheusArgs => ({
  target,
  images,
  monitoring: [],
  ...more,
});
const scrapes = (target: Target, more: Partial<PrometheusArgs>) => {
  const { scrape_configs } = parse(prometheusFiles("prometheus", args(target, more)).config) as {
    scrape_configs: { job_name: string }[];
  };
  return Object.fromEntries(scrape_configs.map((config) => [config.job_name, config]));
};
const deployed = (more: Partial<PrometheusArgs>) =>
  record(() => void new Prometheus("prometheus", args(onCluster(), more)));
const egress = (recording: Recording) => at(one(recording, POLICY, "prometheus-network"), "spec.egress");

describe("a server that has a name", () => {
  const asked = {
    job_name: "minio",
    metrics_path: "/minio/v2/metrics/cluster",
    scheme: "https",
    authorization: { credentials_file: "/etc/prometheus/external/minio/token" },
    tls_config: { ca_file: "/etc/prometheus/external/minio/ca.pem" },
    static_configs: [{ targets: ["minio.example.com:9000"], labels: { instance: "minio.example.com", site: "one" } }],
  };

  it.each([new DockerTarget({ stack: "test" }), onCluster()])("is asked the same on every target", (target) => {
    expect(scrapes(target, { external: [MINIO] }).minio).toEqual(asked);
  });

  it("has its token in a Secret and its authority in a ConfigMap, and traffic to its addresses alone", async () => {
    const recording = await deployed({ external: [MINIO] });
    const mounts = JSON.stringify(at(only(recording, SET), "spec.template.spec.containers[0].volumeMounts"));
    expect(mounts).toContain("/etc/prometheus/external/minio/token");
    const secret = only(recording, kubernetes("core/v1", "Secret"));
    expect(Object.values(plain(at(secret, "data")) as Record<string, string>)).toEqual([
      Buffer.from("of-minio").toString("base64"),
    ]);
    expect(
      JSON.stringify(plain(one(recording, kubernetes("core/v1", "ConfigMap"), "prometheus-files").inputs)),
    ).toContain("BEGIN CERTIFICATE");
    expect(egress(recording)).toContainEqual({
      to: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      ports: [{ protocol: "TCP", port: 9000 }],
    });
  });

  it("may be a Service of another namespace, asked once, whose pods traffic is opened to", async () => {
    const { cidrs: _, ...minio } = MINIO;
    const behind = { ...minio, hosts: ["minio.storage.svc"], namespace: "storage", selector: { app: "minio" } };
    const recording = await deployed({ external: [behind] });
    const to = [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "storage" } },
        podSelector: { matchLabels: { app: "minio" } },
      },
    ];
    expect(egress(recording)).toContainEqual({ to, ports: [{ protocol: "TCP", port: 9000 }] });
    // Nobody looks for its pods.
    expect(all(recording, rbac("Role")).map((role) => at(role, "metadata.namespace"))).toEqual(["test"]);
  });

  it("is asked on its Service's port, and let through on that of the pods, which is what a policy sees", async () => {
    const { cidrs: _, ...minio } = MINIO;
    const behind = { ...minio, hosts: ["minio.storage.svc"], namespace: "storage", port: 80, podPort: 9000 };
    const recording = await deployed({ external: [behind] });
    const rules = egress(recording) as { ports?: { port: number }[] }[];
    const ports = rules.flatMap((rule) => rule.ports ?? []).map(({ port }) => port);
    expect(ports).toContain(9000);
    expect(ports).not.toContain(80);
    expect(scrapes(onCluster(), { external: [behind] }).minio).toMatchObject({
      static_configs: [{ targets: ["minio.storage.svc:80"] }],
    });
  });

  it("of IPv6 has its address in brackets", () => {
    const target = new DockerTarget({ stack: "test" });
    const { minio } = scrapes(target, { external: [{ job: "minio", hosts: ["2001:db8::1"], port: 9000 }] });
    expect(minio).toMatchObject({
      static_configs: [{ targets: ["[2001:db8::1]:9000"], labels: { instance: "2001:db8::1" } }],
    });
  });
});

describe("pods of another namespace", () => {
  it("are found by their labels, whatever ports they declare, and called by their names", () => {
    expect(scrapes(onCluster(), { external: [{ ...BACKEND, labels: { team: "files" } }] }).backend).toEqual({
      job_name: "backend",
      kubernetes_sd_configs: [
        {
          role: "pod",
          namespaces: { names: ["gauzian"] },
          selectors: [{ role: "pod", label: "app=backend" }],
        },
      ],
      relabel_configs: [
        { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Succeeded|Failed", action: "drop" },
        { source_labels: ["__meta_kubernetes_pod_ip"], regex: "", action: "drop" },
        {
          source_labels: ["__meta_kubernetes_pod_ip"],
          target_label: "__address__",
          action: "replace",
          regex: "([^:]+)",
          replacement: "$1:8080",
        },
        {
          source_labels: ["__meta_kubernetes_pod_ip"],
          target_label: "__address__",
          action: "replace",
          regex: "(.*:.*)",
          replacement: "[$1]:8080",
        },
        { source_labels: ["__meta_kubernetes_pod_name"], target_label: "instance", action: "replace" },
        { target_label: "team", replacement: "files", action: "replace" },
      ],
    });
  });

  it("are listed by a Role in that namespace, which says whose it is, and reached by nobody else", async () => {
    const recording = await deployed({ external: [BACKEND, { ...BACKEND, job: "worker", port: 8081 }] });
    const roles = all(recording, rbac("Role"));
    expect(roles.map((role) => [at(role, "metadata.namespace"), at(role, "metadata.name")])).toEqual([
      ["test", "prometheus-discovery"],
      ["gauzian", "test-prometheus-discovery"],
    ]);
    for (const role of roles)
      expect(at(role, "rules")).toEqual([{ apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] }]);
    for (const binding of all(recording, rbac("RoleBinding")))
      expect(at(binding, "subjects")).toEqual([{ kind: "ServiceAccount", name: "prometheus", namespace: "test" }]);
    expect(all(recording, rbac("ClusterRole"))).toEqual([]);
    expect(JSON.stringify(egress(recording))).toContain('"matchLabels":{"app":"backend"}');
  });

  it("need no Role of their own in the namespace of the stack", async () => {
    const recording = await deployed({ external: [{ ...BACKEND, namespace: "test" }] });
    expect(all(recording, rbac("Role"))).toHaveLength(1);
  });
});

describe("kubelets", () => {
  const node = (target: Target) => NodeExporter.monitoring("node-exporter", { target, images });

  it("are not asked unless told so, and no right goes beyond namespaces", async () => {
    expect(Object.keys(scrapes(onCluster(), {}))).toEqual(["prometheus"]);
    expect(all(await deployed({}), rbac("ClusterRole"))).toEqual([]);
  });

  it("are found by the stack's pods, and asked for its volumes and containers alone", () => {
    const target = onCluster();
    const { kubelet, cadvisor } = scrapes(target, {
      monitoring: [node(target)],
      kubelet: { volumes: true, containers: true },
    });
    expect(kubelet).toMatchObject({
      scheme: "https",
      metrics_path: "/metrics",
      tls_config: { insecure_skip_verify: true },
      kubernetes_sd_configs: [{ role: "pod", namespaces: { names: ["test", "test-agents"] } }],
      metric_relabel_configs: [{ regex: "(test|test-agents);(kubelet_volume_stats_.+)", action: "keep" }],
    });
    expect(cadvisor).toMatchObject({ metrics_path: "/metrics/cadvisor" });
  });

  it("are not looked for in the agents' namespace where there is no agent", () => {
    const { kubelet } = scrapes(onCluster(), { kubelet: { volumes: true, verify: true } });
    expect(kubelet).toMatchObject({
      kubernetes_sd_configs: [{ namespaces: { names: ["test"] } }],
      tls_config: { ca_file: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" },
    });
  });

  it("take a right to the nodes' metrics, to nothing else of the cluster, and a way to the kubelets' port", async () => {
    const recording = await deployed({ kubelet: { volumes: true, cidrs: ["192.0.2.0/24"] } });
    const role = only(recording, rbac("ClusterRole"));
    expect(at(role, "metadata.name")).toBe("test-prometheus-node-metrics");
    expect(at(role, "rules")).toEqual([{ apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }]);
    expect(at(only(recording, rbac("ClusterRoleBinding")), "roleRef.name")).toBe("test-prometheus-node-metrics");
    expect(egress(recording)).toContainEqual({
      to: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      ports: [{ protocol: "TCP", port: 10_250 }],
    });
  });
});

describe("what discovers on Kubernetes", () => {
  it("is for other services to ask too: objects of their choice, in namespaces of others", async () => {
    const recording = await record(() => {
      const parent = new pulumi.ComponentResource("datastack:test:Case", "lister");
      const discovery = { lists: [{ group: "apps", resources: ["deployments"] }], namespaces: ["other"] };
      const [workload] = Prometheus.plan("lister", args(onCluster(), {})).services ?? [];
      if (workload) onCluster().service({ ...workload, discovery }, { parent });
    });
    for (const role of all(recording, rbac("Role")))
      expect(at(role, "rules")).toEqual([
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "watch"] },
      ]);
  });
});

it("promtool takes all of it", async (context: TestContext) => {
  const program = await findPromtool();
  context.skip(!program, "promtool is neither on PATH nor built yet; npm start builds it");
  const { config } = prometheusFiles(
    "prometheus",
    args(onCluster(), { external: [BACKEND, MINIO], kubelet: { volumes: true, containers: true } }),
  );
  // Files of the container: promtool looks whether they are there.
  const text = config
    .replace(/\S+\/rules\.yml/, "rules.yml")
    .replaceAll(/\/etc\/prometheus\/external\/minio\/|\/var\/run\/secrets\/kubernetes\.io\/serviceaccount\//g, "");
  const files = { "prometheus.yml": text, "rules.yml": "groups: []\n", token: "x", "ca.pem": "x" };
  await promtool(program ?? "", files, ["check", "config", "--syntax-only", "prometheus.yml"]);
});
