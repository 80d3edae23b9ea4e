import type * as pulumi from "@pulumi/pulumi";
import type { Transforms } from "./target";

/** Inputs and options of a child as `transforms` leave them. A function may edit its argument or return another one. */
export function transformed<Args extends object>(
  transforms: Transforms | undefined,
  type: string,
  name: string,
  args: Args,
  opts: pulumi.CustomResourceOptions,
): { args: Args; opts: pulumi.CustomResourceOptions } {
  const transform = transforms?.[type];
  if (!transform) return { args, opts };
  if (typeof transform !== "function") return { args: { ...args, ...transform }, opts };
  const copy = { args: { ...args } as Record<string, unknown>, opts: { ...opts } };
  const result = transform(copy.args, copy.opts, name);
  return { args: (result ?? copy.args) as Args, opts: copy.opts };
}
