import type { SecretValue } from "../core/secrets";

/** Who is at the other end: a workload of the same stack, or something outside it. */
export type Peer = { readonly workload: string } | { readonly cidrs: readonly string[] };

/** Who a client is to a server. */
export interface Credentials {
  readonly user: string;
  readonly password: SecretValue;
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
