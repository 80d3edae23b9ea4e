import { BUSYBOX } from "../../contract/cases";

/** Namespaces of the proof; all are removed before and after it. */
export const RESTRICTED = "proof";
export const NEIGHBOUR = "proof-neighbour";
export const AGENTS = "proof-agents";

const POD = { runAsNonRoot: true, runAsUser: 1001, fsGroup: 1001, seccompProfile: { type: "RuntimeDefault" } };
const CONTAINER = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true };

function namespace(name: string, level: "restricted" | "privileged") {
  const labels = { "pod-security.kubernetes.io/enforce": level };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

function container(name: string, script: string, more: object = {}) {
  return {
    name,
    image: BUSYBOX.reference,
    command: ["/bin/sh", "-c", script],
    securityContext: CONTAINER,
    ...more,
  };
}

/** What most software asks of a cluster, in small: each object is used by one of the tests. */
export function proofManifests(): string {
  const web = {
    ...container("web", "mkdir -p /tmp/w && hostname > /tmp/w/index.html && exec httpd -f -p 8080 -h /tmp/w", {
      readinessProbe: { httpGet: { port: 8080, path: "/" }, periodSeconds: 1 },
      livenessProbe: {
        exec: { command: ["/bin/sh", "-c", "! test -e /tmp/sick"] },
        periodSeconds: 1,
        failureThreshold: 2,
      },
      volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
    }),
  };
  const db = container("db", 'trap "exit 0" TERM; echo started >> /data/log; while :; do sleep 1; done', {
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  });
  const agent = {
    ...container("agent", "test -d /host/proc/1 && exec httpd -f -p 19101 -h /logs", {
      readinessProbe: { tcpSocket: { port: 19101 }, periodSeconds: 1 },
      volumeMounts: [
        { name: "host", mountPath: "/host", readOnly: true, mountPropagation: "HostToContainer" },
        { name: "logs", mountPath: "/logs", readOnly: true },
      ],
    }),
    securityContext: {},
  };
  const items = [
    namespace(RESTRICTED, "restricted"),
    namespace(NEIGHBOUR, "restricted"),
    namespace(AGENTS, "privileged"),
    workload("Deployment", RESTRICTED, "web", {
      replicas: 2,
      pod: {
        securityContext: POD,
        terminationGracePeriodSeconds: 2,
        containers: [web],
        volumes: [{ name: "tmp", emptyDir: { medium: "Memory" } }],
      },
    }),
    service(RESTRICTED, "web", { ports: [{ port: 80, targetPort: 8080 }] }),
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web", namespace: RESTRICTED },
      spec: { minAvailable: 2, selector: { matchLabels: { app: "web" } } },
    },
    service(RESTRICTED, "db", { clusterIP: "None", ports: [{ port: 80 }] }),
    workload("StatefulSet", RESTRICTED, "db", {
      serviceName: "db",
      replicas: 1,
      pod: { securityContext: POD, terminationGracePeriodSeconds: 5, containers: [db] },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "64Mi" } } },
        },
      ],
    }),
    workload("DaemonSet", AGENTS, "agent", {
      pod: {
        terminationGracePeriodSeconds: 2,
        hostNetwork: true,
        hostPID: true,
        containers: [agent],
        volumes: [
          { name: "host", hostPath: { path: "/" } },
          { name: "logs", hostPath: { path: "/var/log/pods" } },
        ],
      },
    }),
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** A job in another namespace: names of a service and of a stateful pod, and the service itself. */
export function lookupJob(): string {
  const script = [
    "set -e",
    `nslookup db-0.db.${RESTRICTED}.svc.cluster.local`,
    // each goes to a pod by chance
    `for i in $(seq 32); do wget -qO- http://web.${RESTRICTED}; done`,
  ];
  return JSON.stringify({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "lookup", namespace: NEIGHBOUR },
    spec: {
      backoffLimit: 0,
      template: {
        spec: { restartPolicy: "Never", securityContext: POD, containers: [container("lookup", script.join("; "))] },
      },
    },
  });
}

function workload(kind: string, namespace: string, app: string, spec: { pod: object; [key: string]: unknown }) {
  const { pod, ...rest } = spec;
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: app, namespace },
    spec: { ...rest, selector: { matchLabels: { app } }, template: { metadata: { labels: { app } }, spec: pod } },
  };
}

function service(namespace: string, name: string, spec: object) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ...spec },
  };
}
