import type * as pulumi from "@pulumi/pulumi";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed, Target, Transforms } from "../target/target";
import type { Plan, Workload } from "../target/workload";
import type { Problem } from "./problems";

/** What the args of every component have. */
export interface ComponentArgs {
  /** Where it runs. */
  readonly target: Target;
  /** Changes child resources last, by their type token. Prefer an argument where there is one. */
  readonly transform?: Transforms;
}

/**
 * The static side of a component: pure functions of name and args, usable before anything is constructed. `validate` finds
 * all problems; the others may be called with args that have problems and must not throw, but for `plan`.
 */
export interface ComponentClass<Args extends ComponentArgs, Instance> {
  new (name: string, args: Args, opts?: pulumi.ComponentResourceOptions): Instance;
  validate(name: string, args: Args): Problem[];
  plan(name: string, args: Args): Plan;
  connection(name: string, args: Args): Connection;
  monitoring(name: string, args: Args): Monitoring;
}

/** Registers everything in a plan under `parent`, in an order in which preparation comes first. */
export function deploy(plan: Plan, args: ComponentArgs, parent: pulumi.Resource): Deployed {
  const { target, transform } = args;
  const placement = transform ? { parent, transform } : { parent };
  const secrets = (plan.secrets ?? []).map((secret) => target.secrets.generate(secret, placement));
  // A job may set up a service of its own component, or be what another one waits for.
  const jobs = new Set(plan.jobs?.map((job) => job.name));
  const waits = (service: Workload) => service.after?.some((job) => jobs.has(job)) ?? false;
  const services = (late: boolean) =>
    (plan.services ?? []).filter((s) => waits(s) === late).map((service) => target.service(service, placement));
  const parts = [
    ...services(false),
    ...(plan.agents ?? []).map((agent) => target.agent(agent, placement)),
    ...(plan.jobs ?? []).map((job) => target.job(job, placement)),
    ...services(true),
    ...(plan.schedules ?? []).map((schedule) => target.schedule(schedule, placement)),
  ];
  const generated = Object.fromEntries((plan.secrets ?? []).map((secret, i) => [secret.generated, secrets[i]]));
  return { nodes: Object.assign(generated, ...parts.map((p) => p.nodes)), ready: parts.flatMap((p) => p.ready) };
}
