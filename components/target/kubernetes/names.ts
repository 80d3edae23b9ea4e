import { sha256 } from "../../core/names";

/** Longest name of an object that ends up in a label or a host name. */
const MAX_LABEL = 63;

/** Host agents need rights that the stack's own namespace refuses to everybody. */
export function agentsNamespace(namespace: string): string {
  return `${namespace}-agents`;
}

/** The headless Service that gives every replica a name of its own. */
export function nodesService(workload: string): string {
  return `${workload}-nodes`;
}

/** The Service of one port of one replica, for clients outside of the cluster. */
export function exposureService(workload: string, replica: number, port: string): string {
  return `${workload}-${replica}-${port}`;
}

/** The claim that replica `replica` of a StatefulSet looks for: not ours to choose. */
export function claimName(volume: string, workload: string, replica: number): string {
  return `${volume}-${workload}-${replica}`;
}

/** What the preparations of a workload's volumes are called together: their pods and their network policy. */
export function preparationOf(workload: string): string {
  return `${workload}-prepare`;
}

/** The Job that prepares one volume. Cut where it is too long, because the name becomes a label of its pods. */
export function preparationJob(claim: string): string {
  const name = `prepare-${claim}`;
  if (name.length <= MAX_LABEL) return name;
  const hash = sha256(name).slice(0, 8);
  return `${name.slice(0, MAX_LABEL - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
