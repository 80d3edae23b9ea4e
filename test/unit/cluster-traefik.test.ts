import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { Gateway } from "../../components/gateway";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { KINDS, TRAEFIK_PROGRAM } from "../../tools/cluster/ingress";
import { TRAEFIK_IMAGE, TRAEFIK_VERSION } from "../../tools/cluster/settings";
import { traefikManifests } from "../../tools/cluster/traefik";
import { one, record } from "../support/record";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec?: Record<string, unknown>;
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
}

const manifests = (JSON.parse(traefikManifests()) as { items: Manifest[] }).items;
const find = (kind: string) => manifests.find((manifest) => manifest.kind === kind);
const template = find("Deployment")?.spec?.template as {
  metadata: { labels: Record<string, string> };
  spec: { securityContext: object; containers: Container[] };
};
const [container] = template.spec.containers;

describe("Traefik on the node", () => {
  it("is found by a gateway with its defaults: class, entry points, and the pods that are let in", async () => {
    const to = { id: "web", kind: "http", port: 80, peer: { workload: "web" }, host: "web", endpoints: [] };
    const recording = await record(
      () =>
        new Gateway("gateway", {
          target: new KubernetesTarget({ stack: "shop" }),
          tls: { secret: "certificate" },
          routes: { web: { host: "web.example.com", to } },
        }),
    );
    const input = (type: string, name: string) => one(recording, type, name).inputs as unknown as Manifest;
    const ingress = (name: string) => {
      const { metadata, spec } = input("kubernetes:networking.k8s.io/v1:Ingress", name);
      const { annotations } = metadata as unknown as { annotations: Record<string, string> };
      return { entryPoint: annotations["traefik.ingress.kubernetes.io/router.entrypoints"], spec };
    };
    const [secure, plain] = [ingress("gateway-web-ingress"), ingress("gateway-redirect-ingress")];
    expect(secure.spec?.ingressClassName).toBe(find("IngressClass")?.metadata.name);
    const entryPoints = container?.args.flatMap((arg) => /^--entryPoints\.(\w+)\.address=/.exec(arg)?.[1] ?? []);
    expect(entryPoints).toEqual(expect.arrayContaining([secure.entryPoint, plain.entryPoint]));

    const { spec } = input("kubernetes:networking.k8s.io/v1:NetworkPolicy", "gateway-web-admission");
    const rules = spec?.ingress as { from: { podSelector: { matchLabels: object }; namespaceSelector: object }[] }[];
    expect(template.metadata.labels).toMatchObject(rules[0]?.from[0]?.podSelector.matchLabels ?? { none: "none" });
    expect(rules[0]?.from[0]?.namespaceSelector).toEqual({
      matchLabels: { "kubernetes.io/metadata.name": find("Deployment")?.metadata.namespace },
    });
  });

  it("runs restricted, from an image of the version that its module has", () => {
    expect(find("Namespace")?.metadata.labels).toEqual({ "pod-security.kubernetes.io/enforce": "restricted" });
    expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
    expect(container?.image).toBe(TRAEFIK_IMAGE);
    const module = fs.readFileSync(path.join(TRAEFIK_PROGRAM.dir ?? "", "go.mod"), "utf8");
    expect(module).toContain(`github.com/traefik/traefik/v3 v${TRAEFIK_VERSION}\n`);
  });

  it("has its kinds of objects from modules that are checked against go.sum", () => {
    const sums = fs.readFileSync(path.join(TRAEFIK_PROGRAM.dir ?? "", "go.sum"), "utf8");
    for (const { module } of KINDS) expect(sums).toContain(`${module.replace("@", " ")} h1:`);
  });

  it("listens for its service and its probes where they ask", () => {
    const ports = new Map(container?.ports.map(({ name, containerPort }) => [name, containerPort]));
    for (const [name, port] of ports) expect(container?.args).toContain(`--entryPoints.${name}.address=:${port}`);
    const service = find("Service")?.spec?.ports as { port: number; targetPort: string }[];
    expect(service.map(({ port, targetPort }) => [port, ports.has(targetPort)])).toEqual([
      [80, true],
      [443, true],
    ]);
  });
});
