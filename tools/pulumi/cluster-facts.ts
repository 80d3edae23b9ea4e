import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { isExisting } from "../../components/core/secrets";
import { filesOf } from "../../components/target/check";
import { STACK } from "../../components/target/kubernetes/labels";
import { agentsNamespace, claimName } from "../../components/target/kubernetes/names";
import type { Plan, Process, Workload } from "../../components/target/workload";
import type { StackConfig } from "../../stacks/config";
import { kubeconfigFiles } from "../../stacks/kubeconfig";
import { findKubectl } from "../cluster/kubectl";
import { DEFAULT_NAME, layoutOf } from "../cluster/settings";
import { CommandError, run } from "../core/exec";
import type { ClusterDemand, ClusterFacts, NodePort, Occupant } from "./cluster-preflight";

/** Seconds until a cluster that does not answer is given up. */
const PATIENCE = 10;

/** What the plans of a stack need of its cluster. */
export function clusterDemand(stack: string, config: StackConfig, plans: readonly Plan[]): ClusterDemand {
  const { namespace = stack, kubeconfig, kubeContext, storageClass } = config;
  const services = plans.flatMap((plan) => plan.services ?? []);
  const schedules = plans.flatMap((plan) => plan.schedules ?? []);
  const others = plans.flatMap((plan) => [...(plan.agents ?? []), ...(plan.jobs ?? []), ...schedules]);
  const requires = plans.flatMap((plan) => plan.requires ?? []);
  const claims = [
    ...services.flatMap(({ name, volumes = [], replicas = 1 }) =>
      volumes.flatMap((volume) =>
        Array.from({ length: replicas }, (_, i) => [claimName(volume.name, name, i), volume.size] as const),
      ),
    ),
    ...schedules.flatMap(({ name, volumes = [] }) =>
      volumes.map((volume) => [claimName(volume.name, name, 0), volume.size] as const),
    ),
  ];
  return {
    stack,
    namespace,
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(kubeContext ? { context: kubeContext } : {}),
    ...(storageClass ? { storageClass } : {}),
    volumes: Object.fromEntries(claims),
    ingressClasses: requires.flatMap((one) => ("ingressClass" in one ? [one.ingressClass] : [])),
    definitions: requires.flatMap((one) => ("definition" in one ? [one.definition] : [])),
    nodePorts: plans.flatMap(({ agents = [] }) =>
      agents
        .filter(({ host }) => host.network)
        .flatMap(({ name, ports }) => Object.values(ports).map(({ port }) => ({ port, owner: name }))),
    ),
    secrets: [
      ...[...services, ...others].flatMap(existingSecrets),
      ...requires.flatMap((one) => ("secret" in one ? [{ name: one.secret, key: one.key, user: "a host name" }] : [])),
    ],
  };
}

function existingSecrets(process: Process & Partial<Workload>): ClusterDemand["secrets"] {
  return filesOf(process).flatMap((file) =>
    file.secret && isExisting(file.content)
      ? [{ name: file.content.existing, key: file.content.key, user: process.name }]
      : [],
  );
}

/** Where a pod has the token of its account. */
const ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Asks the cluster, as far as there is one and it lets itself be asked; changes nothing. */
export async function lookAtCluster(demand: ClusterDemand, token = ACCOUNT_TOKEN): Promise<ClusterFacts> {
  const files = kubeconfigFiles(demand.kubeconfig);
  const kubeconfig = readKubeconfig(files);
  const kubectl = findKubectl();
  if (!kubeconfig) {
    if (!isPod(demand, token)) return { files, ...localCluster() };
    return { files, inCluster: true, ...(kubectl ? await ask(new Asker(kubectl, files), demand) : {}) };
  }
  const { contexts, current } = kubeconfig;
  const named = demand.context ?? current;
  const facts = { files, contexts, ...(current === undefined ? {} : { current }) };
  // what is in several places is refused before anything is asked
  const certain = named !== undefined && contexts.includes(named) && (demand.context || contexts.length === 1);
  if (!certain || !kubectl) return facts;
  return { ...facts, ...(await ask(new Asker(kubectl, files, named), demand)) };
}

/** As the client of Kubernetes decides, which Pulumi and kubectl have in common; a file or a context that is named has to be there. */
function isPod({ kubeconfig, context }: ClusterDemand, token: string): boolean {
  return !kubeconfig && !context && Boolean(process.env.KUBERNETES_SERVICE_HOST) && fs.existsSync(token);
}

function localCluster(): Pick<ClusterFacts, "local"> {
  const { kubeconfig } = layoutOf(DEFAULT_NAME);
  return fs.existsSync(kubeconfig) ? { local: kubeconfig } : {};
}

async function ask(
  cluster: Asker,
  { namespace, secrets, definitions, nodePorts }: ClusterDemand,
): Promise<Partial<ClusterFacts>> {
  try {
    await cluster.get(["--raw", "/version"]);
  } catch (error) {
    return { unreachable: reasonOf(error) };
  }
  const [storage, ingress, claims, keys, known, occupants, daemons, uid] = await Promise.all([
    cluster.list("storageclasses"),
    cluster.list("ingressclasses"),
    cluster.list("persistentvolumeclaims", namespace),
    secretKeys(cluster, namespace, secrets),
    definitions.length > 0 ? cluster.names("customresourcedefinitions") : undefined,
    occupantsOf(cluster, [namespace, agentsNamespace(namespace)]),
    nodePorts.length > 0 ? cluster.listAll("daemonsets") : undefined,
    uidOf(cluster, namespace),
  ]);
  const others = daemons?.filter(({ metadata }) => metadata.namespace !== agentsNamespace(namespace));
  return {
    ...(storage ? { storageClasses: storage.map(storageClassOf) } : {}),
    ...(ingress ? { ingressClasses: ingress.map(({ metadata }) => metadata.name) } : {}),
    ...(claims ? { claims: Object.fromEntries(claims.map(claimOf)) } : {}),
    ...(keys ? { secrets: keys } : {}),
    ...(known ? { definitions: known } : {}),
    ...(others ? { nodePorts: others.flatMap(nodePortsOf) } : {}),
    ...(uid !== undefined ? { namespaceUid: uid } : {}),
    ...(occupants.length > 0 ? { occupants } : {}),
  };
}

const OCCUPANTS = "statefulsets,deployments,daemonsets,services";
/** cert-manager makes it for as long as it proves a host name: nobody's, and gone soon. */
const PASSING = "acme.cert-manager.io/http01-solver";

async function occupantsOf(cluster: Asker, namespaces: readonly string[]): Promise<Occupant[]> {
  const found = await Promise.all(namespaces.map((namespace) => cluster.list(OCCUPANTS, namespace)));
  return found.flatMap((items = [], i) =>
    items
      .filter(({ metadata }) => metadata.labels?.[PASSING] === undefined)
      .map(({ kind, metadata: { name, labels } }) => {
        const stack = labels?.[STACK];
        return { namespace: namespaces[i] ?? "", kind, name, ...(stack ? { stack } : {}) };
      }),
  );
}

/** Null where there is no such namespace, undefined where it may not be asked. */
async function uidOf(cluster: Asker, namespace: string): Promise<string | null | undefined> {
  try {
    const uid = await cluster.get(["namespace", namespace, "--ignore-not-found", "--output=jsonpath={.metadata.uid}"]);
    return uid.trim() || null;
  } catch {
    return undefined;
  }
}

/** Names of keys only: no value leaves the cluster's tool. */
async function secretKeys(cluster: Asker, namespace: string, wanted: ClusterDemand["secrets"]) {
  const found: Record<string, readonly string[]> = {};
  for (const name of new Set(wanted.map((secret) => secret.name))) {
    const template = "{{range $key, $_ := .data}}{{$key}} {{end}}";
    const where = ["--namespace", namespace, "--ignore-not-found", `--output=go-template=${template}`];
    try {
      const text = await cluster.get(["secret", name, ...where]);
      if (text.trim() !== "") found[name] = text.trim().split(" ");
    } catch {
      // whoever deploys may not read it, and so cannot tell
      return undefined;
    }
  }
  return found;
}

interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly allowVolumeExpansion?: boolean;
  readonly status?: { readonly desiredNumberScheduled?: number };
  readonly spec?: {
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
    readonly template?: { readonly spec?: PodOfAll };
  };
}

/** What a DaemonSet runs, as far as ports go. */
interface PodOfAll {
  readonly hostNetwork?: boolean;
  readonly containers?: readonly {
    readonly ports?: readonly { readonly containerPort: number; readonly hostPort?: number }[];
  }[];
}

/** In the host's network a port of the container is one of the host. */
function nodePortsOf({ kind, metadata, spec, status }: Item): NodePort[] {
  // such as one for nodes of another operating system, of which there are none
  if (status?.desiredNumberScheduled === 0) return [];
  const { hostNetwork = false, containers = [] } = spec?.template?.spec ?? {};
  return containers
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ containerPort, hostPort = hostNetwork ? containerPort : undefined }) =>
      hostPort ? [{ port: hostPort, owner: `the ${kind} ${metadata.name} in ${metadata.namespace}` }] : [],
    );
}

function storageClassOf({ metadata, allowVolumeExpansion = false }: Item) {
  const isDefault = metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
  return { name: metadata.name, isDefault, expands: allowVolumeExpansion };
}

function claimOf({ metadata, spec }: Item) {
  const { storageClassName: storageClass, resources } = spec ?? {};
  return [
    metadata.name,
    { size: resources?.requests?.storage ?? "", ...(storageClass ? { storageClass } : {}) },
  ] as const;
}

class Asker {
  readonly #options: { readonly env: Readonly<Record<string, string>>; readonly timeout: number };

  constructor(
    readonly kubectl: string,
    files: readonly string[],
    /** Of the files; without one, the pod's own cluster. */
    readonly context?: string,
  ) {
    this.#options = { env: { KUBECONFIG: files.join(path.delimiter) }, timeout: (PATIENCE + 5) * 1000 };
  }

  async get(args: readonly string[]): Promise<string> {
    const context = this.context === undefined ? [] : ["--context", this.context];
    const all = [...context, `--request-timeout=${PATIENCE}s`, "get", ...args];
    return (await run(this.kubectl, all, this.#options)).stdout;
  }

  /** Undefined where it may not be asked. */
  list(kind: string, namespace?: string): Promise<readonly Item[] | undefined> {
    return this.#items([kind, ...(namespace ? ["--namespace", namespace] : [])]);
  }

  /** Of all namespaces. Undefined where it may not be asked. */
  listAll(kind: string): Promise<readonly Item[] | undefined> {
    return this.#items([kind, "--all-namespaces"]);
  }

  async #items(what: readonly string[]): Promise<readonly Item[] | undefined> {
    try {
      const text = await this.get([...what, "--output=json"]);
      return (JSON.parse(text) as { items: Item[] }).items;
    } catch {
      return undefined;
    }
  }

  /** Of objects that are long, and whose names are enough. Undefined where it may not be asked. */
  async names(kind: string): Promise<readonly string[] | undefined> {
    try {
      const text = await this.get([kind, "--output=name"]);
      return text.split("\n").flatMap((line) => line.trim().split("/").slice(1));
    } catch {
      return undefined;
    }
  }
}

/** The last line is kubectl's own summary of what the lines before say again and again. */
function reasonOf(error: unknown): string {
  const text = error instanceof CommandError ? error.stderr.trim() || error.how : String(error);
  return (text.split("\n").at(-1) ?? "").replace(/^(error|Unable to connect to the server): /i, "").replace(/\.$/, "");
}

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly { readonly name: string }[];
}

/** As kubectl merges them: all contexts, and the first current one. */
function readKubeconfig(files: readonly string[]): { contexts: string[]; current: string | undefined } | undefined {
  const parts = files
    .filter((file) => fs.existsSync(file))
    .map((file) => parse(fs.readFileSync(file, "utf8")) as Kubeconfig);
  if (parts.length === 0) return undefined;
  const contexts = parts.flatMap((part) => part?.contexts?.map(({ name }) => name) ?? []);
  const current = parts.map((part) => part?.["current-context"]).find((name) => name);
  return { contexts: [...new Set(contexts)], current };
}
