import type { types } from "@pulumi/kubernetes";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";

/** What an object of a kind that the SDK does not know consists of. */
export interface CustomObject {
  readonly metadata: types.input.meta.v1.ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Traefik's: something that is done with a request before the service gets it. The cluster has to know the kind. */
export class Middleware extends CustomResource {
  static readonly __pulumiType = "kubernetes:traefik.io/v1alpha1:Middleware";

  constructor(name: string, args?: CustomObject, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "traefik.io/v1alpha1", kind: "Middleware", ...args }, opts);
  }
}

/** The Gateway API's. The cluster has to know the kind. */
export class HttpRoute extends CustomResource {
  static readonly __pulumiType = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute";

  constructor(name: string, args?: CustomObject, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", ...args }, opts);
  }
}
