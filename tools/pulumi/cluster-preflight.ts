import { bytes } from "../../components/core/units";
import { STACK } from "../../components/target/kubernetes/labels";
import { agentsNamespace } from "../../components/target/kubernetes/names";

/** What a stack is going to need of its cluster. */
export interface ClusterDemand {
  readonly stack: string;
  readonly namespace: string;
  /** Of the configuration; without it, the usual file and its current context. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Class of the volumes. @default the cluster's default */
  readonly storageClass?: string;
  readonly ingressClasses: readonly string[];
  /** Kinds of objects that Kubernetes does not bring, by the names of their definitions. */
  readonly definitions: readonly string[];
  /** By the name of the claim. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Ports of every node that agents listen on. */
  readonly nodePorts: readonly NodePort[];
  /** Keys of Secrets that somebody else keeps in the namespace. */
  readonly secrets: readonly { readonly name: string; readonly key: string; readonly user: string }[];
}

/** What is found. Undefined is what could not be asked, and so is no hindrance. */
export interface ClusterFacts {
  /** Files that a kubeconfig was looked for in. */
  readonly files: readonly string[];
  /** There is no kubeconfig, and this is a pod: Pulumi goes by its account, as it does by itself. */
  readonly inCluster?: boolean;
  /** Kubeconfig of the cluster of this machine, where it is up. */
  readonly local?: string;
  readonly contexts?: readonly string[];
  readonly current?: string;
  /** Why the API server could not be asked at all. */
  readonly unreachable?: string;
  readonly storageClasses?: readonly StorageClass[];
  readonly ingressClasses?: readonly string[];
  /** Names of all definitions of kinds. */
  readonly definitions?: readonly string[];
  /** Claims of the namespace with the size that they ask for. */
  readonly claims?: Readonly<Record<string, { readonly size: string; readonly storageClass?: string }>>;
  /** Keys by Secret. */
  readonly secrets?: Readonly<Record<string, readonly string[]>>;
  /** What others than this stack have on every node. */
  readonly nodePorts?: readonly NodePort[];
  /** Of the stack's namespace; null where there is none. */
  readonly namespaceUid?: string | null;
  /** Workloads and Services that are in the stack's namespaces. */
  readonly occupants?: readonly Occupant[];
}

/** A port of every node, and who listens on it. */
export interface NodePort {
  readonly port: number;
  readonly owner: string;
}

/** What is in a namespace. */
export interface Occupant {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The stack that made it, as its label says. */
  readonly stack?: string;
}

export interface StorageClass {
  readonly name: string;
  readonly isDefault: boolean;
  readonly expands: boolean;
}

/** Everything about the cluster that stands in the way, as sentences. */
export function judgeCluster(demand: ClusterDemand, facts: ClusterFacts): string[] {
  const lost = wrongCluster(demand, facts);
  if (lost) return [lost];
  return [
    ...occupantProblems(demand, facts),
    ...classProblems(demand, facts),
    ...growthProblems(demand, facts),
    ...classChanges(demand, facts),
    ...secretProblems(demand, facts),
    ...portProblems(demand, facts),
  ];
}

/** Why the cluster is none that a stack can be on, whose namespace had the uid when it was deployed last. */
export function otherCluster(demand: ClusterDemand, facts: ClusterFacts, deployed: string | undefined): string[] {
  const lost = wrongCluster(demand, facts);
  if (lost) return [lost];
  const { stack, namespace, context = facts.current } = demand;
  const { namespaceUid: found } = facts;
  if (deployed === undefined || found === deployed) return [];
  if (found === undefined)
    return [
      `It cannot be told whether this is the cluster of stack ${stack}, as its namespace ${namespace} could not be asked for. Install kubectl, ` +
        "and have the right to get namespaces.",
    ];
  return [
    `Stack ${stack} is on another cluster: the namespace ${namespace} that it was deployed to is not in this one${context ? ` (context ${context})` : ""}, ` +
      `which has ${found === null ? "none of that name" : "another of that name"}. Name the right one with datastack:kubeContext in Pulumi.${stack}.yaml. If ` +
      "that namespace is gone for good, with all that was in it, have it forgotten: " +
      `npm run toolchain -- pulumi stack rm ${stack} --force --yes --preserve-config`,
  ];
}

/** What to type for this cluster, and not for the one that was used last. */
export function kubectlOf({
  kubeconfig,
  kubeContext,
}: {
  kubeconfig?: string | undefined;
  kubeContext?: string | undefined;
}): string {
  return [
    "kubectl",
    ...(kubeconfig ? ["--kubeconfig", kubeconfig] : []),
    ...(kubeContext ? ["--context", kubeContext] : []),
  ].join(" ");
}

/** A stack stays in its namespaces: under another name it would come up healthy, and empty. */
export function otherNamespace({ stack, namespace }: ClusterDemand, deployed: ReadonlySet<string>): string[] {
  if (deployed.size === 0 || deployed.has(namespace) || deployed.has(agentsNamespace(namespace))) return [];
  return [
    `Stack ${stack} is in the namespace ${[...deployed].sort().join(" and ")}, and its data stay there: it cannot move to ${namespace}. Keep ` +
      `datastack:namespace in Pulumi.${stack}.yaml as it was, or deploy a stack of another name there.`,
  ];
}

/** Why a new stack cannot begin: it runs here already, and is in another state. */
export function foreignStack(demand: ClusterDemand, { occupants = [], current }: ClusterFacts): string[] {
  const { stack, namespace } = demand;
  const own = occupants.filter((occupant) => occupant.stack === stack);
  if (own.length === 0) return [];
  const kubectl = kubectlOf({ kubeconfig: demand.kubeconfig, kubeContext: demand.context ?? current });
  const namespaces = [...new Set([namespace, ...own.map((occupant) => occupant.namespace)])].sort();
  const removal = namespaces.map(
    (name) =>
      `${kubectl} -n ${name} delete statefulsets,deployments,daemonsets,cronjobs,jobs,services -l ${STACK}=${stack}`,
  );
  return [
    `The cluster already has a stack ${stack} (${named(own)}), and the Pulumi state here knows nothing of it: it belongs to another state, was ` +
      "applied from rendered manifests, or its state was lost. Use the state that made it (DATASTACK_HOME or PULUMI_BACKEND_URL), or remove what " +
      `runs, which keeps its volumes: ${removal.join("; ")}`,
  ];
}

/** Without the right cluster there is nothing else to be said. */
function wrongCluster(demand: ClusterDemand, facts: ClusterFacts): string | undefined {
  const { stack, context } = demand;
  const { files, contexts, current, unreachable, inCluster, local } = facts;
  const where = files.join(", ");
  if (inCluster)
    return unreachable === undefined
      ? undefined
      : `The cluster of this pod cannot be asked: ${unreachable}. Look with "kubectl get nodes", or name a datastack:kubeconfig.`;
  if (!contexts)
    return (
      `No cluster: there is no kubeconfig (${where}). Name one in datastack:kubeconfig or in KUBECONFIG; ` +
      (local
        ? `that of this machine's cluster is ${local}.`
        : '"npm run cluster -- up" makes a cluster on this machine.')
    );
  const known = contexts.length > 0 ? `it has ${contexts.join(", ")}` : "it has none";
  if (context !== undefined && !contexts.includes(context))
    return `The context ${context} is not in ${where}: ${known}. Correct datastack:kubeContext, or name another datastack:kubeconfig.`;
  if (context === undefined && contexts.length > 1)
    return (
      `datastack:kubeContext is not set, and ${where} has several contexts (${contexts.join(", ")}): what was used last, ` +
      `${current ?? "none"}, would decide where stack ${stack} goes. Set it in Pulumi.${stack}.yaml.`
    );
  if (context === undefined && current === undefined)
    return `${where} has no current context: ${known}. Set datastack:kubeContext in Pulumi.${stack}.yaml.`;
  if (unreachable !== undefined)
    return (
      `The cluster of the context ${context ?? current} cannot be asked: ${unreachable}. Look with ` +
      `"kubectl --context ${context ?? current} get nodes", or choose another datastack:kubeContext.`
    );
  return undefined;
}

/** Names of a message; the rest are counted. */
const NAMED = 12;

/** What is called alike would be taken over, and what is not would have to live under the rules of the stack's namespace. */
function occupantProblems({ stack }: ClusterDemand, { occupants = [] }: ClusterFacts): string[] {
  const foreign = occupants.filter((occupant) => occupant.stack !== stack);
  return [...new Set(foreign.map(({ namespace }) => namespace))].map((namespace) => {
    const theirs = foreign.filter((occupant) => occupant.namespace === namespace);
    return (
      `The namespace ${namespace} is not free: stack ${stack} did not make its ${named(theirs, true)}. The stack would ` +
      `take over what is called like its own. Give it another namespace with datastack:namespace in Pulumi.${stack}.yaml, or remove them.`
    );
  });
}

function named(occupants: readonly Occupant[], owners = false): string {
  const names = occupants
    .map(({ kind, name, stack }) => `${kind} ${name}${owners && stack ? ` of stack ${stack}` : ""}`)
    .sort();
  return `${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ""}`;
}

function classProblems(demand: ClusterDemand, facts: ClusterFacts): string[] {
  const { storageClasses, ingressClasses, definitions } = facts;
  const { storageClass, volumes } = demand;
  const problems: string[] = [];
  const names = storageClasses?.map(({ name }) => name);
  if (names && storageClass !== undefined && !names.includes(storageClass))
    problems.push(`The cluster has no storage class ${storageClass}. ${has(names)} Correct datastack:storageClass.`);
  const defaults = storageClasses?.filter(({ isDefault }) => isDefault);
  if (names && storageClass === undefined && defaults?.length === 0 && Object.keys(volumes).length > 0)
    problems.push(`The cluster has no default storage class. ${has(names)} Choose one with datastack:storageClass.`);
  for (const wanted of demand.ingressClasses.filter((name) => ingressClasses?.includes(name) === false))
    problems.push(
      `The cluster has no ingress class ${wanted}. ${has(ingressClasses ?? [])} Install its controller, or name another class.`,
    );
  for (const wanted of demand.definitions.filter((name) => definitions?.includes(name) === false))
    problems.push(
      `The cluster does not know the kind of object ${wanted}. Install its definition: that of Traefik, or of the Gateway API, ` +
        "comes with the controller's chart.",
    );
  return problems;
}

function has(names: readonly string[]): string {
  return names.length > 0 ? `It has ${[...names].sort().join(", ")}.` : "It has none.";
}

/** A volume keeps the class that it was made with. */
function classChanges({ volumes, storageClass }: ClusterDemand, { claims = {} }: ClusterFacts): string[] {
  return Object.keys(volumes).flatMap((claim) => {
    const before = claims[claim]?.storageClass;
    if (before === undefined || storageClass === undefined || before === storageClass) return [];
    return [
      `The volume ${claim} is of the storage class ${before} and cannot become one of ${storageClass}. Keep datastack:storageClass, or ` +
        "move the data to a stack of another name.",
    ];
  });
}

function growthProblems({ volumes }: ClusterDemand, { claims, storageClasses }: ClusterFacts): string[] {
  return Object.entries(volumes).flatMap(([claim, size]) => {
    const existing = claims?.[claim];
    const [before, wanted] = [bytes(existing?.size ?? ""), bytes(size)];
    if (!existing || before === undefined || wanted === undefined) return [];
    if (wanted < before)
      return [`The volume ${claim} has ${existing.size} and cannot become ${size}: volumes only grow. Keep the size.`];
    const storage = storageClasses?.find(({ name }) => name === existing.storageClass);
    if (wanted === before || !storage || storage.expands) return [];
    return [
      `The volume ${claim} has ${existing.size} and cannot become ${size}: its storage class ${storage.name} does not let volumes ` +
        "grow (allowVolumeExpansion). Keep the size, or have the class changed.",
    ];
  });
}

function secretProblems({ secrets: wanted, namespace }: ClusterDemand, { secrets }: ClusterFacts): string[] {
  if (!secrets) return [];
  return wanted.flatMap(({ name, key, user }) => {
    const keys = secrets[name];
    if (keys?.includes(key)) return [];
    if (!keys) {
      const make =
        key === "tls.crt"
          ? `create secret tls ${name} --cert=<file> --key=<file>`
          : `create secret generic ${name} --from-file=${key}=<file>`;
      return [
        `The Secret ${name}, which ${user} needs, is not in the namespace ${namespace}. Make it, and the namespace before if it is not ` +
          `there: kubectl -n ${namespace} ${make}`,
      ];
    }
    return [`The Secret ${name} has no key ${key}, which ${user} needs; it has ${keys.join(", ") || "none"}.`];
  });
}

/** Two pods that want the same port of a node never run on one: the second waits for ever. */
function portProblems({ stack, nodePorts }: ClusterDemand, { nodePorts: taken = [] }: ClusterFacts): string[] {
  return nodePorts.flatMap(({ port, owner }) =>
    taken
      .filter((other) => other.port === port)
      .map(
        (other) =>
          `Port ${port} of the nodes, which ${owner} needs, is taken by ${other.owner}: its pods would never start. Choose another in ` +
          `Pulumi.${stack}.yaml (datastack:nodeExporterPort for the node exporter), or remove that one.`,
      ),
  );
}
