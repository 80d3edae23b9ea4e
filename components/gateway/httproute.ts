import type * as pulumi from "@pulumi/pulumi";
import type { ParentGateway } from "./args";
import { HttpRoute } from "./custom";
import { plainHeaders } from "./headers";
import { backend, metadata, type Prepared, redirectName, type Site } from "./site";
import type { RouteSpec } from "./spec";

/** HTTPRoutes of a Gateway that exists: one for each route, and one that redirects the host names of all from http to https. */
export function httpRoutes(site: Site, parent: ParentGateway, { auth, first }: Prepared): void {
  const { spec } = site;
  for (const route of spec.routes) {
    const guard = auth.get(route.name);
    const rule = {
      matches: [ALL_PATHS],
      // In this order: the headers are on a refusal, too.
      filters: [
        {
          type: "ResponseHeaderModifier",
          responseHeaderModifier: { set: plainHeaders(spec.headers, route.secure) },
        },
        ...(guard
          ? [{ type: "ExtensionRef", extensionRef: { group: "traefik.io", kind: "Middleware", name: guard } }]
          : []),
      ],
      backendRefs: [service(route)],
    };
    const listener = route.secure ? parent.https : parent.http;
    add(site, { name: route.name, parent, hosts: [route.host], rule, after: first, ...(listener ? { listener } : {}) });
  }
  if (spec.redirect && parent.http) {
    const to = { type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } };
    add(site, {
      name: redirectName(site),
      parent,
      listener: parent.http,
      hosts: spec.routes.map(({ host }) => host),
      rule: { matches: [ALL_PATHS], filters: [to] },
      after: [],
    });
  }
}

/** What the API server would write there, so that what is applied is what is there. */
const ALL_PATHS = { path: { type: "PathPrefix", value: "/" } };

interface Parts {
  readonly name: string;
  readonly parent: ParentGateway;
  /** @default all of them */
  readonly listener?: string;
  readonly hosts: readonly string[];
  readonly rule: Readonly<Record<string, unknown>>;
  readonly after: readonly pulumi.Resource[];
}

function add(site: Site, { name, parent, listener, hosts, rule, after }: Parts): void {
  const reference = {
    group: "gateway.networking.k8s.io",
    kind: "Gateway",
    name: parent.name,
    ...(parent.namespace ? { namespace: parent.namespace } : {}),
    ...(listener ? { sectionName: listener } : {}),
  };
  site.children.add(
    HttpRoute,
    `${name}-route`,
    { metadata: metadata(site, name), spec: { parentRefs: [reference], hostnames: [...hosts], rules: [rule] } },
    { dependsOn: [...after] },
  );
}

function service(route: RouteSpec) {
  return { group: "", kind: "Service", ...backend(route), weight: 1 };
}
