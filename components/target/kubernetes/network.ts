import type { types } from "@pulumi/kubernetes";
import { stableJson } from "../../core/names";
import type { Peer as Other, Outside, PodsElsewhere } from "../connection";
import type { Need } from "../workload";
import { accessLabel, selector } from "./labels";
import { agentsNamespace } from "./names";

type Spec = types.input.networking.v1.NetworkPolicySpec;
type Peer = types.input.networking.v1.NetworkPolicyPeer;
type Egress = types.input.networking.v1.NetworkPolicyEgressRule;
type Ingress = types.input.networking.v1.NetworkPolicyIngressRule;

export interface Traffic {
  /** The namespace of the stack, wherever the pods themselves are. */
  readonly namespace: string;
  readonly service: string;
  /** Ports on which it admits whoever carries its access label. */
  readonly ports: readonly number[];
  readonly needs: readonly Need[];
  /** Its replicas reach each other. */
  readonly ring: boolean;
  /** Ports that replicas are reached at from outside of the cluster, and from where. */
  readonly exposed?: readonly Exposed[];
  /** Addresses of name servers beside the cluster's DNS pods. */
  readonly names: readonly string[];
  /** Where the API server is, when it asks that for running pods. */
  readonly apiServer?: ApiServer;
}

export interface Exposed {
  readonly port: number;
  readonly cidrs: readonly string[];
}

export interface ApiServer {
  /** @default every address */
  readonly cidrs?: readonly string[];
}

/** Behind its Service the API server listens on 443 or 6443. */
const API_SERVER_PORTS = [443, 6443];

/** Denies everything in both directions but what the connections of the stack ask for. */
export function policy(traffic: Traffic): Spec {
  const { service, needs, ports, ring, exposed = [], names, apiServer, namespace } = traffic;
  const itself: Peer = { podSelector: selector(service) };
  const ingress: Ingress[] = [
    ...[...new Set(ports)].map((port) => ({
      from: [ofStack(namespace, { [accessLabel(service, port)]: "true" })],
      ports: tcp([port]),
    })),
    ...(ring ? [{ from: [itself] }] : []),
    ...exposed.map(({ port, cidrs }) => ({ from: cidrs.map(addresses), ports: tcp([port]) })),
  ];
  const egress: Egress[] = [
    { ...DNS, to: [DNS_PODS, ...names.map(addresses)] },
    ...(ring ? [{ to: [itself] }] : []),
    ...egressOf(namespace, needs),
    ...(apiServer ? [toApiServer(apiServer)] : []),
  ];
  return {
    ...isolation(service),
    // The API server drops an empty list, so that with one every application would be a change.
    ...(ingress.length > 0 ? { ingress } : {}),
    egress,
  };
}

/** For what runs before a workload exists: it needs its volume and nothing else. */
export function isolation(service: string): Spec {
  return { podSelector: selector(service), policyTypes: ["Ingress", "Egress"] };
}

/**
 * Lets the clients of a host agent out. In the host's network it has no pod address that a selector would match, and the
 * addresses of hosts are not known here, so this is by port alone.
 */
export function agentAccess(service: string, port: number): Spec {
  return {
    podSelector: { matchLabels: { [accessLabel(service, port)]: "true" } },
    policyTypes: ["Egress"],
    egress: [{ ports: tcp([port]) }],
  };
}

/** Lets somebody from outside the stack in, such as an ingress controller, beside the pods with an access label. */
export function admission(service: string, port: number, from: Outside): Spec {
  return {
    podSelector: selector(service),
    policyTypes: ["Ingress"],
    ingress: [{ from: outside(from), ports: tcp([port]) }],
  };
}

function egressOf(namespace: string, needs: readonly Need[]): Egress[] {
  const rules = new Map<string, Egress>();
  for (const { to } of needs) {
    const { peer } = to;
    const port = "namespace" in peer ? (peer.port ?? to.port) : to.port;
    const peers = "workload" in peer ? [ofStack(namespace, selector(peer.workload).matchLabels)] : outside(peer);
    rules.set(`${nameOf(peer)}:${port}`, { to: peers, ports: tcp([port]) });
  }
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** The same for the same peer. */
function nameOf(peer: Other): string {
  if ("workload" in peer) return peer.workload;
  return "cidrs" in peer ? [...peer.cidrs].sort().join() : `${peer.namespace}/${stableJson(peer.labels)}`;
}

function outside(peer: Outside): Peer[] {
  return "cidrs" in peer ? peer.cidrs.map(addresses) : [elsewhere(peer)];
}

function elsewhere({ namespace, labels }: PodsElsewhere): Peer {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    ...(Object.keys(labels).length > 0 ? { podSelector: { matchLabels: labels } } : {}),
  };
}

function toApiServer({ cidrs }: ApiServer): Egress {
  return { ...(cidrs ? { to: cidrs.map(addresses) } : {}), ports: tcp(API_SERVER_PORTS) };
}

/** Pods of the stack with these labels, host agents included. */
function ofStack(namespace: string, matchLabels: Record<string, string>): Peer {
  return {
    namespaceSelector: {
      matchExpressions: [
        { key: "kubernetes.io/metadata.name", operator: "In", values: [namespace, agentsNamespace(namespace)] },
      ],
    },
    podSelector: { matchLabels },
  };
}

function addresses(cidr: string): Peer {
  return { ipBlock: { cidr } };
}

function tcp(ports: readonly number[]) {
  return ports.map((port) => ({ protocol: "TCP", port }));
}

const DNS_PODS: Peer = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
  podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
};

const DNS: Egress = {
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};
