import { CLIENTS, KUBELET_CLIENT } from "./certificates";
import { COREDNS_IMAGE, NETWORK, PROVISIONER, STORAGE_CLASS } from "./settings";

type Manifest = Readonly<Record<string, unknown>>;

const SYSTEM = "kube-system";
const DNS_LABELS = { "k8s-app": "kube-dns" };

/** What every cluster has besides Kubernetes itself: rights, the storage class, DNS. One list for `kubectl apply`. */
export function addons(upstreamDns: readonly string[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: [...rights(), storageClass(), ...dns(upstreamDns)] });
}

function rights(): Manifest[] {
  const volumes = CLIENTS["local-volumes"]?.user ?? "";
  return [
    binding("datastack:kubelet-client", "system:kubelet-api-admin", { kind: "User", name: KUBELET_CLIENT }),
    binding("datastack:local-volumes", "system:persistent-volume-provisioner", { kind: "User", name: volumes }),
    clusterRole("datastack:local-volumes-grow", [
      { apiGroups: [""], resources: ["persistentvolumes"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
    ]),
    binding("datastack:local-volumes-grow", "datastack:local-volumes-grow", { kind: "User", name: volumes }),
  ];
}

function storageClass(): Manifest {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: STORAGE_CLASS, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: PROVISIONER,
    reclaimPolicy: "Delete",
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  };
}

/** Names of the cluster; everything else is asked of the machine's own servers, if it has any. */
export function corefile(upstream: readonly string[]): string {
  const forward = upstream.length ? `    forward . ${upstream.join(" ")}\n` : "";
  return `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes ${NETWORK.domain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
${forward}    cache 30 {
        disable success ${NETWORK.domain}
        disable denial ${NETWORK.domain}
    }
    reload
}
`;
}

function dns(upstream: readonly string[]): Manifest[] {
  const metadata = (name: string): Manifest => ({ name, namespace: SYSTEM, labels: DNS_LABELS });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata("coredns") },
    clusterRole("system:coredns", [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]),
    binding("system:coredns", "system:coredns", { kind: "ServiceAccount", name: "coredns", namespace: SYSTEM }),
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("coredns"), data: { Corefile: corefile(upstream) } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: metadata("coredns"),
      spec: {
        replicas: 1,
        selector: { matchLabels: DNS_LABELS },
        template: { metadata: { labels: DNS_LABELS }, spec: dnsPod() },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata("kube-dns"),
      spec: {
        clusterIP: NETWORK.dns,
        selector: DNS_LABELS,
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: "dns-tcp", port: 53, protocol: "TCP" },
          { name: "metrics", port: 9153, protocol: "TCP" },
        ],
      },
    },
  ];
}

function dnsPod(): Manifest {
  const probe = (path: string, port: number): Manifest => ({ httpGet: { path, port }, periodSeconds: 5 });
  return {
    serviceAccountName: "coredns",
    priorityClassName: "system-cluster-critical",
    dnsPolicy: "Default",
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "coredns",
        image: COREDNS_IMAGE,
        imagePullPolicy: "Never",
        args: ["-conf", "/etc/coredns/Corefile"],
        ports: [
          { name: "dns", containerPort: 53, protocol: "UDP" },
          { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
          { name: "metrics", containerPort: 9153, protocol: "TCP" },
        ],
        resources: { requests: { cpu: "50m", memory: "32Mi" }, limits: { memory: "170Mi" } },
        livenessProbe: probe("/health", 8080),
        readinessProbe: probe("/ready", 8181),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: "coredns" } }],
  };
}

function clusterRole(name: string, rules: readonly Manifest[]): Manifest {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules };
}

function binding(name: string, role: string, subject: Manifest): Manifest {
  const group = "rbac.authorization.k8s.io";
  return {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: group, kind: "ClusterRole", name: role },
    subjects: [{ ...(subject.kind === "User" ? { apiGroup: group } : {}), ...subject }],
  };
}
