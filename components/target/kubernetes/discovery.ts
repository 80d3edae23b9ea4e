import type { types } from "@pulumi/kubernetes";
import type { Discovery, ListedObjects } from "../workload";
import type { Children } from "./children";
import type { Cluster, Discoverer, Room } from "./cluster";
import { SERVICE, STACK } from "./labels";
import * as k8s from "./sdk";

/** Where client libraries look for an account's token. */
const TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
export const TOKEN_FILE = `${TOKEN_PATH}/token`;
/** Certificate of the authority that signed the API server's. */
export const AUTHORITY_FILE = `${TOKEN_PATH}/ca.crt`;

const RBAC = "rbac.authorization.k8s.io";
/** Whoever keeps a list up to date asks for nothing else. */
const LISTING = ["list", "watch"];
const PODS: readonly ListedObjects[] = [{ group: "", resources: ["pods"] }];

/** The token of the pod's account, at the usual place. Projected, so that it expires and is renewed. */
export const TOKEN: {
  readonly volumes: readonly types.input.core.v1.Volume[];
  readonly mounts: readonly types.input.core.v1.VolumeMount[];
} = {
  volumes: [
    {
      name: "api-access",
      projected: {
        defaultMode: 0o444,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
        ],
      },
    },
  ],
  mounts: [{ name: "api-access", mountPath: TOKEN_PATH, readOnly: true }],
};

/** Lets a service list objects in every namespace of its stack, of those that exist and of those that come later, and in others' that it names. */
export function allowDiscovery(cluster: Cluster, name: string, discovery: Discovery, children: Children): void {
  const discoverer = { name, discovery, children };
  cluster.addDiscoverer(discoverer);
  for (const room of cluster.rooms) grant(cluster, discoverer, room);
  const own = [cluster.namespaceOf("services"), cluster.namespaceOf("agents")];
  for (const namespace of new Set(discovery.namespaces ?? [])) {
    if (!own.includes(namespace)) grantElsewhere(cluster, discoverer, namespace);
  }
  if (discovery.nodeMetrics) grantNodeMetrics(cluster, discoverer);
}

/** To be called when a namespace has been made after services that list what is in it. */
export function openTo(cluster: Cluster, room: Room): void {
  for (const discoverer of cluster.discoverers) grant(cluster, discoverer, room);
}

function grant(cluster: Cluster, discoverer: Discoverer, room: Room): void {
  const { name, children } = discoverer;
  const logical = room === "agents" ? `${name}-discovery-agents` : `${name}-discovery`;
  if (children.nodes[logical]) return;
  const metadata = meta(cluster, name, `${name}-discovery`, cluster.namespaceOf(room));
  addRole(cluster, discoverer, logical, metadata, [cluster.namespaceResource(room)]);
}

/** In a namespace that several stacks may watch, so the names say whose they are. */
function grantElsewhere(cluster: Cluster, discoverer: Discoverer, namespace: string): void {
  const { name } = discoverer;
  const metadata = meta(cluster, name, `${cluster.settings.namespace}-${name}-discovery`, namespace);
  addRole(cluster, discoverer, `${name}-discovery-in-${namespace}`, metadata);
}

function addRole(
  cluster: Cluster,
  { name, discovery, children }: Discoverer,
  logical: string,
  metadata: Metadata,
  dependsOn: k8s.core.Namespace[] = [],
): void {
  children.add(k8s.rbac.Role, logical, { metadata, rules: rules(discovery) }, { dependsOn });
  children.add(
    k8s.rbac.RoleBinding,
    `${logical}-binding`,
    {
      metadata,
      roleRef: { apiGroup: RBAC, kind: "Role", name: metadata.name },
      subjects: [subject(cluster, name)],
    },
    { dependsOn },
  );
}

/** Nodes are in no namespace. This is all that it may: neither list nodes nor reach through them to their pods. */
function grantNodeMetrics(cluster: Cluster, { name, children }: Discoverer): void {
  const logical = `${name}-node-metrics`;
  const metadata = meta(cluster, name, `${cluster.settings.namespace}-${logical}`);
  children.add(k8s.rbac.ClusterRole, logical, {
    metadata,
    rules: [{ apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }],
  });
  children.add(k8s.rbac.ClusterRoleBinding, `${logical}-binding`, {
    metadata,
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: metadata.name },
    subjects: [subject(cluster, name)],
  });
}

function rules({ lists = PODS }: Discovery): types.input.rbac.v1.PolicyRule[] {
  return lists.map(({ group, resources }) => ({ apiGroups: [group], resources: [...resources], verbs: LISTING }));
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Record<string, string>;
}

function meta(cluster: Cluster, service: string, name: string, namespace?: string): Metadata {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { [STACK]: cluster.settings.stack, [SERVICE]: service },
  };
}

function subject(cluster: Cluster, name: string): types.input.rbac.v1.Subject {
  return { kind: "ServiceAccount", name, namespace: cluster.settings.namespace };
}
