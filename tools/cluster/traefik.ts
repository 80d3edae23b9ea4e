import { TRAEFIK_IMAGE } from "./settings";

type Manifest = Readonly<Record<string, unknown>>;

/** As in Traefik's own chart: the namespace, the pods' label and the names of the entry points are what others rely on. */
export const TRAEFIK = "traefik";
const LABELS = { "app.kubernetes.io/name": TRAEFIK, "app.kubernetes.io/instance": `${TRAEFIK}-${TRAEFIK}` };
export const PORTS = { web: 8000, websecure: 8443, traefik: 8080 } as const;

/** Traefik as the ingress controller of the cluster, for Ingress objects, its own kinds and the Gateway API. One list for `kubectl apply`. */
export function traefikManifests(): string {
  const items = [...namespace(), ...rights(), ...classes(), deployment(), service()];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

function namespace(): Manifest[] {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: TRAEFIK, labels } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata() },
  ];
}

/** It reads what it routes, in every namespace, and writes the state of what belongs to the Gateway API. */
function rights(): Manifest[] {
  const read = ["get", "list", "watch"];
  const group = "rbac.authorization.k8s.io";
  const name = "datastack:traefik";
  const rules = [
    { apiGroups: [""], resources: ["services", "secrets", "configmaps", "nodes", "namespaces"], verbs: read },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: read },
    { apiGroups: ["traefik.io"], resources: ["*"], verbs: read },
    { apiGroups: [GATEWAY_API], resources: ["*"], verbs: read },
    {
      apiGroups: [GATEWAY_API],
      resources: ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "tlsroutes", "backendtlspolicies"].map(
        (resource) => `${resource}/status`,
      ),
      verbs: ["update"],
    },
  ];
  return [
    { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: TRAEFIK, namespace: TRAEFIK }],
    },
  ];
}

const GATEWAY_API = "gateway.networking.k8s.io";

function classes(): Manifest[] {
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: TRAEFIK },
      spec: { controller: "traefik.io/ingress-controller" },
    },
    {
      apiVersion: `${GATEWAY_API}/v1`,
      kind: "GatewayClass",
      metadata: { name: TRAEFIK },
      spec: { controllerName: "traefik.io/gateway-controller" },
    },
  ];
}

const ARGS = [
  `--entryPoints.web.address=:${PORTS.web}`,
  `--entryPoints.websecure.address=:${PORTS.websecure}`,
  `--entryPoints.traefik.address=:${PORTS.traefik}`,
  "--ping=true",
  "--providers.kubernetesIngress=true",
  // 503 instead of 404 while a service has no ready pod
  "--providers.kubernetesIngress.allowEmptyServices=true",
  "--providers.kubernetesCRD=true",
  "--providers.kubernetesGateway=true",
  "--global.checkNewVersion=false",
  "--global.sendAnonymousUsage=false",
  "--log.level=INFO",
];

function deployment(): Manifest {
  const ping = { httpGet: { path: "/ping", port: "traefik" }, periodSeconds: 5 };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(),
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: TRAEFIK,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: TRAEFIK,
              image: TRAEFIK_IMAGE,
              imagePullPolicy: "Never",
              args: ARGS,
              ports: Object.entries(PORTS).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
              resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              livenessProbe: ping,
              readinessProbe: ping,
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}

function service(): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(),
    spec: {
      selector: LABELS,
      ports: [
        { name: "web", port: 80, targetPort: "web", protocol: "TCP" },
        { name: "websecure", port: 443, targetPort: "websecure", protocol: "TCP" },
      ],
    },
  };
}

function metadata(): Manifest {
  return { name: TRAEFIK, namespace: TRAEFIK, labels: LABELS };
}
