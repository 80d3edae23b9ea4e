import type { types } from "@pulumi/kubernetes";
import type { Children } from "./children";
import type { Cluster, Room } from "./cluster";
import * as k8s from "./sdk";

/** Where client libraries look for an account's token. */
const TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VERBS = ["get", "list", "watch"];

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

/** Lets a service list the pods of every namespace of its stack, of those that exist and of those that come later. */
export function allowDiscovery(cluster: Cluster, name: string, children: Children): void {
  cluster.addDiscoverer({ name, children });
  for (const room of cluster.rooms) grant(cluster, name, children, room);
}

/** To be called when a namespace has been made after services that list pods. */
export function openTo(cluster: Cluster, room: Room): void {
  for (const { name, children } of cluster.discoverers) grant(cluster, name, children, room);
}

function grant(cluster: Cluster, name: string, children: Children, room: Room): void {
  const logical = room === "agents" ? `${name}-discovery-agents` : `${name}-discovery`;
  if (children.nodes[logical]) return;
  const namespace = cluster.namespaceOf(room);
  const metadata = {
    name: `${name}-discovery`,
    namespace,
    labels: { "datastack.io/stack": cluster.settings.stack, "datastack.io/service": name },
  };
  const dependsOn = [cluster.namespaceResource(room)];
  children.add(
    k8s.rbac.Role,
    logical,
    {
      metadata,
      rules: [
        { apiGroups: [""], resources: ["pods", "services"], verbs: VERBS },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: VERBS },
      ],
    },
    { dependsOn },
  );
  children.add(
    k8s.rbac.RoleBinding,
    `${logical}-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: `${name}-discovery` },
      subjects: [{ kind: "ServiceAccount", name, namespace: cluster.settings.namespace }],
    },
    { dependsOn },
  );
}
