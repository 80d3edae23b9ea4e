import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../core/problems";
import type { OutsideTargets } from "../../monitoring/external";
import type { ScrapeTarget } from "../../monitoring/scrape";
import type { Connection, Outside } from "../connection";
import { checkExistingSecrets } from "../existing-secrets";
import { type Rotations, SecretStore } from "../secret-store";
import type { Deployed, Placement, ScrapeConfig, Target } from "../target";
import type { Agent, Job, Plan, Schedule, Workload } from "../workload";
import { deployAgent } from "./agent";
import { checkKubernetes } from "./check";
import type { Children } from "./children";
import { Cluster } from "./cluster";
import { deployJob, deploySchedule } from "./jobs";
import { stackLabels } from "./labels";
import { nodesService } from "./names";
import { admission } from "./network";
import type { PullPolicy } from "./pod";
import { scrapeConfigs } from "./scrape";
import { networking } from "./sdk";
import { deployService } from "./service";

export interface KubernetesTargetArgs {
  /** Name of the stack. */
  readonly stack: string;
  /** Namespace of its workloads; host agents are in `<namespace>-agents`. @default the stack's name */
  readonly namespace?: string;
  /** A provider of one's own. It should have `enableConfigMapMutable`, `enableSecretMutable` and `upsertExistingObjects`. */
  readonly provider?: k8s.Provider;
  /**
   * Content or path of a kubeconfig. Without it, and without a context, cluster identifier or provider, Pulumi's default provider is
   * used, which replaces ConfigMaps instead of updating them.
   */
  readonly kubeconfig?: pulumi.Input<string>;
  /** Context of the kubeconfig. @default its current context */
  readonly context?: string;
  /**
   * Name of the cluster that does not change when the kubeconfig is renewed; with another one, everything is replaced.
   * @default the context, or else the stack's name
   */
  readonly clusterIdentifier?: string;
  /** Storage class of new volumes. @default the cluster's default class */
  readonly storageClass?: string;
  /** @default "cluster.local" */
  readonly clusterDomain?: string;
  /**
   * When images of a registry are pulled. Local images never are. @default "Always" where the reference is a tag, which can move;
   * "IfNotPresent" where it is a digest, so that pods start without their registry
   */
  readonly imagePullPolicy?: PullPolicy;
  /** A priority class that is there, for all pods. @default one of the stack's own, `datastack-<namespace>`, of priority 100000 */
  readonly priorityClass?: string;
  /** Where the API server is, as CIDRs; workloads with `discovery` may go there. @default every address, on ports 443 and 6443 */
  readonly apiServerCidrs?: readonly string[];
  /**
   * Name servers that pods may ask beside the pods `k8s-app=kube-dns` of kube-system, as CIDRs, such as a cache on every node
   * (`["169.254.20.10/32"]`). @default none
   */
  readonly dnsCidrs?: readonly string[];
  /** Generated passwords to be replaced by new ones. @default none */
  readonly rotations?: Rotations;
  /** Protects namespaces and volumes against deletion. @default false */
  readonly production?: boolean;
}

/**
 * Runs workloads on a Kubernetes cluster, as plain objects without an operator.
 *
 * ```ts
 * const target = new KubernetesTarget({ stack: "prod", context: "production" });
 * ```
 */
export class KubernetesTarget implements Target {
  readonly kind = "kubernetes";
  readonly stack: string;
  readonly secrets: SecretStore;
  /** Of the stack's workloads. */
  readonly namespace: string;
  /** What is in it must not be lost, nor be open. */
  readonly production: boolean;
  readonly #args: KubernetesTargetArgs;
  readonly #cluster: Cluster;
  readonly #domain: string;

  constructor(args: KubernetesTargetArgs) {
    const {
      stack,
      namespace = stack,
      provider,
      kubeconfig,
      context,
      storageClass,
      clusterDomain = "cluster.local",
    } = args;
    this.stack = stack;
    this.namespace = namespace;
    this.production = args.production ?? false;
    this.secrets = new SecretStore(args.rotations);
    this.#args = args;
    this.#domain = `${namespace}.svc.${clusterDomain}`;
    const explicit = [kubeconfig, context, args.clusterIdentifier].some((given) => given !== undefined);
    this.#cluster = new Cluster({
      stack,
      namespace,
      clusterDomain,
      production: this.production,
      secrets: this.secrets,
      pods: {
        priorityClass: args.priorityClass ?? `datastack-${namespace}`,
        ...(args.imagePullPolicy ? { pullPolicy: args.imagePullPolicy } : {}),
      },
      ownPriority: args.priorityClass === undefined,
      names: args.dnsCidrs ?? [],
      apiServer: args.apiServerCidrs ? { cidrs: args.apiServerCidrs } : {},
      ...(storageClass ? { storageClass } : {}),
      ...(provider ? { provider } : {}),
      ...(explicit
        ? {
            connection: {
              identifier: args.clusterIdentifier ?? context ?? stack,
              ...(kubeconfig === undefined ? {} : { kubeconfig }),
              ...(context === undefined ? {} : { context }),
            },
          }
        : {}),
    });
  }

  host(workload: string, replica?: number): string {
    if (replica === undefined) return `${workload}.${this.#domain}`;
    return `${workload}-${replica}.${nodesService(workload)}.${this.#domain}`;
  }

  get namespaces() {
    return { services: this.#cluster.namespaceOf("services"), agents: this.#cluster.namespaceOf("agents") };
  }

  scrape(targets: readonly ScrapeTarget[], outside?: OutsideTargets): readonly ScrapeConfig[] {
    return scrapeConfigs(this.namespaces, targets, outside);
  }

  check(plans: readonly Plan[]): Problem[] {
    return [...checkKubernetes(this.#args, plans), ...checkExistingSecrets(this.kind, plans)];
  }

  /** For components of Kubernetes alone: objects that they add have the stack's provider, and are made after its namespace. */
  children(placement: Placement): Children {
    return this.#cluster.children(placement, "services");
  }

  /**
   * Lets pods from outside the stack, or addresses, reach a service of it, such as an ingress controller: beside the workloads that
   * need it, which are let in anyway.
   */
  admit(name: string, to: Connection & { peer: { workload: string } }, from: Outside, children: Children) {
    const { stack } = this.#cluster.settings;
    return children.add(networking.NetworkPolicy, name, {
      metadata: { name, namespace: this.namespace, labels: stackLabels(stack) },
      spec: admission(to.peer.workload, to.port, from),
    });
  }

  service(workload: Workload, placement: Placement): Deployed {
    return this.#remember("workload", workload.name, deployService(this.#cluster, workload, placement));
  }

  agent(agent: Agent, placement: Placement): Deployed {
    return this.#remember("workload", agent.name, deployAgent(this.#cluster, agent, placement));
  }

  job(job: Job, placement: Placement): Deployed {
    return this.#remember("job", job.name, deployJob(this.#cluster, job, placement));
  }

  schedule(schedule: Schedule, placement: Placement): Deployed {
    return deploySchedule(this.#cluster, schedule, placement);
  }

  #remember(what: "workload" | "job", name: string, deployed: Deployed): Deployed {
    this.#cluster.remember(what, name, deployed);
    return deployed;
  }
}
