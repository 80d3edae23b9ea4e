import * as pulumi from "@pulumi/pulumi";
import * as k8s from "../target/kubernetes/sdk";
import { Middleware } from "./custom";
import { passwordLine } from "./password";
import { metadata, type Prepared, type Site } from "./site";
import type { RouteSpec } from "./spec";

/** Lets the controller in to the services, and makes what asks for passwords. */
export function prepare(site: Site): Prepared {
  const { target, spec, children } = site;
  const admitted = spec.routes.map(({ name, to }) => target.admit(`${name}-admission`, to, spec.pods, children));
  const guarded = spec.routes.flatMap((route) => (route.auth ? [{ route, auth: route.auth }] : []));
  if (guarded.length === 0) return { auth: new Map(), first: admitted };
  // Kept in the state, so that an unchanged password has an unchanged hash.
  const key = site.children.key(`${spec.name}-salt-key`);
  const guards = guarded.map(({ route, auth }) => guard(site, route, auth, key));
  return {
    auth: new Map(guards.map(({ route, name }) => [route, name])),
    first: [...admitted, ...guards.map(({ middleware }) => middleware)],
  };
}

function guard(site: Site, route: RouteSpec, auth: NonNullable<RouteSpec["auth"]>, key: pulumi.Output<string>) {
  const { target, children } = site;
  const name = `${route.name}-auth`;
  const line = pulumi
    .all([target.secrets.resolve(auth.password), key])
    .apply(([password, salt]) => passwordLine(`${route.name}.basicAuth.password`, auth.user, password, salt));
  const secret = children.add(k8s.core.Secret, `${name}-secret`, {
    metadata: metadata(site, name),
    type: "Opaque",
    // Traefik takes a Secret with one entry, whatever it is called.
    data: { users: pulumi.secret(line).apply((text) => Buffer.from(text).toString("base64")) },
  });
  const middleware = children.add(
    Middleware,
    `${name}-middleware`,
    {
      metadata: metadata(site, name),
      // What the service behind does with such a header is its own: Grafana would take it for a login.
      spec: { basicAuth: { secret: name, realm: auth.realm, removeHeader: true } },
    },
    { dependsOn: [secret] },
  );
  return { route: route.name, name, middleware };
}
