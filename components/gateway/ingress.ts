import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as k8s from "../target/kubernetes/sdk";
import type { Tls } from "./args";
import { Middleware } from "./custom";
import { traefikHeaders } from "./headers";
import { backend, metadata, type Prepared, redirectName, type Site } from "./site";
import { certificateOf, type RouteSpec } from "./spec";

/** Ingress objects for Traefik: one for each route, and one that redirects the host names of all from http to https. */
export function ingresses(site: Site, { auth, first }: Prepared): void {
  const { spec, children } = site;
  const headers = children.add(Middleware, `${spec.name}-headers-middleware`, {
    metadata: metadata(site, `${spec.name}-headers`),
    spec: { headers: traefikHeaders(spec.headers) },
  });
  for (const route of spec.routes) {
    const guard = auth.get(route.name);
    // The headers first, so that a refusal carries them, too.
    const middlewares = [`${spec.name}-headers`, ...(guard ? [guard] : [])];
    add(site, route.name, [route], { middlewares, after: [headers, ...first] });
  }
  if (spec.redirect) redirect(site);
}

function redirect(site: Site): void {
  const { spec, children } = site;
  const name = redirectName(site);
  const middleware = children.add(Middleware, `${name}-middleware`, {
    metadata: metadata(site, name),
    spec: { redirectScheme: { scheme: "https", permanent: true } },
  });
  const routes = spec.routes.filter(({ secure }) => secure);
  add(site, name, routes, { middlewares: [name], after: [middleware], plain: true });
}

interface Options {
  readonly middlewares: readonly string[];
  readonly after: readonly pulumi.Resource[];
  /** By http, although there is TLS. */
  readonly plain?: boolean;
}

function add(site: Site, name: string, routes: readonly RouteSpec[], { middlewares, after, plain }: Options): void {
  const { target, spec, children } = site;
  const secured = plain ? [] : routes.filter(({ secure }) => secure);
  const entryPoint = secured.length > 0 ? spec.entryPoints.https : spec.entryPoints.http;
  const annotations = {
    // Not every controller says in the object's status where it listens.
    "pulumi.com/skipAwait": "true",
    "traefik.ingress.kubernetes.io/router.entrypoints": entryPoint,
    "traefik.ingress.kubernetes.io/router.middlewares": middlewares
      .map((middleware) => `${target.namespace}-${middleware}@kubernetescrd`)
      .join(","),
    // The certificate by itself would not make Traefik use TLS.
    ...(secured.length > 0 ? { "traefik.ingress.kubernetes.io/router.tls": "true" } : {}),
    ...Object.assign({}, ...secured.map(({ tls }) => issuer(tls))),
  };
  children.add(
    k8s.networking.Ingress,
    `${name}-ingress`,
    {
      metadata: metadata(site, name, annotations),
      spec: {
        ingressClassName: spec.class,
        rules: routes.map(rule),
        ...(secured.length > 0 ? { tls: secured.map(certificate) } : {}),
      },
    },
    { dependsOn: [...after] },
  );
}

function rule(route: RouteSpec): types.input.networking.v1.IngressRule {
  const { name, port } = backend(route);
  return {
    host: route.host,
    http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { number: port } } } }] },
  };
}

function certificate(route: RouteSpec): types.input.networking.v1.IngressTLS {
  const secretName = certificateOf(route);
  return { hosts: [route.host], ...(secretName ? { secretName } : {}) };
}

/** cert-manager watches Ingress objects for it. */
function issuer(tls: Tls | undefined): Readonly<Record<string, string>> {
  if (!tls || !("issuer" in tls)) return {};
  return { [tls.kind === "Issuer" ? "cert-manager.io/issuer" : "cert-manager.io/cluster-issuer"]: tls.issuer };
}
