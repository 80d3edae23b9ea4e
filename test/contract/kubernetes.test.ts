import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget, type KubernetesTargetArgs } from "../../components/target/kubernetes";
import type { Workload } from "../../components/target/workload";
import {
  all,
  at,
  dependsOn,
  isSecret,
  kubernetes,
  one,
  only,
  plain,
  type Recording,
  type Registration,
  record,
  waitsFor,
} from "../support/record";
import { findLeaks } from "../support/taint";
import {
  BUSYBOX,
  type CaseOptions,
  connection,
  construct,
  counter,
  plans,
  ring,
  SECRET,
  scrapeTargets,
  WRONG_USES,
} from "./cases";

const STACK = "contract";
const AGENTS = "contract-agents";

const STATEFUL_SET = kubernetes("apps/v1", "StatefulSet");
const DEPLOYMENT = kubernetes("apps/v1", "Deployment");
const DAEMON_SET = kubernetes("apps/v1", "DaemonSet");
const JOB = kubernetes("batch/v1", "Job");
const CRON_JOB = kubernetes("batch/v1", "CronJob");
const CLAIM = kubernetes("core/v1", "PersistentVolumeClaim");
const SERVICE = kubernetes("core/v1", "Service");
const SERVICE_ACCOUNT = kubernetes("core/v1", "ServiceAccount");
const NAMESPACE = kubernetes("core/v1", "Namespace");
const POLICY = kubernetes("networking.k8s.io/v1", "NetworkPolicy");
const BUDGET = kubernetes("policy/v1", "PodDisruptionBudget");
const ROLE = kubernetes("rbac.authorization.k8s.io/v1", "Role");
const BINDING = kubernetes("rbac.authorization.k8s.io/v1", "RoleBinding");
const PROVIDER = "pulumi:providers:kubernetes";

const target = (args: Partial<KubernetesTargetArgs> = {}) => new KubernetesTarget({ stack: STACK, ...args });
const recorded = (options: CaseOptions = {}, args: Partial<KubernetesTargetArgs> = {}) =>
  record(() => construct(target(args), options));

/** One service by itself. */
const alone = (workload: Workload, args: Partial<KubernetesTargetArgs> = {}) =>
  record(() => {
    target(args).service(workload, { parent: new pulumi.ComponentResource("datastack:test:Case", "alone") });
  });

/** Everything that has a pod, with its pod's specification. */
function pods(recording: Recording): { owner: Registration; metadata: Metadata; spec: Record<string, unknown> }[] {
  const kinds = [STATEFUL_SET, DEPLOYMENT, DAEMON_SET, JOB, CRON_JOB];
  return all(recording)
    .filter((r) => kinds.includes(r.type))
    .map((owner) => {
      const path = owner.type === CRON_JOB ? "spec.jobTemplate.spec.template" : "spec.template";
      return { owner, ...at<{ metadata: Metadata; spec: Record<string, unknown> }>(owner, path) };
    });
}

interface Metadata {
  readonly uid?: string;
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

const container = (spec: Record<string, unknown>) => (spec.containers as Record<string, unknown>[])[0] ?? {};

describe("the contract's workloads on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recorded();
  });

  it("passes the check", () => {
    expect(target().check(plans(target()))).toEqual([]);
  });

  it("has a restricted namespace, a privileged one for agents, and no provider of its own", () => {
    const levels = (name: string) => at<Record<string, string>>(one(recording, NAMESPACE, name), "metadata.labels");
    for (const mode of ["enforce", "audit", "warn"]) {
      expect(levels(STACK)[`pod-security.kubernetes.io/${mode}`]).toBe("restricted");
      expect(levels(AGENTS)[`pod-security.kubernetes.io/${mode}`]).toBe("privileged");
    }
    expect(all(recording, PROVIDER)).toEqual([]);
  });

  it("names every object, in one of the two namespaces", () => {
    const objects = all(recording).filter((r) => r.type.startsWith("kubernetes:") && r.type !== NAMESPACE);
    expect(objects.length).toBeGreaterThan(40);
    for (const object of objects) {
      expect(typeof at(object, "metadata.name"), object.urn).toBe("string");
      expect([STACK, AGENTS], object.urn).toContain(at(object, "metadata.namespace"));
      expect(waitsFor(recording, object), object.urn).toContain(at(object, "metadata.namespace"));
    }
    const agents = objects.filter((o) => at(o, "metadata.namespace") === AGENTS).map((o) => o.name);
    expect(new Set(agents)).toEqual(new Set(["lookout", "lookout-account", "lookout-network", "lookout-service"]));
  });

  describe("a stateful service with three replicas", () => {
    it("is a StatefulSet that starts all of them at once, each with a name", () => {
      const set = one(recording, STATEFUL_SET, "ring");
      expect(plain(set.inputs)).toMatchObject({
        metadata: { name: "ring" },
        spec: {
          replicas: 3,
          serviceName: "ring-nodes",
          podManagementPolicy: "Parallel",
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
          selector: { matchLabels: { "datastack.io/service": "ring" } },
        },
      });
      expect(plain(one(recording, SERVICE, "ring-nodes").inputs)).toMatchObject({
        metadata: { name: "ring-nodes" },
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: { "datastack.io/service": "ring" } },
      });
      expect(dependsOn(recording, set)).toEqual(expect.arrayContaining(["ring-nodes", "ring-service"]));
      expect(target().host("ring")).toBe("ring.contract.svc.cluster.local");
      expect(target().host("ring", 2)).toBe("ring-2.ring-nodes.contract.svc.cluster.local");
    });

    it("claims volumes that are there before, each prepared by a job", () => {
      const before = waitsFor(recording, one(recording, STATEFUL_SET, "ring"));
      for (const i of [0, 1, 2]) {
        const claim = one(recording, CLAIM, `ring-${i}-data`);
        expect(plain(claim.inputs)).toMatchObject({
          metadata: { name: `data-ring-${i}` },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "64Mi" } } },
        });
        expect(claim.options).toMatchObject({ retainOnDelete: true });
        expect(claim.options.protect ?? false).toBe(false);
        const job = one(recording, JOB, `ring-${i}-data-prepare`);
        expect(plain(job.inputs)).toMatchObject({
          metadata: { name: `prepare-data-ring-${i}` },
          spec: { activeDeadlineSeconds: 60, template: { spec: { restartPolicy: "Never" } } },
        });
        expect(at(job, "spec.template.spec.volumes")).toContainEqual({
          name: "data",
          persistentVolumeClaim: { claimName: `data-ring-${i}` },
        });
        expect(container(at(job, "spec.template.spec")).env).toContainEqual({
          name: "DATASTACK_REPLICA",
          value: `${i}`,
        });
        expect(dependsOn(recording, job)).toContain(`ring-${i}-data`);
        for (const name of [`ring-${i}-data`, `ring-${i}-data-prepare`]) expect(before).toContain(name);
      }
    });

    it("has a claim template that a larger volume leaves as it is", async () => {
      const [data] = ring().volumes ?? [];
      if (!data) throw new Error("the cases have changed");
      const larger = await alone({ ...ring(), volumes: [{ ...data, size: "1024Gi" }] });
      const templates = (r: Recording) => at(one(r, STATEFUL_SET, "ring"), "spec.volumeClaimTemplates");
      expect(templates(larger)).toEqual(templates(recording));
      expect(at(one(larger, CLAIM, "ring-0-data"), "spec.resources.requests.storage")).toBe("1Ti");
    });

    it("is protected in production, with its namespaces", async () => {
      const production = await recorded({}, { production: true });
      for (const i of [0, 1, 2]) expect(one(production, CLAIM, `ring-${i}-data`).options.protect).toBe(true);
      for (const name of [STACK, AGENTS]) {
        expect(one(production, NAMESPACE, name).options).toMatchObject({ protect: true, retainOnDelete: true });
        expect(one(recording, NAMESPACE, name).options).toMatchObject({ retainOnDelete: true });
      }
    });

    it("tells each replica its ordinal, and mounts the files of all", () => {
      const spec = container(at(one(recording, STATEFUL_SET, "ring"), "spec.template.spec"));
      expect(spec.env).toEqual([
        {
          name: "DATASTACK_REPLICA",
          valueFrom: { fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
        },
      ]);
      const mounts = (spec.volumeMounts as { mountPath: string }[]).map((m) => m.mountPath);
      expect(mounts).toEqual([
        "/data",
        "/tmp/work",
        "/etc/ring/common.conf",
        "/etc/ring/replica-0.conf",
        "/etc/ring/replica-1.conf",
        "/etc/ring/replica-2.conf",
      ]);
    });

    it("lets one replica go at a time, and none while another is missing", () => {
      expect(at(one(recording, BUDGET, "ring-budget"), "spec")).toEqual({
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "IfHealthyBudget",
        selector: { matchLabels: { "datastack.io/service": "ring" } },
      });
      expect(at(one(recording, BUDGET, "counter-budget"), "spec.unhealthyPodEvictionPolicy")).toBe("AlwaysAllow");
    });

    it("asks three different questions", () => {
      expect(container(at(one(recording, STATEFUL_SET, "ring"), "spec.template.spec"))).toMatchObject({
        startupProbe: { tcpSocket: { port: "http" }, periodSeconds: 1, failureThreshold: 90 },
        readinessProbe: { httpGet: { port: "http", path: "/prepared" }, periodSeconds: 1 },
        livenessProbe: { tcpSocket: { port: "http" }, periodSeconds: 10 },
      });
    });
  });

  it("gives every pod the posture of the restricted standard", () => {
    const found = pods(recording);
    expect(found).toHaveLength(11);
    for (const { owner, spec, metadata } of found) {
      const agent = owner.type === DAEMON_SET;
      expect(spec, owner.name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65534,
          runAsGroup: 65534,
          fsGroup: 65534,
          fsGroupChangePolicy: "OnRootMismatch",
          seccompProfile: { type: "RuntimeDefault" },
        },
      });
      expect(container(spec), owner.name).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        imagePullPolicy: "Never",
        resources: {
          requests: { cpu: "25m", memory: "32Mi" },
          limits: { cpu: "100m", memory: "32Mi", "ephemeral-storage": "1Gi" },
        },
      });
      const kinds = ((spec.volumes ?? []) as object[]).flatMap((volume) =>
        Object.keys(volume).filter((key) => key !== "name"),
      );
      const allowed = ["configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected"];
      expect(
        kinds.filter((kind) => !allowed.includes(kind)),
        owner.name,
      ).toEqual(agent ? ["hostPath"] : []);
      expect(spec.hostNetwork ?? false, owner.name).toBe(agent);
      expect(metadata.labels["app.kubernetes.io/instance"], owner.name).toBe(at(owner, "metadata.name"));
      expect(metadata.labels["datastack.io/stack"], owner.name).toBe(STACK);
    }
  });

  it("gives every workload an account of its own that nothing comes with", () => {
    for (const { owner, spec } of pods(recording)) {
      const account = all(recording, SERVICE_ACCOUNT).find((a) => at(a, "metadata.name") === spec.serviceAccountName);
      expect(account && at(account, "automountServiceAccountToken"), owner.name).toBe(false);
    }
    expect([...all(recording, ROLE), ...all(recording, BINDING)]).toEqual([]);
  });

  describe("a job", () => {
    it("is done only by success, is tried again by the next run, and waits for what it needs", () => {
      const job = one(recording, JOB, "register");
      expect(plain(job.inputs)).toMatchObject({
        metadata: { name: "register", annotations: { "pulumi.com/replaceUnready": "true" } },
        spec: { activeDeadlineSeconds: 20, template: { spec: { restartPolicy: "Never" } } },
      });
      expect(at(job, "spec.ttlSecondsAfterFinished")).toBeUndefined();
      expect(job.options).toMatchObject({ deleteBeforeReplace: true, customTimeouts: { create: "80s" } });
      expect(dependsOn(recording, job)).toEqual(expect.arrayContaining(["counter", "counter-service"]));
      expect(at<Record<string, string>>(job, "spec.template.metadata.labels")["datastack.io/job"]).toBe("register");
    });

    it("is waited for by what comes after it", () => {
      expect(dependsOn(recording, one(recording, DEPLOYMENT, "follower"))).toContain("register");
    });

    it("runs again when a volume that it restores is a new one", () => {
      // the name of a claim stays, its uid does not
      const uids = [0, 1, 2].map((i) => {
        const outputs = plain(one(recording, CLAIM, `ring-${i}-data`).result.properties);
        const { metadata } = outputs as unknown as { metadata: Metadata };
        return metadata.uid;
      });
      expect(new Set(uids.filter((uid) => uid?.length === 36)).size).toBe(3);
      expect(one(recording, JOB, "register").options.replacementTrigger).toBe(uids.join(" "));
      expect(one(recording, JOB, "ring-1-data-prepare").options.replacementTrigger).toBe(uids[1]);
    });
  });

  it("runs a schedule as a CronJob in UTC that never meets itself", () => {
    expect(plain(one(recording, CRON_JOB, "sweep").inputs)).toMatchObject({
      spec: {
        schedule: "* * * * *",
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 30,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { activeDeadlineSeconds: 30, template: { spec: { restartPolicy: "Never" } } } },
      },
    });
  });

  describe("a host agent", () => {
    it("runs on every host, sees it read-only, and listens on its address", () => {
      const spec = at<Record<string, unknown>>(one(recording, DAEMON_SET, "lookout"), "spec.template.spec");
      expect(spec).toMatchObject({
        hostNetwork: true,
        hostPID: true,
        tolerations: [{ operator: "Exists" }],
        volumes: [{ name: "host", hostPath: { path: "/" } }],
      });
      expect(container(spec)).toMatchObject({
        args: ["-f", "-p", "$(HOST_IP):19180", "-h", "/host/etc"],
        volumeMounts: [{ name: "host", mountPath: "/host", readOnly: true, mountPropagation: "HostToContainer" }],
      });
      expect(container(spec).env).toContainEqual({
        name: "HOST_IP",
        valueFrom: { fieldRef: { fieldPath: "status.hostIP" } },
      });
    });

    it("is reached by its name, whose traffic is let out by port", () => {
      expect(at(one(recording, SERVICE, "lookout-alias"), "metadata")).toMatchObject({
        name: "lookout",
        namespace: STACK,
      });
      expect(at(one(recording, SERVICE, "lookout-alias"), "spec.externalName")).toBe(
        "lookout.contract-agents.svc.cluster.local",
      );
      expect(at(one(recording, SERVICE, "lookout-service"), "spec.internalTrafficPolicy")).toBe("Local");
      expect(at(one(recording, POLICY, "lookout-access-19180"), "spec")).toEqual({
        podSelector: { matchLabels: { "datastack.io/access-lookout-19180": "true" } },
        policyTypes: ["Egress"],
        egress: [{ ports: [{ protocol: "TCP", port: 19180 }] }],
      });
    });
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

  it("keeps secret files in a Secret, and shows their change by a checksum that tells nothing", async () => {
    const secret = one(recording, kubernetes("core/v1", "Secret"), "vault-secrets");
    expect(at(secret, "data")).toEqual({ etc_vault_password: Buffer.from(SECRET).toString("base64") });
    expect(isSecret(secret, "data.etc_vault_password")).toBe(true);
    const annotations = (r: Recording) =>
      at<Record<string, string>>(one(r, DEPLOYMENT, "vault"), "spec.template.metadata.annotations");
    const checksum = annotations(recording)["datastack.io/secrets-checksum"];
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(findLeaks(recording, [SECRET])).toEqual([]);

    const otherKey = await record(() => construct(target()), { seed: "another" });
    expect(annotations(otherKey)["datastack.io/secrets-checksum"]).not.toBe(checksum);
    expect(annotations(otherKey)["datastack.io/files-checksum"]).toBe(
      annotations(recording)["datastack.io/files-checksum"],
    );
  });

  it("mounts files read-only, executable where they are", () => {
    const { spec } = pods(recording).find(({ owner }) => owner.name === "counter") ?? {};
    expect(container(spec ?? {}).volumeMounts).toContainEqual({
      name: "files",
      mountPath: "/www/cgi-bin/attempt",
      subPath: "www_cgi-bin_attempt",
      readOnly: true,
    });
    expect(spec?.volumes).toContainEqual({
      name: "files",
      configMap: {
        name: "counter-files",
        defaultMode: 0o444,
        items: [
          { key: "etc_counter_revision", path: "etc_counter_revision", mode: 0o444 },
          { key: "www_cgi-bin_attempt", path: "www_cgi-bin_attempt", mode: 0o555 },
        ],
      },
    });
    expect(spec?.volumes).toContainEqual({ name: "scratch-0", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } });
  });

  it("leaves scripts to the shell: Kubernetes has variables of its own in commands", async () => {
    const braces = "$" + "{HOME}";
    const script = `echo $$ $(date) $HOME ${braces} $$(x)`;
    const result = await alone({ ...counter(), command: ["sh", "-c", script], env: { PATTERN: "^a$(b)$" } });
    const { command, env } = container(at(one(result, DEPLOYMENT, "counter"), "spec.template.spec"));
    expect((command as string[])[2]).toBe(`echo $$$ $$(date) $HOME ${braces} $$$$(x)`);
    expect(expand((command as string[])[2] ?? "")).toBe(script);
    expect((env as { value: string }[]).map(({ value }) => expand(value))).toEqual(["^a$(b)$"]);
  });

  it("changes nothing but the workload whose file changes", async () => {
    expect(differences(recording, await recorded({ revision: 2 }))).toEqual(["counter", "counter-files"]);
  });

  it("waits for nothing of a server outside the stack", () => {
    const vault = one(recording, DEPLOYMENT, "vault");
    expect(dependsOn(recording, vault).filter((name) => name.includes("managed"))).toEqual([]);
    expect(dependsOn(recording, vault)).toContain("ring");
  });

  it("registers the same in a preview, where nothing is known", async () => {
    const options = { preview: true, opaque: true };
    const preview = await record(() => construct(target({ kubeconfig: "x" })), options);
    const urns = preview.resources.filter((r) => r.type !== PROVIDER).map((r) => r.urn);
    expect(urns.sort()).toEqual(recording.resources.map((r) => r.urn).sort());
  });

  it("does the same twice", async () => {
    expect(differences(recording, await recorded())).toEqual([]);
  });

  it("has no value of another resource in a field whose change replaces an object", () => {
    for (const r of all(recording).filter((r) => r.type.startsWith("kubernetes:"))) {
      // an annotation of the pod is the one place: the checksum of secrets
      const derived = Object.keys(r.propertyDependencies);
      expect(derived, r.urn).toEqual(r.name === "vault" && r.type === DEPLOYMENT ? ["spec"] : []);
    }
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

  it("may read pods, services and endpoints of the stack's namespaces, whatever is constructed first", async () => {
    const [one_, two] = [await withAgent("service"), await withAgent("agent")];
    expect(one_.resources.map((r) => r.urn)).toEqual(two.resources.map((r) => r.urn));
    expect(differences(one_, two)).toEqual([]);
    expect(all(one_, ROLE).map((r) => at(r, "metadata.namespace"))).toEqual([STACK, AGENTS]);
    for (const role of all(one_, ROLE)) {
      const rules = at<{ resources: string[]; verbs: string[] }[]>(role, "rules");
      expect(rules.flatMap((r) => r.resources)).toEqual(["pods", "services", "endpointslices"]);
      expect(new Set(rules.flatMap((r) => r.verbs))).toEqual(new Set(["get", "list", "watch"]));
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

describe("clusters and images", () => {
  it("makes a provider only for an explicit cluster, and gives it to everything", async () => {
    const recording = await recorded({}, { kubeconfig: "content", context: "production" });
    const provider = only(recording, PROVIDER);
    // providers' inputs travel as JSON texts
    expect(plain(provider.inputs)).toMatchObject({
      kubeconfig: "content",
      context: "production",
      clusterIdentifier: "production",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
      upsertExistingObjects: "true",
    });
    for (const r of all(recording).filter((r) => r.type.startsWith("kubernetes:")))
      expect(r.options.provider, r.name).toBe(provider.urn);
    for (const r of all(recording).filter((r) => r.type.startsWith("random:")))
      expect(r.options.provider ?? "default", r.name).not.toBe(provider.urn);
  });

  it("takes a provider of one's own", async () => {
    const recording = await record(() => {
      construct(target({ provider: new k8s.Provider("mine", { context: "mine" }) }));
    });
    const provider = one(recording, PROVIDER, "mine");
    expect(one(recording, STATEFUL_SET, "ring").options.provider).toBe(provider.urn);
    expect(all(recording, PROVIDER)).toHaveLength(1);
  });

  it("registers nothing before the first workload", async () => {
    expect(all(await record(() => void target({ context: "x" })))).toEqual([]);
  });

  it("pulls images of a registry, and never those of this machine", async () => {
    const image = { ...BUSYBOX, reference: "docker.io/library/busybox:1.37", source: "registry" as const };
    const policy = async (args: Partial<KubernetesTargetArgs>) =>
      pods(await recorded({ image }, args)).map(({ spec }) => container(spec).imagePullPolicy);
    expect(new Set(await policy({}))).toEqual(new Set(["IfNotPresent"]));
    expect(new Set(await policy({ imagePullPolicy: "Always" }))).toEqual(new Set(["Always"]));
  });

  it("takes namespace, storage class and domain", async () => {
    const args = { namespace: "data", storageClass: "fast", clusterDomain: "k8s.example.com" };
    const recording = await recorded({}, args);
    expect(all(recording, NAMESPACE).map((n) => n.name)).toEqual(["data", "data-agents"]);
    expect(at(one(recording, CLAIM, "ring-0-data"), "spec.storageClassName")).toBe("fast");
    expect(target(args).host("ring", 0)).toBe("ring-0.ring-nodes.data.svc.k8s.example.com");
  });

  it("spreads more files than one object can hold over several", async () => {
    const big = (name: string) => ({ path: `/etc/${name}`, content: "x".repeat(600_000) });
    const recording = await alone({ ...counter(), files: [big("a"), big("b"), big("c")] });
    const maps = all(recording, kubernetes("core/v1", "ConfigMap"));
    expect(maps.map((m) => at(m, "metadata.name"))).toEqual(["counter-files", "counter-files-2", "counter-files-3"]);
    const mounts = container(at(one(recording, DEPLOYMENT, "counter"), "spec.template.spec")).volumeMounts;
    expect((mounts as object[]).slice(-3)).toEqual([
      { name: "files", mountPath: "/etc/a", subPath: "etc_a", readOnly: true },
      { name: "files-2", mountPath: "/etc/b", subPath: "etc_b", readOnly: true },
      { name: "files-3", mountPath: "/etc/c", subPath: "etc_c", readOnly: true },
    ]);
  });

  it("lets transforms change an object last, by object and by function", async () => {
    const recording = await record(() => {
      const cluster = target();
      const parent = new pulumi.ComponentResource("datastack:test:Case", "transformed");
      const transform = {
        [BUDGET]: { spec: { minAvailable: 2 } },
        [CLAIM]: (args: Record<string, unknown>, opts: pulumi.CustomResourceOptions, name: string) => {
          args.apiVersion = "v1";
          opts.protect = name === "ring-2-data";
        },
      };
      cluster.service(ring(), { parent, transform });
    });
    expect(at(only(recording, BUDGET), "spec")).toEqual({ minAvailable: 2 });
    expect(one(recording, CLAIM, "ring-2-data").options.protect).toBe(true);
    expect(one(recording, CLAIM, "ring-1-data").options.protect ?? false).toBe(false);
  });
});

describe("wrong use on Kubernetes", () => {
  const docker = new DockerTarget({ stack: STACK });
  const problems = (args: Partial<KubernetesTargetArgs>, ...services: Workload[]) =>
    target(args).check([{ services }]).map(formatProblem);

  for (const wrong of WRONG_USES.filter((w) => w.on === "both"))
    it(`refuses ${wrong.name} as Docker does`, () => {
      const messages = target().check(wrong.plans(target())).map(formatProblem);
      expect(messages).not.toEqual([]);
      expect(messages).toEqual(docker.check(wrong.plans(docker)).map(formatProblem));
    });

  for (const wrong of WRONG_USES.filter((w) => w.on === "kubernetes"))
    it(`refuses ${wrong.name}`, () => {
      expect(target().check(wrong.plans(target())).map(formatProblem)).toEqual(MESSAGES[wrong.name]);
    });

  it("takes a host agent that resolves the stack's names", () => {
    const wrong = WRONG_USES.find((w) => w.name === "a host agent that has to resolve the stack's names");
    expect(target().check(wrong?.plans(target()) ?? [])).toEqual([]);
    expect(wrong).toBeDefined();
  });

  it("refuses root, but not of a host agent", () => {
    const user = { uid: 0, gid: 0 };
    expect(problems({}, { ...counter(), user })).toEqual([
      "counter.user = 0: must not be root on Kubernetes, where only host agents may be. Give another user: files and volumes are made readable for its group.",
    ]);
    const [agent] = plans(target())[3]?.agents ?? [];
    if (!agent) throw new Error("the cases have changed");
    expect(target().check([{ agents: [{ ...agent, user }] }])).toEqual([]);
  });

  it("refuses volumes of several groups, files per replica without identity, and files too large for an object", () => {
    const [data] = ring().volumes ?? [];
    if (!data) throw new Error("the cases have changed");
    const log = { ...data, name: "log", path: "/log", owner: { uid: 1, gid: 1 } };
    const huge = { path: "/etc/huge", content: "x".repeat(1_000_001) };
    expect(
      problems(
        {},
        { ...ring(), volumes: [data, log] },
        { ...counter(), perReplica: () => ({}), files: [huge], ready: { probe: { tcp: { port: "http" } } } },
      ),
    ).toEqual([
      'counter.files = "/etc/huge": must have at most 1000000 bytes on Kubernetes, which keeps files as objects; it has 1000001. Split it, or put it into the image.',
      "ring.volumes = [65534,1]: must all belong to one group on Kubernetes, which sets it for the pod as a whole. Give all owners the same gid.",
      'counter.perReplica: needs replicas that can tell which one they are. Set identity: "stable".',
    ]);
  });

  it("refuses connections without addresses, and addresses that are none", () => {
    const to = (cidrs: string[]) => ({ to: { ...connection(target(), "x", 80), id: "db", peer: { cidrs } } });
    expect(problems({}, { ...counter(), needs: [to([]), to(["10.0.0.0/33", "db.example.com", "10.0.0.1"])] })).toEqual([
      'counter.needs[0] = "db": must have at least one address block, because traffic to everywhere is not opened. Give its cidrs, such as ["10.1.2.0/24"].',
      ...["10.0.0.0/33", "db.example.com", "10.0.0.1"].map(
        (cidr) =>
          `counter.needs[1] = "${cidr}": must be an address block. Write it like "10.1.2.0/24", one address as "/32".`,
      ),
    ]);
    expect(problems({}, { ...counter(), needs: [to(["2001:db8::/48", "0.0.0.0/0"])] })).toEqual([]);
  });

  it("refuses names that its own objects have", () => {
    expect(problems({}, ring(), { ...counter(), name: "ring-nodes" })).toEqual([
      'ring-nodes: is a name that Kubernetes objects of "ring" have. Give it another name.',
    ]);
  });

  it("refuses contradictory arguments of its own", async () => {
    await record(() => {
      const provider = new k8s.Provider("mine", {});
      expect(
        target({ provider, context: "x", namespace: "No", clusterDomain: "-", apiServerCidrs: ["x"] })
          .check([])
          .map(formatProblem),
      ).toEqual([
        'target.namespace = "No": must be a DNS label of at most 40 characters: lower-case letters, digits and "-", beginning with a letter.',
        "target.provider: cannot be combined with a kubeconfig or a context. Give them to the provider itself.",
        'target.clusterDomain = "-": must be a domain name. Leave it out for "cluster.local".',
        'target.apiServerCidrs[0] = "x": must be an address block. Write it like "10.1.2.0/24", one address as "/32".',
      ]);
    });
  });

  it("names both when something is constructed before what it needs", async () => {
    await expect(alone({ ...counter(), after: ["register"] })).rejects.toThrow(
      'counter.after = "register": names a job that is not there yet. Construct it before "counter"; so far there are: none.',
    );
    const needs = [{ to: connection(target(), "ring", 8080), start: true }];
    await expect(alone({ ...counter(), needs })).rejects.toThrow(
      'counter.needs = "ring": names a workload that is not there yet. Construct it before "counter"; so far there are: none.',
    );
  });
});

/** Names of resources whose inputs or options differ. */
function differences(a: Recording, b: Recording): string[] {
  const text = (r: Recording) => new Map(all(r).map((x) => [x.urn, JSON.stringify([plain(x.inputs), x.options])]));
  const [one_, two] = [text(a), text(b)];
  const urns = new Set([...one_.keys(), ...two.keys()]);
  return [...urns].filter((urn) => one_.get(urn) !== two.get(urn)).map((urn) => urn.split("::").at(-1) ?? urn);
}

/** What the kubelet makes of a command when no variable has a value (k8s.io/kubernetes third_party/forked/golang/expansion). */
function expand(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "$" || i + 1 >= text.length) result += text[i];
    else if (text[i + 1] === "$") {
      result += "$";
      i++;
    } else if (text[i + 1] === "(" && text.includes(")", i)) throw new Error(`a variable of Kubernetes in ${text}`);
    else result += "$";
  }
  return result;
}

const PUBLISHED =
  'is a port of the Docker host, and Kubernetes has no such host. Leave it out; use "kubectl port-forward", or a Service of type LoadBalancer or a gateway beside the stack.';

const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  "a port of the host": [`counter.ports.http.publish = 18080: ${PUBLISHED}`],
  "the metric files of schedules": [
    'lookout.host.textfiles = "/textfiles": are files of the Docker host: on Kubernetes, schedules are CronJobs and write none. Leave it out; kube-state-metrics has kube_cronjob_status_last_successful_time.',
  ],
};
