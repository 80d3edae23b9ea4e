import type { Image } from "../../core/images";
import type { Need } from "../workload";

/** On everything that belongs to one service, agent, job or schedule, and the only label that selectors use. */
export const SERVICE = "datastack.io/service";

/** On everything that a stack makes. */
export const STACK = "datastack.io/stack";

/**
 * Who the API server is told to be, on every object. Left to itself, the provider makes up a name for each and keeps it in the state: what is
 * taken up again after a destroy or a run that was killed would have two managers, and the next change would be a conflict.
 */
const FIELD_MANAGER = { "pulumi.com/patchFieldManager": "datastack" };

/** Arguments of an object, with who manages it. */
export function managed<Args extends object>(args: Args): Args {
  const { metadata } = args as { readonly metadata?: { readonly annotations?: object } };
  return { ...args, metadata: { ...metadata, annotations: { ...metadata?.annotations, ...FIELD_MANAGER } } };
}

export type Role = "service" | "agent" | "job" | "schedule" | "preparation";

export interface Identity {
  readonly stack: string;
  /** The workload, job or schedule. */
  readonly service: string;
  /** Name of the object that controls the pods. */
  readonly controller: string;
  readonly role: Role;
  readonly image: Image;
}

/** The labels of pods and of what controls them. */
export function labels({ stack, service, controller, role, image }: Identity): Record<string, string> {
  const version = imageTag(image.reference);
  return {
    "app.kubernetes.io/name": service,
    "app.kubernetes.io/instance": controller,
    "app.kubernetes.io/component": role,
    "app.kubernetes.io/part-of": stack,
    "app.kubernetes.io/managed-by": "datastack",
    ...(version ? { "app.kubernetes.io/version": version } : {}),
    [STACK]: stack,
    [SERVICE]: service,
    ...(role === "job" || role === "schedule" ? { [`datastack.io/${role}`]: service } : {}),
  };
}

/** Of what belongs to the stack as a whole. */
export function stackLabels(stack: string): Record<string, string> {
  return {
    "app.kubernetes.io/part-of": stack,
    "app.kubernetes.io/managed-by": "datastack",
    [STACK]: stack,
  };
}

/** What selects the pods of a service, now and after every upgrade: selectors can never change. */
export function selector(service: string): { matchLabels: Record<string, string> } {
  return { matchLabels: { [SERVICE]: service } };
}

/**
 * Carried by the pods that may reach that port of that workload. A server admits whoever carries it, so that no server has to
 * know clients that come later.
 */
export function accessLabel(workload: string, port: number): string {
  return `datastack.io/access-${workload}-${port}`;
}

/** The access labels that a client gets from its needs. */
export function accessLabels(needs: readonly Need[]): Record<string, string> {
  const peers = needs.flatMap(({ to }) => ("workload" in to.peer ? [accessLabel(to.peer.workload, to.port)] : []));
  return Object.fromEntries([...new Set(peers)].sort().map((label) => [label, "true"]));
}

/** The tag, where it can be a label. */
function imageTag(reference: string): string | undefined {
  const tag = /:([A-Za-z0-9][\w.-]{0,62})$/.exec(reference.replace(/@.*$/, ""))?.[1];
  return tag && /[A-Za-z0-9]$/.test(tag) ? tag : undefined;
}
