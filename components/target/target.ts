import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../core/problems";
import type { OutsideTargets } from "../monitoring/external";
import type { ScrapeTarget } from "../monitoring/scrape";
import type { SecretStore } from "./secret-store";
import type { Agent, Job, Plan, Schedule, Workload } from "./workload";

/** Where a child resource hangs, and how its inputs are changed last. */
export interface Placement {
  readonly parent: pulumi.Resource;
  readonly transform?: Transforms;
}

/** Changes the inputs of one child before it is registered: properties to set, or a function that edits them in place. */
export type Transform<T> =
  | Partial<T>
  // biome-ignore lint/suspicious/noConfusingVoidType: an arrow function that only edits its argument returns void
  | ((args: T, opts: pulumi.CustomResourceOptions, name: string) => T | void);

/** By the type token of the child, such as `docker:index/container:Container` or `kubernetes:apps/v1:StatefulSet`. */
export type Transforms = Readonly<Record<string, Transform<Record<string, unknown>>>>;

/** What a target made of one workload, job, agent or schedule. */
export interface Deployed {
  /** Raw resources by their logical name. */
  readonly nodes: Readonly<Record<string, pulumi.CustomResource>>;
  /** To depend on: done or healthy when these are created. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * Decides how workloads run. The pure half (`address`, `scrape`, `check`) is available before anything is constructed; the other
 * half registers resources and remembers them by workload, so that `needs` and `after` become dependencies.
 */
export interface Target {
  readonly kind: "docker" | "kubernetes";
  /** Name of the stack: prefix or namespace of everything. */
  readonly stack: string;
  /** The generated secrets of the stack. */
  readonly secrets: SecretStore;

  /** Of its services, and of its host agents (Kubernetes). */
  readonly namespaces?: { readonly services: string; readonly agents: string };

  /** Host name under which workloads of this stack reach a service, or one replica of it. */
  host(workload: string, replica?: number): string;
  /** Scrape configurations of Prometheus: static targets or discovery, with the same labels on both. */
  scrape(targets: readonly ScrapeTarget[], outside?: OutsideTargets): readonly ScrapeConfig[];
  /** What this target refuses of all plans of a stack together. */
  check(plans: readonly Plan[]): Problem[];

  service(workload: Workload, placement: Placement): Deployed;
  agent(agent: Agent, placement: Placement): Deployed;
  job(job: Job, placement: Placement): Deployed;
  schedule(schedule: Schedule, placement: Placement): Deployed;
}

/** One entry of `scrape_configs` in prometheus.yml. */
export type ScrapeConfig = Readonly<{ job_name: string }> & Readonly<Record<string, unknown>>;
