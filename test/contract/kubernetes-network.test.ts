import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import type { Workload } from "../../components/target/workload";
import { all, at, one, type Recording, record } from "../support/record";
import { connection, counter, plans, scrapeTargets } from "./cases";
import {
  AGENTS,
  alone,
  BINDING,
  CRON_JOB,
  container,
  DEPLOYMENT,
  differences,
  JOB,
  POLICY,
  pods,
  ROLE,
  recorded,
  STACK,
  target,
} from "./kubernetes";

describe("the network on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recorded();
  });

  describe("traffic", () => {
    const spec = (name: string) => at<Record<string, unknown>>(one(recording, POLICY, name), "spec");
    const inStack = (labels: Record<string, string>) => ({
      namespaceSelector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [STACK, AGENTS] }],
      },
      podSelector: { matchLabels: labels },
    });
    const tcp = (port: number) => [{ protocol: "TCP", port }];

    it("is denied in both directions to every pod, by one label", () => {
      const selected = all(recording, POLICY)
        .filter((p) => (at(p, "spec.policyTypes") as string[]).length === 2)
        .map((p) => at<Record<string, string>>(p, "spec.podSelector.matchLabels"));
      for (const labels of selected) expect(Object.keys(labels)).toEqual(["datastack.io/service"]);
      const services = selected.map((labels) => labels["datastack.io/service"]);
      for (const { owner, metadata } of pods(recording))
        expect(services, owner.name).toContain(metadata.labels["datastack.io/service"]);
    });

    it("is admitted from pods that carry the server's label, which clients get from their needs", () => {
      expect(spec("counter-network").ingress).toEqual([
        { from: [inStack({ "datastack.io/access-counter-8080": "true" })], ports: tcp(8080) },
      ]);
      const labels = (name: string, type: string) =>
        pods(recording).find(({ owner }) => owner.name === name && owner.type === type)?.metadata.labels;
      expect(labels("register", JOB)).toMatchObject({ "datastack.io/access-counter-8080": "true" });
      expect(labels("sweep", CRON_JOB)).toMatchObject({ "datastack.io/access-counter-8080": "true" });
      expect(labels("visitor", DEPLOYMENT)).toMatchObject({ "datastack.io/access-lookout-19180": "true" });
      expect(Object.keys(labels("counter", DEPLOYMENT) ?? {}).filter((l) => l.includes("/access-"))).toEqual([]);
      expect(spec("register-network").ingress).toBeUndefined();
    });

    it("goes out to names, to peers and to the addresses of servers outside the stack", () => {
      const egress = spec("vault-network").egress as object[];
      expect(egress.slice(1)).toEqual([
        {
          to: [{ ipBlock: { cidr: "192.0.2.10/32" } }, { ipBlock: { cidr: "192.0.2.11/32" } }],
          ports: tcp(5432),
        },
        { to: [inStack({ "datastack.io/service": "ring" })], ports: tcp(8080) },
      ]);
      expect(egress[0]).toMatchObject({ to: [{ podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }] });
    });

    it("goes out to name servers beside the cluster's, where they are named", async () => {
      const recording = await alone(counter(), { dnsCidrs: ["169.254.20.10/32"] });
      const [dns] = at<{ to: object[] }[]>(one(recording, POLICY, "counter-network"), "spec.egress");
      expect(dns?.to).toEqual([
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
          podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
        },
        { ipBlock: { cidr: "169.254.20.10/32" } },
      ]);
    });

    it("goes out to pods of another namespace, and comes in from them where that is said", async () => {
      const peer = { namespace: "storage", labels: { app: "minio" } };
      const minio = { ...connection(target(), "minio", 9000), peer };
      const recording = await record(() => {
        const cluster = target();
        const parent = new pulumi.ComponentResource("datastack:test:Case", "elsewhere");
        cluster.service({ ...counter(), needs: [{ to: minio }] }, { parent });
        const to = { ...connection(cluster, "counter", 8080), peer: { workload: "counter" } };
        const from = { namespace: "traefik", labels: {} };
        cluster.admit("edge-counter", to, from, cluster.children({ parent }));
      });
      const storage = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "storage" } } };
      expect(at(one(recording, POLICY, "counter-network"), "spec.egress")).toContainEqual({
        to: [{ ...storage, podSelector: { matchLabels: { app: "minio" } } }],
        ports: tcp(9000),
      });
      expect(at(one(recording, POLICY, "edge-counter"), "spec")).toEqual({
        podSelector: { matchLabels: { "datastack.io/service": "counter" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } } }],
            ports: tcp(8080),
          },
        ],
      });
    });

    it("flows between replicas of one service, and not at all to preparations", () => {
      const itself = { podSelector: { matchLabels: { "datastack.io/service": "ring" } } };
      expect(spec("ring-network").ingress).toContainEqual({ from: [itself] });
      expect(spec("ring-network").egress).toContainEqual({ to: [itself] });
      expect(spec("ring-prepare-network")).toEqual({
        podSelector: { matchLabels: { "datastack.io/service": "ring-prepare" } },
        policyTypes: ["Ingress", "Egress"],
      });
    });
  });
});

describe("a service that reads the list of pods", () => {
  const watching = (): Workload => ({ ...counter(), name: "watch", discovery: true });

  /** The agent is there before the service, or after it. */
  const withAgent = (first: "service" | "agent") =>
    record(() => {
      const cluster = target();
      const parent = new pulumi.ComponentResource("datastack:test:Case", "watching");
      const other = new pulumi.ComponentResource("datastack:test:Case", "agents");
      const [agent] = plans(cluster)[3]?.agents ?? [];
      if (!agent) throw new Error("the cases have changed");
      if (first === "agent") cluster.agent(agent, { parent: other });
      cluster.service(watching(), { parent });
      if (first === "service") cluster.agent(agent, { parent: other });
    });

  it("may list the pods of the stack's namespaces, and nothing else, whatever is constructed first", async () => {
    const [one_, two] = [await withAgent("service"), await withAgent("agent")];
    expect(one_.resources.map((r) => r.urn)).toEqual(two.resources.map((r) => r.urn));
    expect(differences(one_, two)).toEqual([]);
    expect(all(one_, ROLE).map((r) => at(r, "metadata.namespace"))).toEqual([STACK, AGENTS]);
    for (const role of all(one_, ROLE)) {
      const rules = at<{ resources: string[]; verbs: string[] }[]>(role, "rules");
      expect(rules.flatMap((r) => r.resources)).toEqual(["pods"]);
      expect(new Set(rules.flatMap((r) => r.verbs))).toEqual(new Set(["list", "watch"]));
    }
    for (const binding of all(one_, BINDING))
      expect(at(binding, "subjects")).toEqual([{ kind: "ServiceAccount", name: "watch", namespace: STACK }]);
  });

  it("gets a token that expires, and a way to the API server", async () => {
    const recording = await alone(watching(), { apiServerCidrs: ["10.0.0.1/32"] });
    const spec = at<Record<string, unknown>>(one(recording, DEPLOYMENT, "watch"), "spec.template.spec");
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(container(spec).volumeMounts).toContainEqual({
      name: "api-access",
      mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
      readOnly: true,
    });
    expect(JSON.stringify(spec.volumes)).toContain('"expirationSeconds":3607');
    expect(at(one(recording, POLICY, "watch-network"), "spec.egress")).toContainEqual({
      to: [{ ipBlock: { cidr: "10.0.0.1/32" } }],
      ports: [
        { protocol: "TCP", port: 443 },
        { protocol: "TCP", port: 6443 },
      ],
    });
  });
});

describe("scraping on Kubernetes", () => {
  const discovery = (namespace: string, workload: string) => [
    {
      role: "pod",
      namespaces: { names: [namespace] },
      selectors: [{ role: "pod", label: `datastack.io/service=${workload}` }],
    },
  ];
  const keep = [
    { source_labels: ["__meta_kubernetes_pod_container_port_name"], regex: "http", action: "keep" },
    { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Succeeded|Failed", action: "drop" },
  ];
  const from = (source: string) => ({ source_labels: [source], target_label: "instance", action: "replace" });

  it("finds every instance, with the labels that Docker gives", () => {
    expect(target().scrape(scrapeTargets(target()))).toEqual([
      {
        job_name: "ring",
        scrape_interval: "30s",
        kubernetes_sd_configs: discovery(STACK, "ring"),
        relabel_configs: [
          ...keep,
          from("__meta_kubernetes_pod_name"),
          { target_label: "cluster", replacement: "ring", action: "replace" },
        ],
        metric_relabel_configs: [{ source_labels: ["__name__"], regex: "debug_.*", action: "drop" }],
      },
      {
        job_name: "counter",
        metrics_path: "/cgi-bin/attempt",
        kubernetes_sd_configs: discovery(STACK, "counter"),
        relabel_configs: [...keep, { target_label: "instance", replacement: "counter", action: "replace" }],
      },
      {
        job_name: "node",
        kubernetes_sd_configs: discovery(AGENTS, "lookout"),
        relabel_configs: [...keep, from("__meta_kubernetes_pod_node_name")],
      },
    ]);
  });

  it("keeps one job label for targets that are scraped differently", () => {
    const [first] = scrapeTargets(target());
    if (!first) throw new Error("the cases have changed");
    const configs = target().scrape([first, { ...first, workload: "other", interval: "60s" }]);
    expect(configs.map((c) => c.job_name)).toEqual(["ring", "ring-2"]);
    expect(configs[1]?.relabel_configs).toContainEqual({ target_label: "job", replacement: "ring", action: "replace" });
    expect(configs[0]?.relabel_configs).not.toContainEqual(expect.objectContaining({ target_label: "job" }));
  });
});
