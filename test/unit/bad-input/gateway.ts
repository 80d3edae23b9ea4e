import { Gateway, type GatewayArgs } from "../../../components/gateway";
import type { Connection } from "../../../components/target/connection";
import { KubernetesTarget } from "../../../components/target/kubernetes";
import type { Target } from "../../../components/target/target";
import { type Case, component } from "./case";

const service = (id: string, port: number): Connection => ({
  id,
  kind: id,
  port,
  peer: { workload: id },
  host: id,
  endpoints: [`${id}:${port}`],
});
const prometheus = { host: "prometheus.example.com", to: service("prometheus", 9090) };
const grafana = { host: "grafana.example.com", to: service("grafana", 3000) };

const kubernetes = (production = false) => new KubernetesTarget({ stack: "shop", production });

const gateway = (title: string, args: Partial<Omit<GatewayArgs, "target">>, target: Target = kubernetes()) =>
  component(title, Gateway, { routes: { prometheus }, ...args } as Omit<GatewayArgs, "target">, target);

/** Host names, and who stands before the services. */
export const CASES: readonly Case[] = [
  component("a gateway on Docker", Gateway, { routes: { prometheus } }),
  gateway("a host name without TLS in production", { routes: { prometheus } }, kubernetes(true)),
  gateway("a listener without TLS in production", { parent: { name: "public", http: "http" } }, kubernetes(true)),
  gateway("no routes", { routes: {} }),
  gateway("a port in a host name", { routes: { prometheus: { ...prometheus, host: "prometheus.example.com:443" } } }),
  gateway("an address as a host name", { routes: { prometheus: { ...prometheus, host: "10.0.0.1" } } }),
  gateway("upper-case letters in a host name", {
    routes: { prometheus: { ...prometheus, host: "Prometheus.example.com" } },
  }),
  gateway("the same host twice", { routes: { prometheus, grafana: { ...grafana, host: prometheus.host } } }),
  gateway("a route with the name of the redirect", { routes: { redirect: prometheus } }),
  gateway("unknown ingress controller", { controller: "nginx" as never }),
  gateway("another controller by Ingress objects", { controller: "any", class: "nginx" }),
  gateway("passwords with every controller", {
    controller: "any",
    parent: { name: "public" },
    pods: { namespace: "envoy", labels: {} },
    routes: { prometheus: { ...prometheus, basicAuth: {} } },
  }),
  gateway("bad ingress class", { class: "Traefik Public" }),
  gateway("a class beside a Gateway", { class: "traefik", parent: { name: "public" } }),
  gateway("a certificate beside a Gateway", { tls: { secret: "wildcard" }, parent: { name: "public" } }),
  gateway("entry points beside a Gateway", { entryPoints: { http: "web" }, parent: { name: "public" } }),
  gateway("bad name of a certificate", { tls: { secret: "example.com/wildcard" } }),
  gateway("unknown kind of issuer", { tls: { issuer: "letsencrypt", kind: "CA" as never } }),
  gateway("one entry point for http and https", { entryPoints: { http: "web", https: "web" } }),
  gateway("a route to a server outside the stack", {
    routes: {
      database: { host: "db.example.com", to: { ...prometheus.to, id: "managed", peer: { cidrs: ["10.0.0.0/8"] } } },
    },
  }),
  gateway("a user that htpasswd cannot write", {
    routes: { prometheus: { ...prometheus, basicAuth: { user: "a:b" } } },
  }),
  gateway("a password longer than bcrypt looks", {
    routes: { prometheus: { ...prometheus, basicAuth: { password: { generated: "long", length: 100 } } } },
  }),
  gateway("browsers' lists without subdomains", { headers: { hsts: { preload: true } } }),
  gateway("unknown security headers", { headers: { frame: "ALLOW" as never, referrer: "always" as never } }),
  gateway("a controller in no namespace", { pods: { namespace: "", labels: { "app!": "traefik" } } }),
];
