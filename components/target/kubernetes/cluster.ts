import type * as pulumi from "@pulumi/pulumi";
import { ProblemsError } from "../../core/problems";
import type { SecretStore } from "../secret-store";
import type { Deployed, Placement } from "../target";
import type { Discovery, Process } from "../workload";
import { Children } from "./children";
import { managed, stackLabels } from "./labels";
import { agentsNamespace } from "./names";
import type { ApiServer } from "./network";
import type { PodSettings } from "./pod";
import * as k8s from "./sdk";

export interface Settings {
  readonly stack: string;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly production: boolean;
  readonly secrets: SecretStore;
  readonly pods: PodSettings;
  /** Whether the priority class is the stack's own. */
  readonly ownPriority: boolean;
  readonly apiServer: ApiServer;
  /** Addresses of name servers beside the cluster's DNS pods. */
  readonly names: readonly string[];
  readonly storageClass?: string;
  readonly provider?: k8s.Provider;
  readonly connection?: {
    readonly kubeconfig?: pulumi.Input<string>;
    readonly context?: string;
    readonly identifier: string;
  };
}

/** Far below that of the cluster's own pods (2 000 000 000). It can never be changed. */
const PRIORITY = 100_000;

export type Room = "services" | "agents";

/** Lists objects of the stack: its name, what it lists, and what its rights hang below. */
export interface Discoverer {
  readonly name: string;
  readonly discovery: Discovery;
  readonly children: Children;
}

/** The part of a cluster that belongs to one stack: namespaces and provider, made when first needed, and what is in them. */
export class Cluster {
  readonly #namespaces = new Map<Room, k8s.core.Namespace>();
  readonly #ready = {
    workload: new Map<string, readonly pulumi.Resource[]>(),
    job: new Map<string, readonly pulumi.Resource[]>(),
  };
  readonly #claims = new Map<string, readonly k8s.core.PersistentVolumeClaim[]>();
  readonly #discoverers: Discoverer[] = [];
  #provider: k8s.Provider | undefined;
  #priority: k8s.scheduling.PriorityClass | undefined;

  constructor(readonly settings: Settings) {}

  namespaceOf(room: Room): string {
    return room === "agents" ? agentsNamespace(this.settings.namespace) : this.settings.namespace;
  }

  /** The namespaces of the stack that exist so far. */
  get rooms(): readonly Room[] {
    return [...this.#namespaces.keys()];
  }

  children(placement: Placement, room: Room): Children {
    const provider = this.#providerResource();
    return new Children({
      placement,
      secrets: this.settings.secrets,
      after: [this.namespaceResource(room), ...this.#priorityClass()],
      ...(provider ? { provider } : {}),
    });
  }

  /** Remembers what others may wait for under that name. */
  remember(what: "workload" | "job", name: string, { ready }: Deployed): void {
    this.#ready[what].set(name, ready);
  }

  rememberClaims(name: string, claims: readonly k8s.core.PersistentVolumeClaim[]): void {
    this.#claims.set(name, claims);
  }

  addDiscoverer(discoverer: Discoverer): void {
    this.#discoverers.push(discoverer);
  }

  get discoverers(): readonly Discoverer[] {
    return this.#discoverers;
  }

  /** What `process` has to wait for: the servers that it needs at its start, and the jobs `after` which it comes. */
  waitsFor(process: Process, after: readonly string[] = []): pulumi.Resource[] {
    const servers = (process.needs ?? []).flatMap(({ to, start }) =>
      start && "workload" in to.peer ? [to.peer.workload] : [],
    );
    return [
      ...servers.flatMap((name) => known(this.#ready.workload, process.name, "needs", "workload", name)),
      ...after.flatMap((name) => known(this.#ready.job, process.name, "after", "job", name)),
    ];
  }

  claimsOf(workload: string, by: string): readonly k8s.core.PersistentVolumeClaim[] {
    return known(this.#claims, by, "restores", "workload", workload);
  }

  /** Kept after a destroy, because with a namespace everything in it goes, volumes included. */
  namespaceResource(room: Room): k8s.core.Namespace {
    const existing = this.#namespaces.get(room);
    if (existing) return existing;
    const name = this.namespaceOf(room);
    const level = room === "agents" ? "privileged" : "restricted";
    const provider = this.#providerResource();
    const namespace = new k8s.core.Namespace(
      name,
      managed({
        metadata: {
          name,
          labels: {
            ...stackLabels(this.settings.stack),
            ...podSecurity(level),
          },
        },
      }),
      {
        retainOnDelete: true,
        ...(this.settings.production ? { protect: true } : {}),
        ...(provider ? { provider } : {}),
      },
    );
    this.#namespaces.set(room, namespace);
    return namespace;
  }

  /** What holds data stays where a node is short of room; others that set no class make way for it. */
  #priorityClass(): k8s.scheduling.PriorityClass[] {
    const { stack, pods, ownPriority } = this.settings;
    if (!ownPriority) return [];
    const provider = this.#providerResource();
    this.#priority ??= new k8s.scheduling.PriorityClass(
      pods.priorityClass,
      managed({
        metadata: { name: pods.priorityClass, labels: stackLabels(stack) },
        value: PRIORITY,
        globalDefault: false,
        description: "Data platform and its monitoring: before workloads without a class, after the cluster's own.",
      }),
      provider ? { provider } : {},
    );
    return [this.#priority];
  }

  #providerResource(): k8s.Provider | undefined {
    const { provider, connection } = this.settings;
    if (provider || !connection) return provider;
    const { kubeconfig, context, identifier } = connection;
    this.#provider ??= new k8s.Provider("kubernetes", {
      // An empty one is the usual one. Left out, the SDK takes $KUBECONFIG: one file and no list, kept in the state, and an error
      // once it is gone.
      kubeconfig: kubeconfig ?? "",
      ...(context === undefined ? {} : { context }),
      // A renewed kubeconfig is the same cluster; without it, every object would be replaced.
      clusterIdentifier: identifier,
      // Changed in place: under one name, a replacement would leave restarting pods without their files.
      enableConfigMapMutable: true,
      enableSecretMutable: true,
      // Namespaces and volumes outlive a destroy, and are taken up again by the next `up`.
      upsertExistingObjects: true,
      // Fields that a namespace got from whoever made it, or that an earlier version applied under a name of its own.
      enablePatchForce: true,
    });
    return this.#provider;
  }
}

/** The standard of the cluster's own version: what a later one forbids, it forbids here. */
function podSecurity(level: "restricted" | "privileged"): Record<string, string> {
  const modes = ["enforce", "audit", "warn"].map((mode) => `pod-security.kubernetes.io/${mode}`);
  return Object.fromEntries(
    modes.flatMap((mode) => [
      [mode, level],
      [`${mode}-version`, "latest"],
    ]),
  );
}

function known<T>(all: ReadonlyMap<string, T>, who: string, property: string, what: string, name: string): T {
  const found = all.get(name);
  if (found !== undefined) return found;
  const names = [...all.keys()].sort().join(", ") || "none";
  throw new ProblemsError([
    {
      path: `${who}.${property}`,
      value: name,
      rule: `names a ${what} that is not there yet`,
      fix: `Construct it before "${who}"; so far there are: ${names}`,
    },
  ]);
}
