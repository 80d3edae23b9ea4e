import * as path from "node:path";
import { UserError } from "../core/errors";
import { dataDir } from "../core/paths";

/** Versions of what the node is built from. */
export const KUBERNETES_VERSION = "v1.34.4";
export const COREDNS_VERSION = "1.15.0";
export const TRAEFIK_VERSION = "3.7.13";

/** Images that come with the node; every other one is loaded from the Docker engine. */
export const PAUSE_IMAGE = "datastack.local/pause:1";
export const COREDNS_IMAGE = `datastack.local/coredns:${COREDNS_VERSION}`;
/** Loaded when it is asked for. */
export const TRAEFIK_IMAGE = `datastack.local/traefik:${TRAEFIK_VERSION}`;

/** Storage class and its provisioner. */
export const STORAGE_CLASS = "local";
export const PROVISIONER = "datastack.local/volumes";

export const DEFAULT_NAME = "datastack";

/**
 * Addresses and ports of the node. All are the machine's own: the API server, etcd and the kubelet cannot be reached
 * from other machines, and a change of network (VPN, Wi-Fi) does not disturb a running cluster.
 */
export const NETWORK = {
  /** Address of the node and its API server, added to the loopback interface. */
  node: "10.243.0.1",
  pods: "10.244.0.0/24",
  /** The host's end of every pod's link. */
  podGateway: "10.244.0.1",
  services: "10.96.0.0/16",
  /** First address of the services: `kubernetes.default`. */
  apiService: "10.96.0.1",
  dns: "10.96.0.10",
  domain: "cluster.local",
} as const;

export const PORTS = {
  api: 6443,
  etcd: 12379,
  etcdPeer: 12380,
  kubelet: 10250,
  kubeletHealth: 10248,
  controllerManager: 10257,
  scheduler: 10259,
  proxyHealth: 10256,
  proxyMetrics: 10249,
} as const;

/** Where everything of one cluster is. */
export interface Layout {
  readonly name: string;
  /** What lasts: certificates, database, volumes, images, logs. Removed by `down`. */
  readonly root: string;
  /** What a reboot may remove: sockets and the container runtime's state. Short, as a socket's path has 107 bytes. */
  readonly run: string;
  readonly bin: string;
  readonly certificates: string;
  readonly config: string;
  readonly logs: string;
  readonly etcd: string;
  readonly kubelet: string;
  readonly containerd: string;
  readonly volumes: string;
  /** Kubeconfig of the administrator. */
  readonly kubeconfig: string;
  /** Script that runs kubectl with that kubeconfig. */
  readonly kubectl: string;
  readonly processes: string;
  readonly socket: string;
  readonly lock: string;
}

/** @throws UserError when the name cannot be part of a host name and of a path */
export function layoutOf(name: string, base = dataDir("cluster"), runBase = "/run/datastack"): Layout {
  if (!/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) {
    throw new UserError(
      `Cluster name "${name}": must be 1 to 20 small letters, digits and hyphens, beginning with a letter and not ending with a hyphen.`,
    );
  }
  const root = path.join(base, name);
  const run = path.join(runBase, name);
  return {
    name,
    root,
    run,
    bin: path.join(root, "bin"),
    certificates: path.join(root, "certificates"),
    config: path.join(root, "config"),
    logs: path.join(root, "logs"),
    etcd: path.join(root, "etcd"),
    kubelet: path.join(root, "kubelet"),
    containerd: path.join(root, "containerd"),
    volumes: path.join(root, "volumes"),
    kubeconfig: path.join(root, "kubeconfig"),
    kubectl: path.join(root, "kubectl"),
    processes: path.join(root, "processes.json"),
    socket: path.join(run, "containerd.sock"),
    lock: path.join(base, `${name}.lock`),
  };
}

/** Name of the Kubernetes node. */
export function nodeName(layout: Layout): string {
  return `${layout.name}-node`;
}
