import { isIP } from "node:net";
import { checkName } from "../core/names";
import type { Problem } from "../core/problems";
import { isGenerated } from "../core/secrets";
import { seconds } from "../core/units";
import { KubernetesTarget } from "../target/kubernetes";
import { checkElsewhere } from "../target/kubernetes/check";
import type { BasicAuth, GatewayArgs, Route, SecurityHeaders, Tls } from "./args";
import { REFERRER_POLICIES } from "./args";
import { MAX_PASSWORD } from "./password";
import { isSecure } from "./spec";

/** Every problem that the args have by themselves. */
export function validateGateway(name: string, args: GatewayArgs): Problem[] {
  return [
    ...checkName("name", name),
    ...checkTarget(args),
    ...checkController(args),
    ...checkParent(args),
    ...(args.tls ? checkTls("tls", args.tls, args) : []),
    ...checkEntryPoints(args),
    ...(args.pods ? checkElsewhere("pods", args.pods) : []),
    ...checkHeaders(args.headers),
    ...checkRoutes(name, args),
  ];
}

function checkTarget({ target }: GatewayArgs): Problem[] {
  if (target instanceof KubernetesTarget) return [];
  return [
    {
      path: "target",
      value: target.kind,
      rule: "has no ingress controller: a gateway is for Kubernetes",
      fix: "Leave the gateway out; publish the services' ports on loopback, and put a proxy that has certificates before them",
    },
  ];
}

function checkController({ controller = "traefik", parent, pods }: GatewayArgs): Problem[] {
  if (controller === "traefik") return [];
  if (controller !== "any")
    return [
      {
        path: "controller",
        value: controller,
        rule: 'must be "traefik" or "any": headers and passwords are said in each controller\'s own way',
        fix: 'Use Traefik, or "any" with the `parent` of another implementation of the Gateway API',
      },
    ];
  const problems: Problem[] = [];
  if (!parent)
    problems.push({
      path: "controller",
      value: controller,
      rule: "needs a parent: an Ingress says nothing about headers and redirects that every controller understands",
      fix: "Give the Gateway as `parent`",
    });
  if (!pods)
    problems.push({
      path: "pods",
      rule: "is missing: who is let in to the routed services is not known of any controller but Traefik",
      fix: 'Give namespace and labels of its pods; "kubectl get pods -A --show-labels" shows them',
    });
  return problems;
}

function checkParent(args: GatewayArgs): Problem[] {
  const { parent } = args;
  if (args.class !== undefined && (parent || !isDnsName(args.class)))
    return [
      parent
        ? {
            path: "class",
            value: args.class,
            rule: "is for Ingress objects, and with a parent there are none",
            fix: "Remove it",
          }
        : {
            path: "class",
            value: args.class,
            rule: "must be the name of an IngressClass",
            fix: 'See "kubectl get ingressclass"',
          },
    ];
  if (!parent) return [];
  const names = { name: parent.name, namespace: parent.namespace, http: parent.http, https: parent.https };
  const problems: Problem[] = Object.entries(names).flatMap(([key, value]) =>
    value === undefined || isDnsName(value)
      ? []
      : [{ path: `parent.${key}`, value, rule: "must be a name of lower-case letters, digits, - and ." }],
  );
  if (args.entryPoints)
    problems.push({
      path: "entryPoints",
      rule: "are for Ingress objects: with a parent there are its listeners",
      fix: "Name those in parent.http and parent.https",
    });
  return problems;
}

function checkTls(path: string, tls: Tls, { parent }: GatewayArgs): Problem[] {
  if (parent)
    return [
      {
        path,
        rule: "is not for a route of the Gateway API: TLS ends at the listener of the Gateway, which has the certificate",
        fix: "Remove it, and name that listener in parent.https",
      },
    ];
  if (!("issuer" in tls))
    return isDnsName(tls.secret)
      ? []
      : [
          {
            path: `${path}.secret`,
            value: tls.secret,
            rule: "must be the name of a Secret of the type kubernetes.io/tls",
          },
        ];
  const { issuer, kind } = tls;
  return [
    ...(isDnsName(issuer)
      ? []
      : [{ path: `${path}.issuer`, value: issuer, rule: "must be the name of an issuer of cert-manager" }]),
    ...(kind === undefined || kind === "ClusterIssuer" || kind === "Issuer"
      ? []
      : [{ path: `${path}.kind`, value: kind, rule: 'must be "ClusterIssuer" or "Issuer"' }]),
  ];
}

function checkEntryPoints({ entryPoints = {} }: GatewayArgs): Problem[] {
  const { http = "web", https = "websecure" } = entryPoints;
  const problems: Problem[] = Object.entries({ http, https }).flatMap(([key, value]) =>
    /^[A-Za-z0-9_-]+$/.test(value)
      ? []
      : [{ path: `entryPoints.${key}`, value, rule: "must be the name of an entry point: letters, digits, - and _" }],
  );
  if (http === https)
    problems.push({
      path: "entryPoints",
      value: http,
      rule: "must differ: the one for http redirects to the one for https",
    });
  return problems;
}

const YEAR = 365 * 86_400;

function checkHeaders({ hsts = {}, frame, referrer }: SecurityHeaders = {}): Problem[] {
  const problems: Problem[] = [];
  const { maxAge = "365d", subdomains = false, preload = false } = hsts;
  const age = seconds(maxAge);
  if (age === undefined || age < 1 || !Number.isInteger(age))
    problems.push({ path: "headers.hsts.maxAge", value: maxAge, rule: 'must be a duration such as "365d"' });
  else if (preload && (age < YEAR || !subdomains))
    problems.push({
      path: "headers.hsts.preload",
      value: preload,
      rule: "needs a maxAge of at least 365d, and subdomains: browsers' lists take nothing less",
      fix: "Set both, or leave it out",
    });
  if (frame !== undefined && frame !== "DENY" && frame !== "SAMEORIGIN")
    problems.push({ path: "headers.frame", value: frame, rule: 'must be "DENY" or "SAMEORIGIN"' });
  if (referrer !== undefined && !REFERRER_POLICIES.includes(referrer))
    problems.push({
      path: "headers.referrer",
      value: referrer,
      rule: `must be one of ${REFERRER_POLICIES.join(", ")}`,
    });
  return problems;
}

function checkRoutes(name: string, args: GatewayArgs): Problem[] {
  const routes = Object.entries(args.routes);
  if (routes.length === 0) return [{ path: "routes", rule: "must have at least one route: a host name and a service" }];
  const owner = new Map<string, string>();
  return routes.flatMap(([key, route]) => {
    const path = `routes.${key}`;
    const other = owner.get(route.host);
    owner.set(route.host, other ?? key);
    return [
      // It is the beginning of the names of all of its objects.
      ...checkName(path, `${name}-${key}`),
      ...(key === REDIRECT
        ? [{ path, rule: "is what the redirect from http is called", fix: "Choose another name" }]
        : []),
      ...checkHost(`${path}.host`, route.host),
      ...(other === undefined
        ? []
        : [
            {
              path: `${path}.host`,
              value: route.host,
              rule: `is the host of the route "${other}" already`,
              fix: "Give each route a name of its own",
            },
          ]),
      ...checkSecure(path, route, args),
      ...(route.tls ? checkTls(`${path}.tls`, route.tls, args) : []),
      ...checkService(`${path}.to`, route),
      ...(route.basicAuth ? checkAuth(`${path}.basicAuth`, route.basicAuth, args) : []),
    ];
  });
}

/** See `redirectName`. */
const REDIRECT = "redirect";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What the API server takes for the name of most objects, too. */
function isDnsName(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label));
}

function checkHost(path: string, host: string): Problem[] {
  if (isDnsName(host) && isIP(host) === 0) return [];
  return [
    {
      path,
      value: host,
      rule: "must be a host name: labels of lower-case letters, digits and -, no address, port, scheme or wildcard",
      fix: 'Write it like "prometheus.example.com"',
    },
  ];
}

function checkSecure(path: string, route: Route, args: GatewayArgs): Problem[] {
  const { target, parent } = args;
  if (!(target instanceof KubernetesTarget) || !target.production || isSecure(route, args)) return [];
  return [
    {
      path: `${path}.host`,
      value: route.host,
      rule: "has no TLS, and in production passwords and data do not cross networks in the clear",
      fix: parent
        ? "Name the listener for https in parent.https"
        : 'Give tls: { secret: "<name>" } with a certificate, or tls: { issuer: "<name>" } where cert-manager runs',
    },
  ];
}

function checkService(path: string, { to }: Route): Problem[] {
  if ("workload" in to.peer) return [];
  return [
    {
      path,
      value: to.id,
      rule: "is outside the stack, and a route leads to a service of it",
      fix: "Give the connection of one of the stack's own components",
    },
  ];
}

function checkAuth(path: string, { user = "admin", password, realm }: BasicAuth, args: GatewayArgs): Problem[] {
  const problems: Problem[] = [];
  if (args.controller === "any")
    problems.push({
      path,
      rule: "cannot be had with every controller: the Gateway API has no word for it",
      fix: 'Use controller: "traefik", or let the service itself ask for a login',
    });
  if (!/^[A-Za-z0-9._@-]+$/.test(user))
    problems.push({ path: `${path}.user`, value: user, rule: "must be letters, digits, ., _, @ and -" });
  if (realm !== undefined && !/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(realm))
    problems.push({
      path: `${path}.realm`,
      value: realm,
      rule: "must be printable ASCII without quotes and backslashes",
    });
  if (isGenerated(password) && (password.length ?? 32) > MAX_PASSWORD)
    problems.push({
      path: `${path}.password.length`,
      value: password.length,
      rule: `must be at most ${MAX_PASSWORD}: bcrypt looks at no more`,
    });
  return problems;
}
