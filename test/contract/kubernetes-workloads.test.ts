import { beforeAll, describe, expect, it } from "vitest";
import { all, at, dependsOn, one, plain, type Recording, record, waitsFor } from "../support/record";
import { construct, plans } from "./cases";
import {
  AGENTS,
  BINDING,
  BUDGET,
  container,
  DAEMON_SET,
  DEPLOYMENT,
  differences,
  NAMESPACE,
  POLICY,
  PRIORITY,
  PROVIDER,
  pods,
  ROLE,
  recorded,
  SERVICE,
  SERVICE_ACCOUNT,
  STACK,
  STATEFUL_SET,
  target,
} from "./kubernetes";

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
      expect(levels(STACK)[`pod-security.kubernetes.io/${mode}-version`]).toBe("latest");
    }
    expect(all(recording, PROVIDER)).toEqual([]);
  });

  it("names every object, in one of the two namespaces", () => {
    const objects = all(recording).filter(
      (r) => r.type.startsWith("kubernetes:") && ![NAMESPACE, PRIORITY].includes(r.type),
    );
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
          requests: { cpu: "10m", memory: "32Mi" },
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
