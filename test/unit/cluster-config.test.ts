import { describe, expect, it } from "vitest";
import { addons, corefile } from "../../tools/cluster/addons";
import { CLIENTS, certificateRequests, kubeconfig } from "../../tools/cluster/certificates";
import { kubeletConfig, nodePrograms } from "../../tools/cluster/node-config";
import { cniConfig, containerdConfig } from "../../tools/cluster/runtime-config";
import { COREDNS_IMAGE, layoutOf, NETWORK, PAUSE_IMAGE, PORTS } from "../../tools/cluster/settings";

const layout = layoutOf("lab", "/data/cluster", "/run/datastack");

describe("layout", () => {
  it("keeps what lasts and what does not in two places", () => {
    expect(layout.root).toBe("/data/cluster/lab");
    expect(layout.socket).toBe("/run/datastack/lab/containerd.sock");
    expect(layout.volumes).toBe("/data/cluster/lab/volumes");
  });

  it.each(["", "Lab", "1lab", "lab-", "a_b", "../up", "a".repeat(21)])(
    "refuses the name %j and says the rule",
    (name) => {
      expect(() => layoutOf(name)).toThrow(
        `Cluster name "${name}": must be 1 to 20 small letters, digits and hyphens, beginning with a letter and not ending with a hyphen.`,
      );
    },
  );

  it("leaves room in a socket's path", () => {
    expect(layoutOf("a".repeat(20)).socket.length).toBeLessThan(100);
  });
});

describe("certificates", () => {
  it("covers every address that the API server is called by", () => {
    const api = certificateRequests(layout).find(({ name }) => name === "kube-apiserver");
    expect(api?.hosts).toEqual(
      expect.arrayContaining([
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "10.243.0.1",
        "10.96.0.1",
      ]),
    );
  });

  it("gives the kubelet the identity that the node authorizer knows, and nobody but the administrator all rights", () => {
    const requests = certificateRequests(layout);
    expect(requests.find(({ name }) => name === "kubelet")).toMatchObject({
      commonName: "system:node:lab-node",
      organizations: ["system:nodes"],
    });
    expect(
      requests.filter(({ organizations }) => organizations?.includes("system:masters")).map(({ name }) => name),
    ).toEqual(["admin"]);
  });

  it("writes a kubeconfig that stands alone, or one that names its files", () => {
    const alone = JSON.parse(kubeconfig(layout, "admin", (file) => Buffer.from(file)));
    expect(alone.clusters[0].cluster.server).toBe("https://10.243.0.1:6443");
    expect(Buffer.from(alone.users[0].user["client-key-data"], "base64").toString()).toBe(
      "/data/cluster/lab/certificates/admin.key",
    );
    const naming = JSON.parse(kubeconfig(layout, "kube-proxy"));
    expect(naming.users[0].user["client-key"]).toBe("/data/cluster/lab/certificates/kube-proxy.key");
    expect(naming["current-context"]).toBe("lab");
  });
});

describe("programs", () => {
  const args = (name: string): readonly string[] => nodePrograms(layout).find((each) => each.name === name)?.args ?? [];

  it("start in an order in which each finds what it needs", () => {
    expect(nodePrograms(layout).map(({ name }) => name)).toEqual([
      "etcd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kubelet",
      "kube-proxy",
      "local-volumes",
    ]);
  });

  it("listen on this machine only", () => {
    const text = nodePrograms(layout).flatMap((program) => program.args);
    const listeners = text.filter((arg) =>
      /^--(bind-address|listen|healthz-bind-address|metrics-bind-address|nodeport)/.test(arg),
    );
    expect(listeners.length).toBeGreaterThanOrEqual(8);
    for (const listener of listeners) expect(listener).toMatch(/127\.0\.0\.1|10\.243\.0\.1/);
    expect(JSON.parse(kubeletConfig(layout, "/etc/resolv.conf")).address).toBe(NETWORK.node);
  });

  it("ask for certificates everywhere", () => {
    expect(args("etcd")).toEqual(expect.arrayContaining(["--client-cert-auth", "--peer-client-cert-auth"]));
    expect(args("kube-apiserver")).toContain("--authorization-mode=Node,RBAC");
    const kubelet = JSON.parse(kubeletConfig(layout, "/etc/resolv.conf"));
    expect(kubelet.authentication.anonymous.enabled).toBe(false);
    expect(kubelet.authorization.mode).toBe("Webhook");
  });

  it("use no certificate that is not made", () => {
    const made = new Set(["ca", "service-accounts", ...certificateRequests(layout).map(({ name }) => name)]);
    const used = nodePrograms(layout)
      .flatMap((program) => program.args)
      .flatMap((arg) => /certificates\/([a-z-]+)\.(?:crt|key|pub)$/.exec(arg)?.[1] ?? []);
    expect(used.length).toBeGreaterThan(10);
    for (const name of used) expect(made).toContain(name);
  });

  it("reach logs, exec and port-forward by the node's address", () => {
    expect(args("kube-apiserver")).toContain("--kubelet-preferred-address-types=InternalIP");
  });

  it("run on both versions of cgroups, with swap, and never collect images that cannot be pulled again", () => {
    const kubelet = JSON.parse(kubeletConfig(layout, "/etc/resolv.conf"));
    expect(kubelet).toMatchObject({
      cgroupDriver: "cgroupfs",
      failCgroupV1: false,
      failSwapOn: false,
      imageGCHighThresholdPercent: 100,
      clusterDNS: [NETWORK.dns],
    });
    expect(containerdConfig(layout, "/usr/lib/cni")).toContain("SystemdCgroup = false");
  });

  it("have a port each", () => {
    expect(new Set(Object.values(PORTS)).size).toBe(Object.keys(PORTS).length);
  });
});

describe("container runtime", () => {
  it("is an instance of its own", () => {
    const text = containerdConfig(layout, "/usr/lib/cni");
    expect(text).toContain('root = "/data/cluster/lab/containerd/root"');
    expect(text).toContain('state = "/run/datastack/lab/containerd"');
    expect(text).toContain('address = "/run/datastack/lab/containerd.sock"');
    expect(text).toContain(`sandbox_image = "${PAUSE_IMAGE}"`);
    expect(text).toContain("restrict_oom_score_adj = true");
    expect(text).not.toContain("/run/containerd");
  });

  it("routes pods and maps their host ports", () => {
    const config = JSON.parse(cniConfig(layout));
    expect(config.plugins.map((plugin: { type: string }) => plugin.type)).toEqual(["ptp", "portmap"]);
    expect(config.plugins[0].ipam.ranges).toEqual([[{ subnet: NETWORK.pods }]]);
  });
});

describe("what every cluster has", () => {
  interface Item {
    kind: string;
    metadata: { name: string };
    [key: string]: unknown;
  }
  const items = (JSON.parse(addons(["192.0.2.53"])) as { items: Item[] }).items;
  const item = (kind: string, name: string): Item | undefined =>
    items.find((each) => each.kind === kind && each.metadata.name === name);

  it("has a default storage class that waits for the pod and can grow", () => {
    expect(item("StorageClass", "local")).toMatchObject({
      metadata: { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
    });
  });

  it("has DNS at the address that the kubelet tells pods, labelled as network policies expect", () => {
    expect(item("Service", "kube-dns")).toMatchObject({
      spec: { clusterIP: NETWORK.dns, selector: { "k8s-app": "kube-dns" } },
    });
    expect(JSON.stringify(item("Deployment", "coredns"))).toContain(COREDNS_IMAGE);
  });

  it("binds only users that have a certificate", () => {
    const users = items
      .filter(({ kind }) => kind === "ClusterRoleBinding")
      .flatMap(({ subjects }) => subjects as { kind: string; name: string }[])
      .filter(({ kind }) => kind === "User")
      .map(({ name }) => name);
    const known = certificateRequests(layout).map(({ commonName }) => commonName);
    expect(users).toContain(CLIENTS["local-volumes"]?.user);
    for (const user of users) expect(known).toContain(user);
  });

  it("forwards other names to the machine's servers, and to nobody when it has none", () => {
    expect(corefile(["192.0.2.53", "192.0.2.54"])).toContain("forward . 192.0.2.53 192.0.2.54\n");
    expect(corefile([])).not.toContain("forward");
  });
});
