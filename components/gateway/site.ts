import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesTarget } from "../target/kubernetes";
import type { Children } from "../target/kubernetes/children";
import { stackLabels } from "../target/kubernetes/labels";
import type { RouteSpec, Spec } from "./spec";

/** Where the objects of one gateway are made. */
export interface Site {
  readonly target: KubernetesTarget;
  readonly spec: Spec;
  readonly children: Children;
}

/** What the objects that say where a host name leads to refer to. */
export interface Prepared {
  /** Names of the Middlewares that ask for passwords, by the names of routes. */
  readonly auth: ReadonlyMap<string, string>;
  /** What has to be there before anybody is let in. */
  readonly first: readonly pulumi.Resource[];
}

export function metadata(
  { target, spec }: Site,
  name: string,
  annotations?: Readonly<Record<string, string>>,
): types.input.meta.v1.ObjectMeta {
  return {
    name,
    namespace: target.namespace,
    labels: {
      "app.kubernetes.io/name": spec.name,
      "app.kubernetes.io/component": "gateway",
      ...stackLabels(target.stack),
    },
    ...(annotations ? { annotations } : {}),
  };
}

/** The Service of a route, as both APIs name it in their own words. */
export function backend({ to }: RouteSpec): { readonly name: string; readonly port: number } {
  return { name: to.peer.workload, port: to.port };
}

export function redirectName({ spec }: Site): string {
  return `${spec.name}-redirect`;
}
