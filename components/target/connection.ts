import type * as pulumi from "@pulumi/pulumi";

/** Who is at the other end: a workload of the same stack, or something outside it. */
export type Peer = { readonly workload: string } | { readonly cidrs: readonly string[] };

/**
 * The wiring of a stack. Start order, network policies, exporters' addresses and the arrows in the docs are derived from it.
 * Plain data, available before the server is constructed; only credentials are values that may be unknown in a preview.
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
  readonly credentials?: Readonly<Record<string, pulumi.Input<string>>>;
}
