import * as pulumi from "@pulumi/pulumi";
import { deploy } from "../core/component";
import { type Problem, refuse, under } from "../core/problems";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import { KubernetesTarget } from "../target/kubernetes";
import type { Deployed } from "../target/target";
import type { Plan } from "../target/workload";
import { prepare } from "./access";
import type { GatewayArgs } from "./args";
import { httpRoutes } from "./httproute";
import { ingresses } from "./ingress";
import { gatewayUrls, ownPassword, spec } from "./spec";
import { validateGateway } from "./validate";

export type {
  BasicAuth,
  Controller,
  FrameOption,
  GatewayArgs,
  ParentGateway,
  ReferrerPolicy,
  Route,
  SecurityHeaders,
  Tls,
} from "./args";
export { gatewayUrls } from "./spec";

/**
 * Host names for services of the stack (Kubernetes): by Ingress objects for Traefik, or by HTTPRoutes of a Gateway that exists. With
 * TLS, a redirect from http, security headers and passwords. The controller is the cluster's own.
 *
 * ```ts
 * new Gateway("gateway", {
 *   target,
 *   tls: { issuer: "letsencrypt" },
 *   routes: {
 *     prometheus: { host: "prometheus.example.com", to: prometheus.connection, basicAuth: {} },
 *     grafana: { host: "grafana.example.com", to: grafana.connection },
 *   },
 * });
 * ```
 */
export class Gateway extends pulumi.ComponentResource {
  static readonly type = "datastack:index:Gateway";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];
  /** The address of every route, by its name. */
  readonly urls: Readonly<Record<string, string>>;

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Gateway.type, name, {}, opts);
    refuse(under(name, Gateway.validate(name, args)));
    this.connection = Gateway.connection(name, args);
    this.monitoring = Gateway.monitoring(name, args);
    this.urls = gatewayUrls(args);
    const passwords = deploy(Gateway.plan(name, args), args, this).nodes;
    this.nodes = { ...passwords, ...objects(name, args, this) };
    this.registerOutputs({});
  }

  static validate(name: string, args: GatewayArgs): Problem[] {
    return validateGateway(name, args);
  }

  /** The passwords: everything else is not run, but read by the controller. */
  static plan(name: string, args: GatewayArgs): Plan {
    const { class: ingressClass, parent, routes } = spec(name, args);
    const definitions = [
      ...(parent ? ["httproutes.gateway.networking.k8s.io"] : []),
      ...(!parent || routes.some(({ auth }) => auth) ? ["middlewares.traefik.io"] : []),
    ];
    const certificates = routes.flatMap(({ tls }) => (tls && "secret" in tls ? [tls.secret] : []));
    return {
      requires: [
        ...(parent ? [] : [{ ingressClass }]),
        ...definitions.map((definition) => ({ definition })),
        ...[...new Set(certificates)].map((secret) => ({ secret, key: "tls.crt" })),
      ],
      secrets: Object.entries(args.routes).flatMap(([key, { basicAuth }]) =>
        basicAuth && basicAuth.password === undefined ? [ownPassword(name, key)] : [],
      ),
    };
  }

  /** The controller, which answers for all of the host names. */
  static connection(name: string, args: GatewayArgs): Connection {
    const { pods, routes } = spec(name, args);
    const port = (secure: boolean) => (secure ? 443 : 80);
    return {
      id: name,
      kind: "gateway",
      port: port(routes[0]?.secure ?? false),
      peer: pods,
      host: routes[0]?.host ?? "",
      endpoints: routes.map(({ host, secure }) => `${host}:${port(secure)}`),
    };
  }

  /** It runs nothing; who watches the cluster's controller is the cluster's own matter. */
  static monitoring(_name: string, _args: GatewayArgs): Monitoring {
    return { targets: [], rules: [] };
  }
}

function objects(name: string, args: GatewayArgs, parent: pulumi.Resource): Deployed["nodes"] {
  const { target, transform } = args;
  // `validate` refused every other one
  if (!(target instanceof KubernetesTarget)) return {};
  const children = target.children(transform ? { parent, transform } : { parent });
  const site = { target, spec: spec(name, args), children };
  const prepared = prepare(site);
  const { parent: gateway } = site.spec;
  if (gateway) httpRoutes(site, gateway, prepared);
  else ingresses(site, prepared);
  return children.nodes;
}
