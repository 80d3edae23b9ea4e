import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../core/exec";
import { type Layout, NETWORK, nodeName, PORTS } from "./settings";

/** One certificate, for clients and servers, signed by the cluster's own authority. */
export interface CertificateRequest {
  readonly name: string;
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Host names and addresses that a server is called by. */
  readonly hosts?: readonly string[];
}

/** Users of the API server that have a kubeconfig, by file name. */
export const CLIENTS: Readonly<Record<string, { user: string; group?: string }>> = {
  admin: { user: "datastack-admin", group: "system:masters" },
  "kube-controller-manager": { user: "system:kube-controller-manager" },
  "kube-scheduler": { user: "system:kube-scheduler" },
  "kube-proxy": { user: "system:kube-proxy" },
  "local-volumes": { user: "datastack:local-volumes" },
};

/** User that the API server is towards the kubelet; bound to `system:kubelet-api-admin`. */
export const KUBELET_CLIENT = "datastack:kubelet-client";

/** User that the API server is towards extension API servers. */
export const AGGREGATOR = "datastack:aggregator";

export function certificateRequests(layout: Layout): CertificateRequest[] {
  const node = nodeName(layout);
  const api = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${NETWORK.domain}`,
  ];
  const clients = Object.entries(CLIENTS).map(([name, client]) => ({
    name,
    commonName: client.user,
    ...(client.group ? { organizations: [client.group] } : {}),
  }));
  return [
    { name: "etcd", commonName: "etcd", hosts: ["localhost", "127.0.0.1"] },
    {
      name: "kube-apiserver",
      commonName: "kube-apiserver",
      hosts: [...api, "localhost", NETWORK.node, NETWORK.apiService],
    },
    { name: "kubelet-client", commonName: KUBELET_CLIENT },
    { name: "aggregator", commonName: AGGREGATOR },
    // one certificate: the kubelet's towards the API server and the one it serves
    {
      name: "kubelet",
      commonName: `system:node:${node}`,
      organizations: ["system:nodes"],
      hosts: [node, NETWORK.node],
    },
    ...clients,
  ];
}

/** Makes the certificates that are missing; all leaves anew when what is asked for has changed. */
export async function ensureCertificates(layout: Layout): Promise<void> {
  const requests = certificateRequests(layout);
  const text = JSON.stringify(requests);
  const stamp = path.join(layout.certificates, "requests.json");
  const files = ["ca", "service-accounts", ...requests.map(({ name }) => name)].map((name) => `${name}.key`);
  const whole = files.every((file) => fs.existsSync(path.join(layout.certificates, file)));
  if (whole && fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === text) return;
  await run(path.join(layout.bin, "certificates"), [layout.certificates], { input: text });
  fs.writeFileSync(stamp, text);
}

/** Kubeconfig of one client, as a file that names its certificates, or complete in itself. */
export function kubeconfig(layout: Layout, client: string, read?: (file: string) => Buffer): string {
  const file = (name: string): string => path.join(layout.certificates, name);
  const entry = (key: string, name: string): Record<string, string> =>
    read ? { [`${key}-data`]: read(file(name)).toString("base64") } : { [key]: file(name) };
  const context = layout.name;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [
      {
        name: layout.name,
        cluster: { server: `https://${NETWORK.node}:${PORTS.api}`, ...entry("certificate-authority", "ca.crt") },
      },
    ],
    users: [
      {
        name: client,
        user: { ...entry("client-certificate", `${client}.crt`), ...entry("client-key", `${client}.key`) },
      },
    ],
    contexts: [{ name: context, context: { cluster: layout.name, user: client } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
