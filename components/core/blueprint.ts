import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Target } from "../target/target";
import type { Plan } from "../target/workload";
import type { ComponentArgs, ComponentClass } from "./component";
import { type Problem, refuse, under } from "./problems";

/** What other components see of one that is declared but not constructed yet. */
export interface Declared {
  readonly connection: Connection;
  readonly monitoring: Monitoring;
}

interface Entry {
  readonly name: string;
  /** Asked when all components are declared: what collects from others sees those that come after it, too. */
  readonly problems: () => readonly Problem[];
  readonly plan: () => Plan;
  readonly construct: () => unknown;
}

/**
 * The components of one stack, declared first and constructed only when all of them are valid, so that every problem of a run
 * comes in one message and nothing is half-created.
 */
export class Blueprint {
  readonly #entries: Entry[] = [];
  readonly #monitoring: Monitoring[] = [];

  constructor(readonly target: Target) {}

  /** Everything declared so far, for what collects it. */
  get monitoring(): readonly Monitoring[] {
    return this.#monitoring;
  }

  add<Args extends ComponentArgs, Instance>(
    Component: ComponentClass<Args, Instance>,
    name: string,
    args: Omit<Args, "target">,
  ): Declared {
    const full = { ...args, target: this.target } as Args;
    this.#entries.push({
      name,
      problems: () => under(name, Component.validate(name, full)),
      plan: () => Component.plan(name, full),
      construct: () => new Component(name, full),
    });
    const declared = { connection: Component.connection(name, full), monitoring: Component.monitoring(name, full) };
    this.#monitoring.push(declared.monitoring);
    return declared;
  }

  /** What will run; of a component that has problems, only its name. */
  plans(): Plan[] {
    return this.#entries.map((e) => (e.problems().length === 0 ? e.plan() : { unplanned: [e.name] }));
  }

  /** All problems: of each component, and of those that have none by themselves, together on the target. */
  validate(): Problem[] {
    return [...this.#entries.flatMap((e) => e.problems()), ...this.target.check(this.plans())];
  }

  /** Constructs all, in the order of declaration, or throws a `ProblemsError` before the first. */
  deploy(before: readonly Problem[] = []): void {
    refuse([...before, ...this.validate()]);
    for (const entry of this.#entries) entry.construct();
  }
}
