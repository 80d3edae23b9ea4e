import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gateway } from "../../components/gateway";
import { connectionTo } from "../../components/target/connection";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Workload } from "../../components/target/workload";
import { type Answer, type Ask, Entrance } from "../../tools/check/gateway/entrance";
import { PORTS, TRAEFIK } from "../../tools/cluster/traefik";
import { presentToolchain } from "../../tools/toolchain";
import { BUSYBOX } from "../contract/cases";
import { cli, say } from "./support/cli";
import { ensureBusybox } from "./support/docker";
import { Certificate } from "./support/gateway";
import { RenderedStack, type TestCluster, testCluster } from "./support/kubernetes";
import { NIGHTLY, ONLY_NIGHTLY } from "./support/nightly";
import { type TestStack, testStack, unchanged } from "./support/pulumi";
import { until } from "./support/wait";

/** Host names of a stack through a real Traefik, from rendered manifests. */
const STACK = "gateway";
const AGENTS = "gateway-agents";
const CERTIFICATE = "example";
const EDGE = "edge";
const HOSTS = {
  guarded: "guarded.example.com",
  open: "open.example.com",
  guardedRoute: "guarded.routes.example.com",
  openRoute: "open.routes.example.com",
} as const;

/** How often the generated password was replaced. */
let rotations: Record<string, number> = {};
let passwords: Readonly<Record<string, string>> = {};

function web(): Workload {
  const script = "mkdir -p /tmp/www && echo hello > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www";
  return {
    name: "web",
    image: BUSYBOX,
    command: ["/bin/sh", "-c", script],
    scratch: { "/tmp": "1Mi" },
    ports: { http: { port: 8080 } },
    ready: { probe: { http: { port: "http", path: "/" } }, period: 1, startWithin: 60 },
    resources: { cpu: 0.1, memory: "32Mi" },
    stop: { grace: 2 },
  };
}

function program(args: { kubeconfig?: string } = {}): void {
  const target = new KubernetesTarget({ stack: STACK, rotations, ...args });
  const to = connectionTo(target, "web", { kind: "http", port: 8080 });
  target.service(web(), { parent: new pulumi.ComponentResource("datastack:test:Case", "web", {}, {}) });
  new Gateway("ingress", {
    target,
    tls: { secret: CERTIFICATE },
    routes: { guarded: { host: HOSTS.guarded, to, basicAuth: {} }, open: { host: HOSTS.open, to } },
  });
  new Gateway("routes", {
    target,
    parent: { name: EDGE, namespace: TRAEFIK, http: "http", https: "https" },
    routes: {
      guarded: { host: HOSTS.guardedRoute, to, basicAuth: { user: "anna", password: "of one's own: ü" } },
      open: { host: HOSTS.openRoute, to },
    },
  });
  target.secrets.passwords.apply((all) => {
    passwords = all;
  });
}

/** A Gateway as somebody else keeps it. Traefik finds the entry point of a listener by its port. */
function edge(): string {
  const listener = (name: string, port: number, more: object) => ({
    name,
    port,
    allowedRoutes: { namespaces: { from: "All" } },
    ...more,
  });
  return JSON.stringify({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: EDGE, namespace: TRAEFIK },
    spec: {
      gatewayClassName: TRAEFIK,
      listeners: [
        listener("http", PORTS.web, { protocol: "HTTP" }),
        listener("https", PORTS.websecure, {
          protocol: "HTTPS",
          tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: CERTIFICATE }] },
        }),
      ],
    },
  });
}

let cluster: TestCluster;

describe("host names through Traefik", () => {
  if (!NIGHTLY) {
    it.skip(`lead to their services, with certificate and password: ${ONLY_NIGHTLY}`, () => undefined);
    return;
  }

  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-gateway-"));
  const certificate = new Certificate(directory, Object.values(HOSTS));
  let stack: RenderedStack;
  let entrance: Entrance;

  const https = (ask: Ask): Promise<Answer> => entrance.secure(PORTS.websecure, ask, certificate.pem);
  const http = (ask: Ask): Promise<Answer> => entrance.plain(PORTS.web, ask);
  const answered = (ask: Ask, status: number) =>
    until(`${ask.host} answers ${status}`, 60, async () => {
      const answer = await https(ask);
      return answer.status === status && answer.trusted ? undefined : `${answer.status}, trusted: ${answer.trusted}`;
    });
  const generated = () => `admin:${passwords["ingress-guarded"]}`;

  beforeAll(async () => {
    await ensureBusybox();
    cluster = await testCluster();
    expect((await cli(["cluster", "add", "traefik"])).code).toBe(0);
    await cluster.removeNamespaces(STACK, AGENTS);
    await certificate.make();
    stack = new RenderedStack(cluster, STACK, program);
    const forward = ["port-forward", "-n", TRAEFIK, `service/${TRAEFIK}`, ":80", ":443"];
    entrance = await Entrance.open(spawn(cluster.layout.kubectl, forward), [PORTS.web, PORTS.websecure]);
  }, 30 * 60_000);

  afterAll(async () => {
    entrance?.close();
    await cluster?.removeNamespaces(STACK, AGENTS);
    await cluster?.attempt(["delete", "gateway", EDGE, "-n", TRAEFIK, "--ignore-not-found"]);
    await cluster?.attempt(["delete", "secret", CERTIFICATE, "-n", TRAEFIK, "--ignore-not-found"]);
    stack?.remove();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("do not lead anywhere before somebody has declared them", async () => {
    expect((await http({ host: HOSTS.open })).status).toBe(404);
    expect(await https({ host: HOSTS.open })).toMatchObject({ status: 404, trusted: false });
  });

  it("answer with the certificate that was given for them, and with no other", async () => {
    const applied = await stack.apply();
    expect(applied.code, applied.output).toBe(0);
    const files = [`--cert=${certificate.file}`, `--key=${certificate.key}`];
    for (const namespace of [STACK, TRAEFIK])
      await cluster.kubectl("create", "secret", "tls", CERTIFICATE, "-n", namespace, ...files);
    await cluster.attempt(["apply", "-f", "-"], edge());
    for (const host of [HOSTS.open, HOSTS.openRoute]) {
      await answered({ host }, 200);
      const answer = await https({ host });
      expect(answer).toMatchObject({ status: 200, trusted: true, body: "hello\n" });
      expect(answer.certificate?.fingerprint256).toBe(new X509Certificate(certificate.pem).fingerprint256);
    }
    expect(await https({ host: "other.example.com" })).toMatchObject({ status: 404, trusted: false });
  });

  it("ask for a password where there is one: 401 without it and with a wrong one, 200 with it", async () => {
    const cases = [
      { host: HOSTS.guarded, user: "admin", password: passwords["ingress-guarded"] ?? "" },
      { host: HOSTS.guardedRoute, user: "anna", password: "of one's own: ü" },
    ];
    expect(cases[0]?.password).toHaveLength(32);
    for (const { host, user, password } of cases) {
      await answered({ host }, 401);
      const refused = await https({ host });
      expect(refused.headers["www-authenticate"]).toBe(`Basic realm="${host}"`);
      expect(refused.body).not.toContain("hello");
      for (const auth of [`${user}:wrong`, `${user}:`, `root:${password}`, `${user}:${password}x`])
        expect((await https({ host, auth })).status, auth).toBe(401);
      expect(await https({ host, auth: `${user}:${password}` })).toMatchObject({ status: 200, body: "hello\n" });
    }
  });

  it("tell browsers to be careful, on refusals as well", async () => {
    for (const host of Object.values(HOSTS)) {
      const { headers } = await https({ host });
      expect(headers, host).toMatchObject({
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
      });
    }
  });

  it("redirect from http to https, path and query included, and say nothing of TLS there", async () => {
    for (const host of Object.values(HOSTS)) {
      const answer = await http({ host, path: "/graph?g0.expr=up" });
      expect(answer.status, host).toBe(301);
      expect(answer.headers.location).toBe(`https://${host}/graph?g0.expr=up`);
      expect(answer.headers["strict-transport-security"]).toBeUndefined();
    }
  });

  it("are unchanged by a second render and apply, and a password is replaced without a restart of anything", async () => {
    const secret = async () =>
      cluster.kubectl("get", "secret", "ingress-guarded-auth", "-n", STACK, "-o", "jsonpath={.data.users}");
    const [before, old] = [await secret(), generated()];
    expect(await stack.render()).toBe(0);
    expect((await stack.apply()).code).toBe(0);
    expect(await secret()).toBe(before);

    rotations = { "ingress-guarded": 1 };
    expect((await stack.apply()).code).toBe(0);
    expect(generated()).not.toBe(old);
    expect(await secret()).not.toBe(before);
    await answered({ host: HOSTS.guarded, auth: generated() }, 200);
    expect((await https({ host: HOSTS.guarded, auth: old })).status).toBe(401);
  });

  it("have the same objects by Pulumi itself, unchanged afterwards", async (context) => {
    if (!(await presentToolchain(["kubernetes", "random"]))) {
      say("not run: the kubernetes provider plugin cannot be had here; the manifests above were applied by kubectl");
      return context.skip();
    }
    say("pulumi up with the kubernetes provider plugin");
    await cluster.removeNamespaces(STACK, AGENTS);
    rotations = {};
    let deployed: TestStack | undefined;
    try {
      const { kubeconfig } = cluster.layout;
      deployed = await testStack(STACK, ["kubernetes", "random"], async () => program({ kubeconfig }));
      await deployed.stack.up();
      await unchanged(deployed);
      await unchanged(deployed, { refresh: true });
      await until("the password", 60, async () => {
        const { status } = await https({ host: HOSTS.guarded, auth: generated() });
        return status === 200 ? undefined : `${status}`;
      });
      await deployed.stack.destroy();
    } finally {
      deployed?.remove();
    }
  });
});
