import { type Fields, type Objects, type Pod, templateOf } from "./objects";
import { containers, objects, pods, type Rule } from "./rule";

const LEVEL = "pod-security.kubernetes.io";
const VOLUMES = [
  "configMap",
  "downwardAPI",
  "emptyDir",
  "projected",
  "secret",
  "csi",
  "persistentVolumeClaim",
  "ephemeral",
  "image",
];

/** Mistakes are made in the first pod of the stack's own namespace. */
function first(all: Objects): Fields {
  return templateOf(all.one("StatefulSet")).spec;
}

/** Pods that nothing but the restricted standard lets in. */
function restricted(all: Objects): Pod[] {
  const namespaces = all
    .of("Namespace")
    .filter(({ metadata }) => metadata.labels?.[`${LEVEL}/enforce`] !== "privileged");
  return all.pods.filter((pod) => namespaces.some(({ metadata }) => metadata.name === pod.namespace));
}

const handlers = (container: Fields): Fields[] =>
  [
    container.startupProbe,
    container.readinessProbe,
    container.livenessProbe,
    ...Object.values(container.lifecycle ?? {}),
  ]
    .filter(Boolean)
    .flatMap((handler: Fields) => [handler.httpGet, handler.tcpSocket])
    .filter(Boolean);

/** The restricted Pod Security standard, in the cluster's own words; the linters repeat most of it. */
export const POD_SECURITY: readonly Rule[] = [
  {
    checks: ["pod-security/namespace", "checkov/CKV_K8S_21"],
    find: (all) => [
      ...objects(all.of("Namespace"), ({ metadata }) => {
        const level = metadata.labels?.[`${LEVEL}/enforce`];
        const open = level === "privileged" && metadata.name.endsWith("-agents");
        return level !== "restricted" && !open && "does not enforce the restricted standard";
      }),
      ...pods(
        all.pods,
        ({ namespace }) =>
          !all.of("Namespace").some(({ metadata }) => metadata.name === namespace) &&
          "is in a namespace that is not the stack's",
      ),
      ...pods(
        all.pods,
        ({ namespace, owner }) =>
          namespace.endsWith("-agents") && owner.kind !== "DaemonSet" && "is no host agent, but among them",
      ),
    ],
    mistake: (all) => {
      all.one("Namespace").metadata.labels[`${LEVEL}/enforce`] = "baseline";
    },
  },
  {
    checks: [
      "pod-security/hostNamespaces",
      "kube-linter/host-network",
      "kube-linter/host-pid",
      "kube-linter/host-ipc",
      "polaris/hostNetworkSet",
      "polaris/hostPIDSet",
      "polaris/hostIPCSet",
      "checkov/CKV_K8S_17",
      "checkov/CKV_K8S_18",
      "checkov/CKV_K8S_19",
    ],
    find: (all) =>
      pods(
        all.pods,
        ({ spec }) => (spec.hostNetwork || spec.hostPID || spec.hostIPC) && "shares the host's namespaces",
      ),
    mistake: (all) => {
      first(all).hostPID = true;
    },
  },
  {
    checks: [
      "pod-security/volumes",
      "kube-linter/sensitive-host-mounts",
      "kube-linter/docker-sock",
      "polaris/hostPathSet",
      "checkov/CKV_K8S_27",
    ],
    find: (all) =>
      pods(all.pods, ({ spec }) => {
        const kinds = (spec.volumes ?? []).flatMap((volume: Fields) => Object.keys(volume));
        const other = kinds.find((kind: string) => kind !== "name" && !VOLUMES.includes(kind));
        return other && `mounts a ${other}`;
      }),
    mistake: (all) => {
      first(all).volumes.push({ name: "sock", hostPath: { path: "/var/run/docker.sock" } });
    },
  },
  {
    checks: ["pod-security/hostPorts", "polaris/hostPortSet", "checkov/CKV_K8S_26"],
    find: (all) =>
      containers(
        all.pods,
        ({ ports = [] }) => ports.some((port: Fields) => port.hostPort) && "takes a port of the host",
      ),
    mistake: (all) => {
      first(all).containers[0].ports[0].hostPort = 80;
    },
  },
  {
    checks: ["pod-security/hostProbesAndHostLifecycle"],
    find: (all) =>
      containers(restricted(all), (container) => handlers(container).some(({ host }) => host) && "probes another host"),
    mistake: (all) => {
      first(all).containers[0].startupProbe = { tcpSocket: { port: 80, host: "10.0.0.1" } };
    },
  },
  {
    checks: [
      "pod-security/privileged",
      "pod-security/allowPrivilegeEscalation",
      "kube-score/container-security-context-privileged",
      "kube-linter/privileged-container",
      "kube-linter/privilege-escalation-container",
      "polaris/runAsPrivileged",
      "polaris/privilegeEscalationAllowed",
      "checkov/CKV_K8S_16",
      "checkov/CKV_K8S_20",
      "checkov/CKV_K8S_30",
    ],
    find: (all) =>
      containers(all.pods, ({ securityContext: own = {} }) =>
        own.privileged || own.allowPrivilegeEscalation !== false ? "may gain privileges" : undefined,
      ),
    mistake: (all) => {
      delete first(all).containers[0].securityContext.allowPrivilegeEscalation;
    },
  },
  {
    checks: [
      "pod-security/capabilities",
      "kube-linter/drop-net-raw-capability",
      "polaris/dangerousCapabilities",
      "polaris/insecureCapabilities",
      "checkov/CKV_K8S_25",
      "checkov/CKV_K8S_28",
      "checkov/CKV_K8S_37",
      "checkov/CKV_K8S_39",
    ],
    find: (all) =>
      containers(all.pods, ({ securityContext: { capabilities = {} } = {} as Fields }) =>
        !capabilities.drop?.includes("ALL") || capabilities.add?.length > 0 ? "has capabilities" : undefined,
      ),
    mistake: (all) => {
      first(all).containers[0].securityContext.capabilities.add = ["NET_ADMIN"];
    },
  },
  {
    checks: [
      "pod-security/runAsNonRoot",
      "pod-security/runAsUser",
      "kube-linter/run-as-non-root",
      "polaris/runAsRootAllowed",
      "checkov/CKV_K8S_23",
      "checkov/CKV_K8S_29",
    ],
    find: (all) =>
      pods(all.pods, ({ spec: { securityContext = {} }, containers: own }) => {
        const root = [securityContext, ...own.map((c) => c.securityContext ?? {})].some((c) => c.runAsUser === 0);
        return (securityContext.runAsNonRoot !== true || root) && "may run as root";
      }),
    mistake: (all) => {
      first(all).containers[0].securityContext.runAsUser = 0;
    },
  },
  {
    checks: ["pod-security/seccompProfile", "polaris/linuxHardening", "checkov/CKV_K8S_31"],
    find: (all) =>
      pods(all.pods, ({ spec, containers: own }) => {
        const types = [
          spec.securityContext?.seccompProfile,
          ...own.map((c) => c.securityContext?.seccompProfile ?? {}),
        ];
        const [pod, ...others] = types.map((profile) => profile?.type);
        return (pod !== "RuntimeDefault" || others.includes("Unconfined")) && "has no seccomp profile";
      }),
    mistake: (all) => {
      first(all).securityContext.seccompProfile.type = "Unconfined";
    },
  },
  {
    checks: ["pod-security/sysctls", "pod-security/procMount", "kube-linter/unsafe-sysctls", "polaris/procMount"],
    find: (all) =>
      pods(all.pods, ({ spec, containers: own }) => {
        const mounts = own.map(({ securityContext }) => securityContext?.procMount ?? "Default");
        const other = spec.securityContext?.sysctls?.length > 0 || mounts.some((mount) => mount !== "Default");
        return other && "sets kernel parameters or another /proc";
      }),
    mistake: (all) => {
      first(all).securityContext.sysctls = [{ name: "kernel.msgmax", value: "1" }];
    },
  },
];
