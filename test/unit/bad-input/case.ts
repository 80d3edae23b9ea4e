import { Blueprint } from "../../../components/core/blueprint";
import type { ComponentArgs, ComponentClass } from "../../../components/core/component";
import type { Problem } from "../../../components/core/problems";
import { DockerTarget } from "../../../components/target/docker";
import type { Target } from "../../../components/target/target";

/** One mistake, and what it is answered with. */
export interface Case {
  readonly title: string;
  readonly problems: () => Promise<readonly Problem[]>;
}

/** One component with these args, on Docker unless said otherwise. */
export function component<Args extends ComponentArgs>(
  title: string,
  Component: ComponentClass<Args, unknown>,
  args: Omit<Args, "target">,
  target: Target = new DockerTarget({ stack: "dev" }),
  name = Component.name.toLowerCase(),
): Case {
  return declared(title, target, (blueprint) => blueprint.add(Component, name, args));
}

/** Whatever `declare` adds to a stack. */
export function declared(title: string, target: Target, declare: (blueprint: Blueprint) => void): Case {
  const blueprint = new Blueprint(target);
  return {
    title,
    problems: async () => {
      declare(blueprint);
      return blueprint.validate();
    },
  };
}
