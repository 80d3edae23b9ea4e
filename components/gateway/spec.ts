import type { GeneratedSecret, SecretValue } from "../core/secrets";
import { seconds } from "../core/units";
import type { Connection, PodsElsewhere } from "../target/connection";
import type { Controller, FrameOption, GatewayArgs, ParentGateway, ReferrerPolicy, Route, Tls } from "./args";

/** A route with everything filled in. */
export interface RouteSpec {
  /** Of its objects: `<gateway>-<route>`. */
  readonly name: string;
  readonly host: string;
  readonly to: ToWorkload;
  /** Reached by https. */
  readonly secure: boolean;
  readonly tls?: Tls;
  readonly auth?: { readonly user: string; readonly password: SecretValue; readonly realm: string };
}

export type ToWorkload = Connection & { readonly peer: { readonly workload: string } };

/** The arguments with all defaults filled in; times in seconds. */
export interface Spec {
  readonly name: string;
  readonly controller: Controller;
  readonly class: string;
  readonly parent?: ParentGateway;
  readonly entryPoints: { readonly http: string; readonly https: string };
  readonly pods: PodsElsewhere;
  readonly headers: HeaderSpec;
  /** Whether plain http is answered with the address by https. */
  readonly redirect: boolean;
  readonly routes: readonly RouteSpec[];
}

export interface HeaderSpec {
  readonly hsts: { readonly maxAge: number; readonly subdomains: boolean; readonly preload: boolean };
  readonly frame: FrameOption;
  readonly referrer: ReferrerPolicy;
}

const TRAEFIK: PodsElsewhere = { namespace: "traefik", labels: { "app.kubernetes.io/name": "traefik" } };

/** For args that have passed `validate`; what is given is taken as it is. */
export function spec(name: string, args: GatewayArgs): Spec {
  const { controller = "traefik", parent, entryPoints = {}, pods = TRAEFIK, headers = {} } = args;
  const { maxAge = "365d", subdomains = false, preload = false } = headers.hsts ?? {};
  const routes = Object.entries(args.routes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, route]) => routeSpec(name, key, route, args));
  return {
    name,
    controller,
    class: args.class ?? "traefik",
    ...(parent ? { parent } : {}),
    entryPoints: { http: entryPoints.http ?? "web", https: entryPoints.https ?? "websecure" },
    pods,
    headers: {
      hsts: { maxAge: seconds(maxAge) ?? 0, subdomains, preload },
      frame: headers.frame ?? "DENY",
      referrer: headers.referrer ?? "same-origin",
    },
    redirect: parent ? Boolean(parent.http && parent.https) : routes.some(({ secure }) => secure),
    routes,
  };
}

function routeSpec(gateway: string, key: string, route: Route, args: GatewayArgs): RouteSpec {
  const { host, to, basicAuth } = route;
  const tls = tlsOf(route, args);
  return {
    name: `${gateway}-${key}`,
    host,
    to: to as ToWorkload,
    secure: isSecure(route, args),
    ...(tls ? { tls } : {}),
    ...(basicAuth
      ? {
          auth: {
            user: basicAuth.user ?? "admin",
            password: basicAuth.password ?? ownPassword(gateway, key),
            realm: basicAuth.realm ?? host,
          },
        }
      : {}),
  };
}

export function tlsOf(route: Route, args: Pick<GatewayArgs, "tls">): Tls | undefined {
  return route.tls ?? args.tls;
}

/** With the Gateway API, TLS is a matter of the listener. */
export function isSecure(route: Route, args: Pick<GatewayArgs, "tls" | "parent">): boolean {
  return args.parent ? args.parent.https !== undefined : tlsOf(route, args) !== undefined;
}

/** Name of the Secret with the certificate. */
export function certificateOf({ name, tls }: RouteSpec): string | undefined {
  if (!tls) return undefined;
  return "secret" in tls ? tls.secret : `${name}-tls`;
}

export function ownPassword(gateway: string, route: string): GeneratedSecret {
  return { generated: `${gateway}-${route}` };
}

/** The address of every route, by its name. */
export function gatewayUrls(args: Pick<GatewayArgs, "routes" | "tls" | "parent">): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(args.routes).map(([key, route]) => [
      key,
      `${isSecure(route, args) ? "https" : "http"}://${route.host}`,
    ]),
  );
}
