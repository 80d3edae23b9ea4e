import type { ExistingSecret, SecretValue } from "../core/secrets";
import type { Target } from "./target";

/** Who is at the other end: a workload of the same stack, addresses outside it, or pods of another namespace (Kubernetes). */
export type Peer = { readonly workload: string } | Outside;

export type Outside = { readonly cidrs: readonly string[] } | PodsElsewhere;

/** The pods of a namespace that carry all of these labels; without any, all of its pods. */
export interface PodsElsewhere {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pods, for the way to them: policies do not see a Service's port, which may be another. @default the connection's port */
  readonly port?: number;
}

/** Who a client is to a server. */
export interface Credentials {
  readonly user: string;
  readonly password: SecretValue | ExistingSecret;
}

/**
 * The wiring of a stack. Start order, network policies, exporters' addresses and the arrows in the docs are derived from it.
 * Plain data, available before the server is constructed; only passwords are values that may be unknown in a preview.
 */
export interface Connection {
  /** Unique in the stack, such as `kafka`. */
  readonly id: string;
  readonly kind: string;
  readonly port: number;
  readonly peer: Peer;
  /** Address of the service as a whole, as seen by workloads of the stack. */
  readonly host: string;
  /** `host:port` of every replica, for clients that take a list. */
  readonly endpoints: readonly string[];
  /** Database that clients use, where the server has several. */
  readonly database?: string;
  /** By user: those that a client of this stack may be. */
  readonly credentials?: Readonly<Record<string, Credentials>>;
}

/**
 * The way to a workload of the stack. With `replicas`, those have addresses of their own; `id` is needed where it has several ways.
 */
export function connectionTo(
  target: Pick<Target, "host">,
  workload: string,
  way: { readonly kind: string; readonly port: number; readonly id?: string; readonly replicas?: number },
): Connection {
  const { kind, port, id = workload, replicas } = way;
  const hosts =
    replicas === undefined
      ? [target.host(workload)]
      : Array.from({ length: replicas }, (_, replica) => target.host(workload, replica));
  return {
    id,
    kind,
    port,
    peer: { workload },
    host: target.host(workload),
    endpoints: hosts.map((host) => `${host}:${port}`),
  };
}
