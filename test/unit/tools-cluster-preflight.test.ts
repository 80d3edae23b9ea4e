import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import type { Workload } from "../../components/target/workload";
import { parseConfig } from "../../stacks/config";
import { declareStack } from "../../stacks/systems";
import { clusterOf } from "../../tools/cluster/cluster";
import { layoutOf } from "../../tools/cluster/settings";
import { clusterDemand, lookAtCluster } from "../../tools/pulumi/cluster-facts";
import {
  type ClusterDemand,
  type ClusterFacts,
  foreignStack,
  judgeCluster,
  otherCluster,
  otherNamespace,
} from "../../tools/pulumi/cluster-preflight";
import { counter, ring, sweep } from "../contract/cases";
import { target } from "../contract/kubernetes";

const DEMAND: ClusterDemand = {
  stack: "prod",
  namespace: "prod",
  volumes: { "data-kafka-0": "20Gi" },
  ingressClasses: [],
  definitions: [],
  nodePorts: [],
  secrets: [{ name: "postgres", key: "password", user: "postgres-exporter" }],
};
const FACTS: ClusterFacts = {
  files: ["/home/me/.kube/config"],
  contexts: ["production"],
  current: "production",
  storageClasses: [
    { name: "standard", isDefault: true, expands: false },
    { name: "fast", isDefault: false, expands: true },
  ],
  ingressClasses: ["traefik"],
  claims: {},
  secrets: { postgres: ["password"] },
};
const judged = (demand: Partial<ClusterDemand>, facts: Partial<ClusterFacts> = {}) =>
  judgeCluster({ ...DEMAND, ...demand }, { ...FACTS, ...facts });

describe("what stands in the way on a cluster", () => {
  it("is nothing where all is there, nor where nothing can be asked", () => {
    expect(judged({ context: "production", storageClass: "fast", ingressClasses: ["traefik"] })).toEqual([]);
    const { files, contexts = [], current = "" } = FACTS;
    expect(judgeCluster({ ...DEMAND, storageClass: "any" }, { files, contexts, current })).toEqual([]);
  });

  it("is the cluster itself: none, the wrong one, one of several, one that does not answer", () => {
    const { contexts: _, ...none } = FACTS;
    expect(judgeCluster(DEMAND, none)).toEqual([
      'No cluster: there is no kubeconfig (/home/me/.kube/config). Name one in datastack:kubeconfig or in KUBECONFIG; "npm run cluster -- up" makes a cluster on this machine.',
    ]);
    expect(judged({ context: "prodution", storageClass: "none" })).toEqual([
      "The context prodution is not in /home/me/.kube/config: it has production. Correct datastack:kubeContext, or name another datastack:kubeconfig.",
    ]);
    expect(judged({}, { contexts: ["kind", "production"], current: "kind" })).toEqual([
      "datastack:kubeContext is not set, and /home/me/.kube/config has several contexts (kind, production): what was used last, kind, would decide where stack prod goes. Set it in Pulumi.prod.yaml.",
    ]);
    const { current: __, ...undecided } = FACTS;
    expect(judgeCluster(DEMAND, undecided)).toEqual([
      "/home/me/.kube/config has no current context: it has production. Set datastack:kubeContext in Pulumi.prod.yaml.",
    ]);
    expect(judged({}, { unreachable: "dial tcp 10.0.0.1:6443: i/o timeout" })).toEqual([
      'The cluster of the context production cannot be asked: dial tcp 10.0.0.1:6443: i/o timeout. Look with "kubectl --context production get nodes", or choose another datastack:kubeContext.',
    ]);
  });

  it("is no kubeconfig, but for a pod of the cluster; the local cluster's is named", () => {
    const none: ClusterFacts = { files: ["/home/me/.kube/config"] };
    expect(judgeCluster(DEMAND, { ...none, local: "/data/cluster/datastack/kubeconfig" })).toEqual([
      "No cluster: there is no kubeconfig (/home/me/.kube/config). Name one in datastack:kubeconfig or in KUBECONFIG; that of this machine's cluster is /data/cluster/datastack/kubeconfig.",
    ]);
    expect(judgeCluster(DEMAND, { ...none, inCluster: true })).toEqual([]);
    expect(judgeCluster(DEMAND, { ...none, inCluster: true, unreachable: "Unauthorized" })).toEqual([
      'The cluster of this pod cannot be asked: Unauthorized. Look with "kubectl get nodes", or name a datastack:kubeconfig.',
    ]);
    expect(judgeCluster(DEMAND, { ...none, inCluster: true, secrets: {} })).toHaveLength(1);
  });

  it("is what somebody else runs in its namespaces", () => {
    const service = (name: string, stack?: string) => ({
      namespace: "prod",
      kind: "Service",
      name,
      ...(stack ? { stack } : {}),
    });
    expect(judged({}, { occupants: [service("kafka", "prod")] })).toEqual([]);
    const agent = { namespace: "prod-agents", kind: "DaemonSet", name: "node-exporter" };
    const grafana = { ...service("grafana"), kind: "Deployment" };
    expect(judged({}, { occupants: [service("kafka", "prod"), service("kafka", "test"), grafana, agent] })).toEqual([
      "The namespace prod is not free: stack prod did not make its Deployment grafana, Service kafka of stack test. The stack would take over what is called like its own. Give it another namespace with datastack:namespace in Pulumi.prod.yaml, or remove them.",
      "The namespace prod-agents is not free: stack prod did not make its DaemonSet node-exporter. The stack would take over what is called like its own. Give it another namespace with datastack:namespace in Pulumi.prod.yaml, or remove them.",
    ]);
    const many = Array.from({ length: 15 }, (_, i) => service(`service-${i + 10}`));
    expect(judged({}, { occupants: many })[0]).toContain("Service service-21 and 3 more. The stack");
  });

  it("is another cluster than the one that the stack is on", () => {
    const other = (deployed: string | undefined, facts: Partial<ClusterFacts>) =>
      otherCluster(DEMAND, { ...FACTS, ...facts }, deployed);
    expect(other("a", { namespaceUid: "a" })).toEqual([]);
    expect(other(undefined, { namespaceUid: null })).toEqual([]);
    expect(other("a", {})).toEqual([
      "It cannot be told whether this is the cluster of stack prod, as its namespace prod could not be asked for. Install kubectl, and have the right to get namespaces.",
    ]);
    const message = (what: string) => [
      `Stack prod is on another cluster: the namespace prod that it was deployed to is not in this one (context production), which has ${what}. Name the right one with datastack:kubeContext in Pulumi.prod.yaml. If that namespace is gone for good, with all that was in it, have it forgotten: npm run toolchain -- pulumi stack rm prod --force --yes --preserve-config`,
    ];
    expect(other("a", { namespaceUid: null })).toEqual(message("none of that name"));
    expect(other("a", { namespaceUid: "b" })).toEqual(message("another of that name"));
    expect(other("a", { contexts: ["kind", "production"] })[0]).toContain("has several contexts");
  });

  it("is a class that it has not, or a kind of object", () => {
    expect(judged({ storageClass: "gold", ingressClasses: ["traefik", "nginx"] })).toEqual([
      "The cluster has no storage class gold. It has fast, standard. Correct datastack:storageClass.",
      "The cluster has no ingress class nginx. It has traefik. Install its controller, or name another class.",
    ]);
    const definitions = ["middlewares.traefik.io"];
    expect(judged({ definitions }, { definitions: ["other.example.com"] })).toEqual([
      "The cluster does not know the kind of object middlewares.traefik.io. Install its definition: that of Traefik, or of the Gateway API, comes with the controller's chart.",
    ]);
    expect(judged({ definitions }, { definitions })).toEqual([]);
    expect(judged({ definitions })).toEqual([]);
    expect(judged({}, { storageClasses: [] })).toEqual([
      "The cluster has no default storage class. It has none. Choose one with datastack:storageClass.",
    ]);
    expect(judged({ volumes: {} }, { storageClasses: [] })).toEqual([]);
  });

  it("is a volume that cannot become what it should", () => {
    const claims = { "data-kafka-0": { size: "20Gi", storageClass: "standard" } };
    expect(judged({}, { claims })).toEqual([]);
    expect(judged({ volumes: { "data-kafka-0": "10Gi" } }, { claims })).toEqual([
      "The volume data-kafka-0 has 20Gi and cannot become 10Gi: volumes only grow. Keep the size.",
    ]);
    expect(judged({ volumes: { "data-kafka-0": "30Gi" } }, { claims })).toEqual([
      "The volume data-kafka-0 has 20Gi and cannot become 30Gi: its storage class standard does not let volumes grow (allowVolumeExpansion). Keep the size, or have the class changed.",
    ]);
    const fast = { "data-kafka-0": { size: "20Gi", storageClass: "fast" } };
    expect(judged({ volumes: { "data-kafka-0": "30Gi" } }, { claims: fast })).toEqual([]);
  });

  it("is another class for a volume that is there", () => {
    const there = { claims: { "data-kafka-0": { size: "20Gi", storageClass: "standard" } } };
    expect(judged({}, there)).toEqual([]);
    expect(judged({ storageClass: "standard" }, there)).toEqual([]);
    expect(judged({ storageClass: "fast" }, there)).toEqual([
      "The volume data-kafka-0 is of the storage class standard and cannot become one of fast. Keep datastack:storageClass, or move the data to a stack of another name.",
    ]);
  });

  it("is a port of the nodes that others have", () => {
    const nodePorts = [{ port: 9100, owner: "node-exporter" }];
    const other = (port: number) => ({ nodePorts: [{ port, owner: "the DaemonSet prom-node in monitoring" }] });
    expect(judged({ nodePorts }, other(9101))).toEqual([]);
    expect(judged({ nodePorts })).toEqual([]);
    expect(judged({ nodePorts }, other(9100))).toEqual([
      "Port 9100 of the nodes, which node-exporter needs, is taken by the DaemonSet prom-node in monitoring: its pods would never start. Choose another in Pulumi.prod.yaml (datastack:nodeExporterPort for the node exporter), or remove that one.",
    ]);
  });

  it("is a Secret that somebody else should have made", () => {
    expect(judged({}, { secrets: {} })).toEqual([
      "The Secret postgres, which postgres-exporter needs, is not in the namespace prod. Make it, and the namespace before if it is not there: kubectl -n prod create secret generic postgres --from-file=password=<file>",
    ]);
    const secrets = [{ name: "site", key: "tls.crt", user: "a host name" }];
    expect(judged({ secrets }, { secrets: {} })).toEqual([
      "The Secret site, which a host name needs, is not in the namespace prod. Make it, and the namespace before if it is not there: kubectl -n prod create secret tls site --cert=<file> --key=<file>",
    ]);
    expect(judged({}, { secrets: { postgres: ["user"] } })).toEqual([
      "The Secret postgres has no key password, which postgres-exporter needs; it has user.",
    ]);
  });
});

describe("the namespace of a stack", () => {
  it("stays: data do not move", () => {
    expect(otherNamespace(DEMAND, new Set())).toEqual([]);
    expect(otherNamespace(DEMAND, new Set(["prod", "prod-agents"]))).toEqual([]);
    expect(otherNamespace(DEMAND, new Set(["prod-agents"])), "interrupted").toEqual([]);
    expect(otherNamespace(DEMAND, new Set(["data-agents", "data"]))).toEqual([
      "Stack prod is in the namespace data and data-agents, and its data stay there: it cannot move to prod. Keep datastack:namespace in Pulumi.prod.yaml as it was, or deploy a stack of another name there.",
    ]);
  });

  it("has a stack of the same name that another state made", () => {
    const kafka = { namespace: "prod", kind: "StatefulSet", name: "kafka", stack: "prod" };
    const agent = { namespace: "prod-agents", kind: "DaemonSet", name: "node-exporter", stack: "prod" };
    expect(foreignStack(DEMAND, FACTS)).toEqual([]);
    expect(foreignStack(DEMAND, { ...FACTS, occupants: [{ ...kafka, stack: "test" }] }), "told elsewhere").toEqual([]);
    const [problem = "", ...others] = foreignStack(DEMAND, { ...FACTS, occupants: [kafka, agent] });
    expect(others).toEqual([]);
    expect(problem).toContain("already has a stack prod (DaemonSet node-exporter, StatefulSet kafka)");
    expect(problem).toContain(
      "kubectl --context production -n prod delete statefulsets,deployments,daemonsets,cronjobs,jobs,services -l datastack.io/stack=prod; kubectl --context production -n prod-agents delete",
    );
  });
});

describe("what a stack needs of its cluster", () => {
  it("of gauzian are its ingress class and its certificate, too", () => {
    const gateway = { prometheus: "p.example.com", grafana: "g.example.com", tls: { secret: "site" } };
    const { config } = parseConfig({ "datastack:target": "kubernetes", "datastack:gateway": JSON.stringify(gateway) });
    const demand = clusterDemand("gauzian", config, declareStack("gauzian", config).blueprint.plans());
    expect(demand.ingressClasses).toEqual(["traefik"]);
    expect(demand.definitions).toEqual(["middlewares.traefik.io"]);
    expect(demand.secrets).toEqual([{ name: "site", key: "tls.crt", user: "a host name" }]);
  });

  it("is the node exporter's port, where it is configured to be", () => {
    const { config } = parseConfig({ "datastack:target": "kubernetes", "datastack:nodeExporterPort": "9200" });
    const demand = clusterDemand("prod", config, declareStack("prod", config).blueprint.plans());
    expect(demand.nodePorts).toEqual([{ port: 9200, owner: "node-exporter" }]);
  });

  it("are the claims of all replicas and schedules, and the Secrets of others that its files come from", () => {
    const config = parseConfig({ "datastack:target": "kubernetes", "datastack:namespace": "data" }).config;
    const exporter: Workload = {
      ...counter(),
      files: [{ path: "/etc/password", content: { existing: "postgres", key: "password" }, secret: true }],
    };
    const requires = [{ ingressClass: "traefik" }, { secret: "site", key: "tls.crt" }];
    const plans = [{ services: [ring(), exporter], schedules: [sweep(target())] }, { requires }];
    expect(clusterDemand("prod", config, plans)).toEqual({
      stack: "prod",
      namespace: "data",
      volumes: { "data-ring-0": "64Mi", "data-ring-1": "64Mi", "data-ring-2": "64Mi", "kept-sweep-0": "16Mi" },
      ingressClasses: ["traefik"],
      definitions: [],
      nodePorts: [],
      secrets: [
        { name: "postgres", key: "password", user: "counter" },
        { name: "site", key: "tls.crt", user: "a host name" },
      ],
    });
  });
});

describe("looking at a cluster", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-cluster-"));
    // without this machine's own node and its kubectl
    vi.stubEnv("DATASTACK_HOME", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    fs.rmSync(folder, { recursive: true });
  });

  function kubeconfig(name: string, contexts: readonly string[], current?: string): string {
    const file = path.join(folder, name);
    const content = {
      contexts: contexts.map((context) => ({ name: context })),
      ...(current ? { "current-context": current } : {}),
    };
    fs.writeFileSync(file, stringify(content));
    return file;
  }

  /** A kubectl that answers what `answers` has for the words behind `get`, and fails otherwise. */
  function kubectl(answers: Readonly<Record<string, string>>): void {
    const cases = Object.entries(answers).map(([words, answer]) => `*" ${words} "*) cat <<'END'\n${answer}\nEND\n;;`);
    const log = `echo "$KUBECONFIG $*" >> ${path.join(folder, "log")}`;
    const failure = 'echo "Unable to connect to the server: no route to host" >&2; exit 1';
    const script = `#!/bin/sh\n${log}\ncase " $* " in\n${cases.join("\n")}\n*) ${failure} ;;\nesac\n`;
    fs.writeFileSync(path.join(folder, "kubectl"), script, { mode: 0o755 });
    vi.stubEnv("PATH", `${folder}${path.delimiter}${process.env.PATH}`);
  }

  const NOWHERE = { desiredNumberScheduled: 0 };
  function daemonSet(name: string, namespace: string, { ports, ...pod }: { ports: object[]; hostNetwork?: boolean }) {
    const spec = { template: { spec: { ...pod, containers: [{ name, ports }] } } };
    return { kind: "DaemonSet", metadata: { name, namespace }, spec };
  }

  it("reads the files that the provider would, and their contexts", async () => {
    const [one, two] = [kubeconfig("one", ["a", "b"]), kubeconfig("two", ["b", "c"], "c")];
    vi.stubEnv("KUBECONFIG", `${one}${path.delimiter}${two}`);
    expect(await lookAtCluster(DEMAND)).toEqual({ files: [one, two], contexts: ["a", "b", "c"], current: "c" });
    vi.stubEnv("DATASTACK_HOME", folder);
    const none = path.join(folder, "none");
    expect(await lookAtCluster({ ...DEMAND, kubeconfig: none })).toEqual({ files: [none] });
    const local = path.join(folder, "cluster", "datastack", "kubeconfig");
    fs.mkdirSync(path.dirname(local), { recursive: true });
    fs.writeFileSync(local, "");
    expect(await lookAtCluster({ ...DEMAND, kubeconfig: none })).toEqual({ files: [none], local });
  });

  it("goes by the account of a pod where there is no kubeconfig, unless a file or a context is named", async () => {
    vi.stubEnv("DATASTACK_HOME", folder);
    const [none, token] = [path.join(folder, "none"), path.join(folder, "token")];
    vi.stubEnv("KUBECONFIG", none);
    vi.stubEnv("KUBERNETES_SERVICE_HOST", "10.96.0.1");
    kubectl({ "--raw /version": "{}", "secret postgres": "password " });
    expect(await lookAtCluster(DEMAND, token)).toEqual({ files: [none] });
    fs.writeFileSync(token, "t");
    expect(await lookAtCluster(DEMAND, token)).toEqual({
      files: [none],
      inCluster: true,
      secrets: { postgres: ["password"] },
    });
    for (const line of fs.readFileSync(path.join(folder, "log"), "utf8").trim().split("\n"))
      expect(line).toContain(`${none} --request-timeout=10s get `);
    expect(await lookAtCluster({ ...DEMAND, kubeconfig: none }, token)).toEqual({ files: [none] });
    expect(await lookAtCluster({ ...DEMAND, context: "production" }, token)).toEqual({ files: [none] });
    vi.stubEnv("KUBERNETES_SERVICE_HOST", undefined);
    expect(await lookAtCluster(DEMAND, token)).toEqual({ files: [none] });
  });

  it("asks for what it may, in the context that is meant, and reads no secret", async () => {
    const file = kubeconfig("one", ["a", "b"], "b");
    kubectl({
      "--raw /version": "{}",
      "storageclasses --output=json": JSON.stringify({
        items: [
          {
            metadata: { name: "fast", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
            allowVolumeExpansion: true,
          },
        ],
      }),
      "persistentvolumeclaims --namespace prod --output=json": JSON.stringify({
        items: [
          {
            metadata: { name: "data-kafka-0" },
            spec: { storageClassName: "fast", resources: { requests: { storage: "20Gi" } } },
          },
        ],
      }),
      "secret postgres": "password user ",
      "statefulsets,deployments,daemonsets,services --namespace prod": JSON.stringify({
        items: [
          { kind: "StatefulSet", metadata: { name: "kafka", labels: { "datastack.io/stack": "prod" } } },
          { kind: "Service", metadata: { name: "old" } },
          { kind: "Service", metadata: { name: "solver", labels: { "acme.cert-manager.io/http01-solver": "true" } } },
        ],
      }),
      "statefulsets,deployments,daemonsets,services --namespace prod-agents": JSON.stringify({
        items: [{ kind: "DaemonSet", metadata: { name: "agent", labels: {} } }],
      }),
      "daemonsets --all-namespaces": JSON.stringify({
        items: [
          daemonSet("own", "prod-agents", { hostNetwork: true, ports: [{ containerPort: 9100 }] }),
          {
            ...daemonSet("windows", "monitoring", { ports: [{ containerPort: 9182, hostPort: 9182 }] }),
            status: NOWHERE,
          },
          daemonSet("node", "monitoring", { hostNetwork: true, ports: [{ containerPort: 9100 }] }),
          daemonSet("proxy", "edge", { ports: [{ containerPort: 8443, hostPort: 443 }, { containerPort: 9101 }] }),
        ],
      }),
      "namespace prod --ignore-not-found": "1234-abcd",
      "customresourcedefinitions --output=name":
        "customresourcedefinition.apiextensions.k8s.io/middlewares.traefik.io\ncustomresourcedefinition.apiextensions.k8s.io/x.y",
    });
    const definitions = ["middlewares.traefik.io"];
    const nodePorts = [{ port: 9100, owner: "node-exporter" }];
    expect(await lookAtCluster({ ...DEMAND, definitions, nodePorts, kubeconfig: file, context: "a" })).toEqual({
      files: [file],
      contexts: ["a", "b"],
      current: "b",
      storageClasses: [{ name: "fast", isDefault: true, expands: true }],
      claims: { "data-kafka-0": { size: "20Gi", storageClass: "fast" } },
      secrets: { postgres: ["password", "user"] },
      definitions: ["middlewares.traefik.io", "x.y"],
      namespaceUid: "1234-abcd",
      nodePorts: [
        { port: 9100, owner: "the DaemonSet node in monitoring" },
        { port: 443, owner: "the DaemonSet proxy in edge" },
      ],
      occupants: [
        { namespace: "prod", kind: "StatefulSet", name: "kafka", stack: "prod" },
        { namespace: "prod", kind: "Service", name: "old" },
        { namespace: "prod-agents", kind: "DaemonSet", name: "agent" },
      ],
    });
    const log = fs.readFileSync(path.join(folder, "log"), "utf8").trim().split("\n");
    expect(log).toHaveLength(10);
    for (const line of log) expect(line).toContain(`${file} --context a --request-timeout=10s get `);
    expect(log.filter((line) => line.includes(" secret "))[0]).toContain(
      "go-template={{range $key, $_ := .data}}{{$key}} {{end}}",
    );
  });

  it("says why a cluster does not answer", async () => {
    kubectl({});
    const file = kubeconfig("one", ["a"], "a");
    expect(await lookAtCluster({ ...DEMAND, kubeconfig: file })).toMatchObject({ unreachable: "no route to host" });
  });
});

describe("the cluster of a kubeconfig", () => {
  it("is one of ours only where npm run cluster wrote it", () => {
    const base = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-cluster-"));
    try {
      const { root, kubeconfig } = layoutOf("mine", base);
      fs.mkdirSync(root, { recursive: true });
      expect(clusterOf(kubeconfig)).toBeUndefined();
      fs.writeFileSync(path.join(root, "provider"), "node");
      expect(clusterOf(kubeconfig)).toMatchObject({ name: "mine", kubeconfig });
      expect(clusterOf(path.join(root, "other"))).toBeUndefined();
      expect(clusterOf(path.join(base, "kubeconfig"))).toBeUndefined();
    } finally {
      fs.rmSync(base, { recursive: true });
    }
  });
});
