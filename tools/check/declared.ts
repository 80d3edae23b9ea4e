import { Blueprint, type Declared } from "../../components/core/blueprint";
import type { ComponentArgs, ComponentClass } from "../../components/core/component";
import type { Monitoring } from "../../components/monitoring/monitoring";
import type { Target } from "../../components/target/target";
import type { Plan, Workload } from "../../components/target/workload";
import type { StackConfig } from "../../stacks/config";
import { declareStack } from "../../stacks/systems";
import { createTarget } from "../../stacks/target";
import type { Instance } from "./running";

/** A component of the stack, with what it was declared with. */
export interface DeclaredComponent<Args extends ComponentArgs = ComponentArgs> extends Declared {
  readonly name: string;
  readonly args: Args;
}

/** What a stack's code says that it consists of: what the running one is compared with. */
export interface Declaration {
  readonly stack: string;
  readonly config: StackConfig;
  readonly target: Target;
  readonly plans: readonly Plan[];
  readonly monitoring: readonly Monitoring[];
  /** Components of a class, in the order of their declaration. */
  all<Args extends ComponentArgs, Instance>(
    Component: ComponentClass<Args, Instance>,
  ): readonly DeclaredComponent<Args>[];
}

/** Runs the stack's pure half with this configuration. Registers nothing. */
export function declare(stack: string, config: StackConfig): Declaration {
  const blueprint = new Remembering(createTarget(stack, config));
  declareStack(stack, config, blueprint);
  return {
    stack,
    config,
    target: blueprint.target,
    plans: blueprint.plans(),
    monitoring: blueprint.monitoring,
    all: (Component) => blueprint.all(Component),
  };
}

/** Workloads that run for ever, by name. */
export function services(declaration: Declaration): readonly Workload[] {
  return declaration.plans.flatMap((plan) => plan.services ?? []);
}

/** Ordinals of a service's replicas, or a single `undefined` where it has no identity and one replica. */
export function replicas(service: Workload): readonly (number | undefined)[] {
  const ordinals = Array.from({ length: service.replicas ?? 1 }, (_, i) => i);
  return service.identity === "stable" || ordinals.length > 1 ? ordinals : [undefined];
}

/** The copies of a service. */
export function instancesOf(declaration: Declaration, workload: string): readonly Instance[] {
  const service = services(declaration).find(({ name }) => name === workload);
  return service ? replicas(service).map((replica) => ({ workload, replica })) : [];
}

/** A blueprint that can be asked which components it was given. */
class Remembering extends Blueprint {
  readonly #components: { readonly Component: unknown; readonly declared: DeclaredComponent }[] = [];

  override add<Args extends ComponentArgs, Instance>(
    Component: ComponentClass<Args, Instance>,
    name: string,
    args: Omit<Args, "target">,
  ): Declared {
    const faces = super.add(Component, name, args);
    const full = { ...args, target: this.target } as Args;
    this.#components.push({ Component, declared: { ...faces, name, args: full } });
    return faces;
  }

  all<Args extends ComponentArgs, Instance>(Component: ComponentClass<Args, Instance>): DeclaredComponent<Args>[] {
    return this.#components
      .filter((component) => component.Component === Component)
      .map((component) => component.declared as DeclaredComponent<Args>);
  }
}
