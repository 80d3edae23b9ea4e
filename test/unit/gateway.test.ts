import { compareSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { formatProblem, ProblemsError } from "../../components/core/problems";
import { Gateway, type GatewayArgs, gatewayUrls } from "../../components/gateway";
import { connectionTo } from "../../components/target/connection";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget, type KubernetesTargetArgs } from "../../components/target/kubernetes";
import {
  all,
  at,
  dependsOn,
  isSecret,
  kubernetes,
  one,
  PASSWORD,
  plain,
  type Recording,
  record,
  UNKNOWN,
} from "../support/record";

const MIDDLEWARE = kubernetes("traefik.io/v1alpha1", "Middleware");
const INGRESS = kubernetes("networking.k8s.io/v1", "Ingress");
const HTTP_ROUTE = kubernetes("gateway.networking.k8s.io/v1", "HTTPRoute");
const SECRET = kubernetes("core/v1", "Secret");
const POLICY = kubernetes("networking.k8s.io/v1", "NetworkPolicy");

type Args = Omit<GatewayArgs, "target">;

const cluster = (args: Partial<KubernetesTargetArgs> = {}) =>
  new KubernetesTarget({ stack: "shop", namespace: "monitoring", ...args });
const service = (name: string, port: number) => connectionTo(cluster(), name, { kind: name, port });
const ROUTES = {
  prometheus: { host: "prometheus.example.com", to: service("prometheus", 9090), basicAuth: {} },
  grafana: { host: "grafana.example.com", to: service("grafana", 3000) },
} as const;

const gateway = (args: Partial<Args> = {}, on: Partial<KubernetesTargetArgs> = {}, preview = false) =>
  record(() => new Gateway("gateway", { target: cluster(on), routes: ROUTES, ...args }), { preview });
const secured = (more: Partial<Args> = {}) => gateway({ tls: { secret: "wildcard" }, ...more });
const object = (recording: Recording, type: string, name: string) => plain(one(recording, type, name).inputs);
const users = (recording: Recording, name = "gateway-prometheus-auth-secret") =>
  Buffer.from(at<string>(one(recording, SECRET, name), "data.users"), "base64").toString();
const problems = (args: Partial<Args>, target: GatewayArgs["target"] = cluster()) =>
  Gateway.validate("gateway", { target, routes: ROUTES, ...args }).map(formatProblem);

const LABELS = {
  "app.kubernetes.io/name": "gateway",
  "app.kubernetes.io/component": "gateway",
  "app.kubernetes.io/part-of": "shop",
  "app.kubernetes.io/managed-by": "datastack",
  "datastack.io/stack": "shop",
};

/** On every object: who manages it. */
const PULUMI = { "pulumi.com/patchFieldManager": "datastack" };

describe("by Ingress objects for Traefik", () => {
  it("a route with TLS and a password is one object, in the namespace of its service and of its Middlewares", async () => {
    expect(object(await secured(), INGRESS, "gateway-prometheus-ingress")).toEqual({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: "gateway-prometheus",
        namespace: "monitoring",
        labels: LABELS,
        annotations: {
          ...PULUMI,
          "pulumi.com/skipAwait": "true",
          "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
          "traefik.ingress.kubernetes.io/router.middlewares":
            "monitoring-gateway-headers@kubernetescrd,monitoring-gateway-prometheus-auth@kubernetescrd",
          "traefik.ingress.kubernetes.io/router.tls": "true",
        },
      },
      spec: {
        ingressClassName: "traefik",
        tls: [{ hosts: ["prometheus.example.com"], secretName: "wildcard" }],
        rules: [
          {
            host: "prometheus.example.com",
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "prometheus", port: { number: 9090 } } },
                },
              ],
            },
          },
        ],
      },
    });
  });

  it("security headers, and http redirected to https for all hosts that have it", async () => {
    const recording = await secured();
    expect(object(recording, MIDDLEWARE, "gateway-headers-middleware")).toEqual({
      apiVersion: "traefik.io/v1alpha1",
      kind: "Middleware",
      metadata: { name: "gateway-headers", namespace: "monitoring", labels: LABELS, annotations: PULUMI },
      spec: {
        headers: {
          stsSeconds: 31_536_000,
          stsIncludeSubdomains: false,
          stsPreload: false,
          contentTypeNosniff: true,
          customFrameOptionsValue: "DENY",
          referrerPolicy: "same-origin",
        },
      },
    });
    expect(at(one(recording, MIDDLEWARE, "gateway-redirect-middleware"), "spec")).toEqual({
      redirectScheme: { scheme: "https", permanent: true },
    });
    const redirect = one(recording, INGRESS, "gateway-redirect-ingress");
    expect(at(redirect, "metadata.annotations")).toEqual({
      ...PULUMI,
      "pulumi.com/skipAwait": "true",
      "traefik.ingress.kubernetes.io/router.entrypoints": "web",
      "traefik.ingress.kubernetes.io/router.middlewares": "monitoring-gateway-redirect@kubernetescrd",
    });
    expect(at(redirect, "spec.tls")).toBeUndefined();
    expect(at<{ host: string }[]>(redirect, "spec.rules").map(({ host }) => host)).toEqual([
      "grafana.example.com",
      "prometheus.example.com",
    ]);
  });

  it("a certificate of cert-manager's for each host, by its annotation", async () => {
    const recording = await gateway({
      tls: { issuer: "letsencrypt" },
      routes: { ...ROUTES, grafana: { ...ROUTES.grafana, tls: { issuer: "internal", kind: "Issuer" } } },
    });
    const ingress = (route: string) => one(recording, INGRESS, `gateway-${route}-ingress`);
    expect(at(ingress("prometheus"), "metadata.annotations")).toMatchObject({
      "cert-manager.io/cluster-issuer": "letsencrypt",
    });
    expect(at(ingress("grafana"), "metadata.annotations")).toMatchObject({ "cert-manager.io/issuer": "internal" });
    expect(at(ingress("grafana"), "metadata.annotations")).not.toHaveProperty(["cert-manager.io/cluster-issuer"]);
    expect(at(ingress("prometheus"), "spec.tls")).toEqual([
      { hosts: ["prometheus.example.com"], secretName: "gateway-prometheus-tls" },
    ]);
    expect(JSON.stringify(one(recording, INGRESS, "gateway-redirect-ingress").inputs)).not.toContain("cert-manager");
  });

  it("plain http where there is no TLS: no redirect, nothing secure", async () => {
    const recording = await gateway();
    expect(all(recording, INGRESS).map(({ name }) => name)).toEqual([
      "gateway-grafana-ingress",
      "gateway-prometheus-ingress",
    ]);
    const ingress = one(recording, INGRESS, "gateway-grafana-ingress");
    expect(at(ingress, "spec.tls")).toBeUndefined();
    expect(at(ingress, "metadata.annotations")).toEqual({
      ...PULUMI,
      "pulumi.com/skipAwait": "true",
      "traefik.ingress.kubernetes.io/router.entrypoints": "web",
      "traefik.ingress.kubernetes.io/router.middlewares": "monitoring-gateway-headers@kubernetescrd",
    });
  });

  it("redirects the hosts with TLS alone, and takes the class and the entry points that are given", async () => {
    const recording = await gateway({
      class: "internal",
      entryPoints: { http: "http", https: "tls" },
      routes: { ...ROUTES, grafana: { ...ROUTES.grafana, tls: { secret: "grafana" } } },
    });
    const redirect = one(recording, INGRESS, "gateway-redirect-ingress");
    expect(at<object[]>(redirect, "spec.rules")).toHaveLength(1);
    expect(at(redirect, "spec.rules[0].host")).toBe("grafana.example.com");
    expect(all(recording, INGRESS).map((r) => at(r, "spec.ingressClassName"))).toEqual(Array(3).fill("internal"));
    const entryPoint = "metadata.annotations";
    expect(at(redirect, entryPoint)).toMatchObject({ "traefik.ingress.kubernetes.io/router.entrypoints": "http" });
    expect(at(one(recording, INGRESS, "gateway-grafana-ingress"), entryPoint)).toMatchObject({
      "traefik.ingress.kubernetes.io/router.entrypoints": "tls",
    });
  });

  it("is changed last by a transform, Traefik's objects as well", async () => {
    const transform = {
      [MIDDLEWARE]: { spec: { headers: { customFrameOptionsValue: "SAMEORIGIN" } } },
      [INGRESS]: (args: Record<string, unknown>) => {
        Object.assign(args, { metadata: { name: "mine" } });
      },
    };
    const recording = await gateway({ routes: { grafana: ROUTES.grafana }, transform });
    expect(at(one(recording, MIDDLEWARE, "gateway-headers-middleware"), "spec.headers")).toEqual({
      customFrameOptionsValue: "SAMEORIGIN",
    });
    expect(at(one(recording, INGRESS, "gateway-grafana-ingress"), "metadata.name")).toBe("mine");
  });

  it("comes after what guards it", async () => {
    const recording = await secured();
    expect(dependsOn(recording, one(recording, INGRESS, "gateway-prometheus-ingress"))).toEqual(
      expect.arrayContaining([
        "gateway-headers-middleware",
        "gateway-prometheus-auth-middleware",
        "gateway-prometheus-admission",
      ]),
    );
    expect(dependsOn(recording, one(recording, MIDDLEWARE, "gateway-prometheus-auth-middleware"))).toContain(
      "gateway-prometheus-auth-secret",
    );
  });
});

describe("passwords", () => {
  it("are generated, and only their hash is where Traefik reads it: one entry, with the user", async () => {
    const recording = await secured();
    expect(object(recording, MIDDLEWARE, "gateway-prometheus-auth-middleware")).toMatchObject({
      metadata: { name: "gateway-prometheus-auth", namespace: "monitoring" },
      spec: {
        basicAuth: { secret: "gateway-prometheus-auth", realm: "prometheus.example.com", removeHeader: true },
      },
    });
    const secret = one(recording, SECRET, "gateway-prometheus-auth-secret");
    expect(at(secret, "metadata.name")).toBe("gateway-prometheus-auth");
    expect(Object.keys(at<object>(secret, "data"))).toEqual(["users"]);
    expect(isSecret(secret, "data.users")).toBe(true);
    const password = plain(one(recording, PASSWORD, "gateway-prometheus").result.properties.result ?? "") as string;
    const [user, hash = ""] = users(recording).trim().split(":");
    expect(password).toHaveLength(32);
    expect(user).toBe("admin");
    expect(hash).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
    expect(compareSync(password, hash)).toBe(true);
    expect(compareSync(`${password}x`, hash)).toBe(false);
    expect(users(recording)).not.toContain(password);
    expect(all(recording, PASSWORD).map(({ name }) => name)).toEqual(["gateway-prometheus", "gateway-salt-key"]);
  });

  it("have the same hash at every run, and another one when they are rotated, by stack and by user", async () => {
    const first = users(await secured());
    expect(users(await secured())).toBe(first);
    const rotated = await gateway({}, { rotations: { "gateway-prometheus": 2 } });
    expect(users(rotated)).not.toBe(first);
    const other = await record(() => new Gateway("gateway", { target: cluster(), routes: ROUTES }), { seed: "other" });
    expect(users(other)).not.toBe(first);

    const own = (user: string) =>
      gateway({ routes: { prometheus: { ...ROUTES.prometheus, basicAuth: { user, password: "same" } } } });
    const [anna, bert] = [users(await own("anna")), users(await own("bert"))];
    expect(anna.split(":")[1]).not.toBe(bert.split(":")[1]);
    expect(compareSync("same", anna.trim().split(":")[1] ?? "")).toBe(true);
  });

  it("are unknown in a preview before they exist, with the same objects", async () => {
    const [preview, up] = [await gateway({}, {}, true), await gateway()];
    expect(preview.resources.map(({ urn }) => urn)).toEqual(up.resources.map(({ urn }) => urn));
    expect(plain(one(preview, SECRET, "gateway-prometheus-auth-secret").inputs)).toMatchObject({
      data: UNKNOWN,
    });
  });

  it("of one's own are refused when bcrypt would not look at all of them", async () => {
    const own = (password: string) =>
      gateway({ routes: { prometheus: { ...ROUTES.prometheus, basicAuth: { password } } } });
    await expect(own("x".repeat(72))).resolves.toBeDefined();
    await expect(own("x".repeat(73))).rejects.toThrow(ProblemsError);
    await expect(own("")).rejects.toThrow("gateway-prometheus.basicAuth.password: must have 1 to 72 bytes");
  });
});

describe("by HTTPRoutes of a Gateway that exists", () => {
  const parent = { name: "public", namespace: "edge", http: "http", https: "https" };

  it("a route hangs on the listener with TLS, with headers and, for Traefik, its password", async () => {
    const recording = await gateway({ parent });
    expect(object(recording, HTTP_ROUTE, "gateway-prometheus-route")).toEqual({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "gateway-prometheus", namespace: "monitoring", labels: LABELS, annotations: PULUMI },
      spec: {
        parentRefs: [
          {
            group: "gateway.networking.k8s.io",
            kind: "Gateway",
            name: "public",
            namespace: "edge",
            sectionName: "https",
          },
        ],
        hostnames: ["prometheus.example.com"],
        rules: [
          {
            matches: [{ path: { type: "PathPrefix", value: "/" } }],
            filters: [
              {
                type: "ResponseHeaderModifier",
                responseHeaderModifier: {
                  set: [
                    { name: "Strict-Transport-Security", value: "max-age=31536000" },
                    { name: "X-Content-Type-Options", value: "nosniff" },
                    { name: "X-Frame-Options", value: "DENY" },
                    { name: "Referrer-Policy", value: "same-origin" },
                  ],
                },
              },
              {
                type: "ExtensionRef",
                extensionRef: { group: "traefik.io", kind: "Middleware", name: "gateway-prometheus-auth" },
              },
            ],
            backendRefs: [{ group: "", kind: "Service", name: "prometheus", port: 9090, weight: 1 }],
          },
        ],
      },
    });
    expect(all(recording, INGRESS)).toEqual([]);
    expect(all(recording, MIDDLEWARE).map(({ name }) => name)).toEqual(["gateway-prometheus-auth-middleware"]);
  });

  it("http is redirected by a route of its own on the other listener", async () => {
    const redirect = one(await gateway({ parent }), HTTP_ROUTE, "gateway-redirect-route");
    expect(at(redirect, "spec.parentRefs[0].sectionName")).toBe("http");
    expect(at(redirect, "spec.hostnames")).toEqual(["grafana.example.com", "prometheus.example.com"]);
    expect(at(redirect, "spec.rules")).toEqual([
      {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }],
      },
    ]);
  });

  it("another controller gets nothing of Traefik's, and a listener without TLS no promise of it", async () => {
    const recording = await gateway({
      controller: "any",
      pods: { namespace: "envoy", labels: {} },
      parent: { name: "public" },
      routes: { grafana: ROUTES.grafana },
    });
    const names = ["gateway-grafana-route", "gateway-grafana-admission"];
    expect(names.every((name) => all(recording).some((r) => r.name === name))).toBe(true);
    const text = JSON.stringify(all(recording).map(({ inputs }) => plain(inputs)));
    for (const word of ["traefik", "Strict-Transport-Security", "sectionName"]) expect(text).not.toContain(word);
    expect(all(recording, HTTP_ROUTE)).toHaveLength(1);
  });
});

describe("the network", () => {
  it("lets the controller in to the port of each routed service, and nobody else", async () => {
    const recording = await secured();
    expect(at(one(recording, POLICY, "gateway-prometheus-admission"), "spec")).toEqual({
      podSelector: { matchLabels: { "datastack.io/service": "prometheus" } },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } },
              podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
            },
          ],
          ports: [{ protocol: "TCP", port: 9090 }],
        },
      ],
    });
    expect(all(recording, POLICY)).toHaveLength(2);
  });

  it("finds the controller where it is said to be", async () => {
    const recording = await gateway({ pods: { namespace: "kube-system", labels: { app: "traefik" } } });
    expect(at(one(recording, POLICY, "gateway-grafana-admission"), "spec.ingress[0].from")).toEqual([
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
        podSelector: { matchLabels: { app: "traefik" } },
      },
    ]);
  });
});

describe("what is refused", () => {
  it("is nothing of what the documentation shows", () => {
    expect(problems({ tls: { issuer: "letsencrypt" } }, cluster({ production: true }))).toEqual([]);
    expect(problems({ parent: { name: "public", https: "https" } }, cluster({ production: true }))).toEqual([]);
    expect(problems({})).toEqual([]);
  });

  it("is a host without TLS, in production and nowhere else", () => {
    const production = cluster({ production: true });
    const routes = { ...ROUTES, grafana: { ...ROUTES.grafana, tls: { secret: "grafana" } } };
    expect(problems({ routes }, production)).toEqual([
      'routes.prometheus.host = "prometheus.example.com": has no TLS, and in production passwords and data do not cross ' +
        'networks in the clear. Give tls: { secret: "<name>" } with a certificate, or tls: { issuer: "<name>" } where ' +
        "cert-manager runs.",
    ]);
    expect(problems({ parent: { name: "public", http: "http" } }, production)).toHaveLength(2);
  });

  it.each(["", "Grafana.example.com", "grafana_1.example.com", "-a.example.com", "a..b", "10.0.0.1", "*.example.com"])(
    "is the host %j",
    (host) => {
      expect(problems({ routes: { grafana: { ...ROUTES.grafana, host } } })).toHaveLength(1);
    },
  );

  it.each(["grafana.example.com:443", "https://grafana.example.com", "::1", `${"a".repeat(64)}.example.com`])(
    "is the host %j, too",
    (host) => {
      expect(problems({ routes: { grafana: { ...ROUTES.grafana, host } } })[0]).toContain("must be a host name");
    },
  );

  it("is everything on Docker, before anything is made", async () => {
    const target = new DockerTarget({ stack: "dev" });
    expect(problems({}, target)).toEqual([
      'target = "docker": has no ingress controller: a gateway is for Kubernetes. Leave the gateway out; publish the ' +
        "services' ports on loopback, and put a proxy that has certificates before them.",
    ]);
    await expect(record(() => new Gateway("gateway", { target, routes: ROUTES }))).rejects.toThrow(ProblemsError);
  });
});

it("says what the cluster has to have already", () => {
  const requires = (args: Partial<Args>) =>
    Gateway.plan("gateway", { target: cluster(), routes: ROUTES, ...args }).requires;
  expect(requires({ class: "public", tls: { secret: "wildcard" } })).toEqual([
    { ingressClass: "public" },
    { definition: "middlewares.traefik.io" },
    { secret: "wildcard", key: "tls.crt" },
  ]);
  expect(requires({ tls: { issuer: "letsencrypt" } })).toHaveLength(2);
  const parent = { name: "public", https: "https" };
  expect(requires({ parent })).toEqual([
    { definition: "httproutes.gateway.networking.k8s.io" },
    { definition: "middlewares.traefik.io" },
  ]);
  expect(requires({ parent, routes: { grafana: ROUTES.grafana } })).toEqual([
    { definition: "httproutes.gateway.networking.k8s.io" },
  ]);
});

it("tells addresses and where it answers before it exists", () => {
  expect(gatewayUrls({ routes: ROUTES, tls: { secret: "wildcard" } })).toEqual({
    prometheus: "https://prometheus.example.com",
    grafana: "https://grafana.example.com",
  });
  expect(gatewayUrls({ routes: ROUTES })).toMatchObject({ grafana: "http://grafana.example.com" });
  expect(Gateway.connection("gateway", { target: cluster(), routes: ROUTES, tls: { secret: "x" } })).toMatchObject({
    kind: "gateway",
    peer: { namespace: "traefik" },
    endpoints: ["grafana.example.com:443", "prometheus.example.com:443"],
  });
});
