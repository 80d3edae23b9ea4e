import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SecretStore } from "../secret-store";
import type { Deployed, Placement } from "../target";
import { transformed } from "../transform";
import { managed } from "./labels";

type ResourceClass<Args, R> = new (name: string, args?: Args, opts?: pulumi.CustomResourceOptions) => R;

/** What all children of one workload have in common. */
export interface Family {
  readonly placement: Placement;
  readonly secrets: SecretStore;
  readonly provider?: pulumi.ProviderResource;
  /** What everything waits for: the namespace. */
  readonly after: readonly pulumi.Resource[];
}

/** 43 letters and digits of 62 are 256 bits. */
const KEY = { length: 43, special: false };

/** Registers the resources of one workload and keeps them by their logical names. */
export class Children {
  readonly nodes: Record<string, pulumi.CustomResource> = {};

  constructor(readonly family: Family) {}

  add<Args extends object, R extends pulumi.CustomResource>(
    Type: ResourceClass<Args, R>,
    name: string,
    args: NoInfer<Args>,
    options: pulumi.CustomResourceOptions & { dependsOn?: readonly pulumi.Resource[] } = {},
  ): R {
    const { placement, provider, after } = this.family;
    const { dependsOn = [], ...rest } = options;
    const final = transformed(placement.transform, tokenOf(Type), name, managed(args), {
      ...rest,
      parent: placement.parent,
      dependsOn: [...new Set([...after, ...dependsOn])],
      ...(provider ? { provider } : {}),
    });
    const child = new Type(name, final.args, final.opts);
    this.nodes[name] = child;
    return child;
  }

  /**
   * A random key of 256 bits that stays in the state, where it is a secret. A password, because the id of random bytes is those bytes, in
   * the clear.
   */
  key(name: string): pulumi.Output<string> {
    const key = new random.RandomPassword(name, KEY, { parent: this.family.placement.parent });
    this.nodes[name] = key;
    return key.result;
  }

  deployed(...ready: readonly pulumi.Resource[]): Deployed {
    return { nodes: this.nodes, ready };
  }
}

/** Every generated class has it, and none declares it. */
function tokenOf(Type: unknown): string {
  return (Type as { readonly __pulumiType: string }).__pulumiType;
}
