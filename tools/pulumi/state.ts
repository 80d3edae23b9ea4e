/** The parts of an exported stack that recovery looks at. */
export interface Deployment {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly Resource[];
    pending_operations?: readonly { readonly resource: Resource; readonly type: string }[];
  };
}

/** The state of a stack that does not exist. */
export const NOTHING: Deployment = { version: 3, deployment: {} };

export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** The state in a local backend's file of a stack, which is no export: what one has as the deployment is the latest checkpoint. */
export function stateIn(text: string): Deployment {
  const { version, checkpoint } = JSON.parse(text) as {
    readonly version: number;
    readonly checkpoint?: { readonly latest?: Deployment["deployment"] };
  };
  return { version, deployment: checkpoint?.latest ?? {} };
}

const NAMESPACE = "kubernetes:core/v1:Namespace";
const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";
const VOLUME = "docker:index/volume:Volume";

/** What an engine has: ids of containers and networks, names of volumes. */
export interface OnEngine {
  readonly containers: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
}

/** Container ids in the state. */
export function containersOf(state: Deployment): Set<string> {
  return idsOf(state, CONTAINER);
}

export function networksOf(state: Deployment): Set<string> {
  return idsOf(state, NETWORK);
}

/** What is in the state, but not on the engine. */
export function vanished(state: Deployment, { containers, networks, volumes }: OnEngine): Resource[] {
  const there: Readonly<Record<string, ReadonlySet<string>>> = {
    [CONTAINER]: containers,
    [NETWORK]: networks,
    [VOLUME]: volumes,
  };
  return (state.deployment.resources ?? []).filter(({ type, id }) => id && there[type]?.has(id) === false);
}

/** Names of the volumes among resources. */
export function volumesOf(resources: readonly Resource[]): string[] {
  return resources.flatMap(({ type, id }) => (type === VOLUME && id ? [id] : [])).sort();
}

/** What an interrupted run left undecided: URNs that are in the state and may have changed since. */
export function interrupted(state: Deployment): string[] {
  const known = new Set((state.deployment.resources ?? []).map((r) => r.urn));
  const pending = state.deployment.pending_operations ?? [];
  return [...new Set(pending.map((p) => p.resource.urn))].filter((urn) => known.has(urn));
}

export function hasPending(state: Deployment): boolean {
  return (state.deployment.pending_operations ?? []).length > 0;
}

/** The same state with nothing undecided in it. */
export function withoutPending(state: Deployment): Deployment {
  const { pending_operations: _, ...deployment } = state.deployment;
  return { ...state, deployment };
}

/** Whether this state has ever deployed anything, so that what carries its label is its own. */
export function isInUse(state: Deployment): boolean {
  return hasPending(state) || (state.deployment.resources ?? []).length > 0;
}

function idsOf(state: Deployment, type: string): Set<string> {
  const resources = state.deployment.resources ?? [];
  return new Set(resources.flatMap((r) => (r.type === type && r.id ? [r.id] : [])));
}

/** Names of the Kubernetes namespaces in the state. */
export function namespacesOf(state: Deployment): Set<string> {
  return idsOf(state, NAMESPACE);
}

/** Uid of a Kubernetes namespace as the stack knows it; undefined where it has none. */
export function namespaceUid({ deployment }: Deployment, name: string): string | undefined {
  const found = deployment.resources?.find(({ type, id }) => type === NAMESPACE && id === name);
  const { uid } = (found?.outputs?.metadata ?? {}) as { readonly uid?: string };
  return uid;
}
