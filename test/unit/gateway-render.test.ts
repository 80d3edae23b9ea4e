import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Gateway } from "../../components/gateway";
import { connectionTo } from "../../components/target/connection";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { recordInProcess } from "../../tools/engine/in-process";
import { idOf } from "../../tools/render/manifests";
import { render } from "../../tools/render/render";

const cluster = () => new KubernetesTarget({ stack: "shop", namespace: "monitoring" });
const service = (name: string, port: number) => connectionTo(cluster(), name, { kind: name, port });
const ROUTES = {
  prometheus: { host: "prometheus.example.com", to: service("prometheus", 9090), basicAuth: {} },
  grafana: { host: "grafana.example.com", to: service("grafana", 3000) },
};

describe("a rendered gateway", () => {
  it("is plain files, after the namespace, with the hash among the Secrets and without Pulumi's own words", async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "gateway-"));
    const [out, secrets] = [path.join(home, "out"), path.join(home, "secrets.yaml")];
    vi.stubEnv("DATASTACK_HOME", path.join(home, "data"));
    try {
      const { manifests } = await render({ stack: "shop", out, secrets }, (random) =>
        recordInProcess(
          () => new Gateway("gateway", { target: cluster(), routes: ROUTES, tls: { secret: "wildcard" } }),
          { project: "datastack", stack: "shop", random },
        ),
      );
      expect(manifests.map((m) => `${m.wave} ${idOf(m)}`)).toEqual([
        "0 Namespace monitoring",
        "0 PriorityClass datastack-monitoring",
        "1 Ingress monitoring/gateway-grafana",
        "1 Ingress monitoring/gateway-prometheus",
        "1 Ingress monitoring/gateway-redirect",
        "1 Middleware monitoring/gateway-headers",
        "1 Middleware monitoring/gateway-prometheus-auth",
        "1 Middleware monitoring/gateway-redirect",
        "1 NetworkPolicy monitoring/gateway-grafana-admission",
        "1 NetworkPolicy monitoring/gateway-prometheus-admission",
        "1 Secret monitoring/gateway-prometheus-auth",
      ]);
      expect(fs.readFileSync(path.join(out, "1/middleware-gateway-prometheus-auth.yaml"), "utf8")).toBe(`\
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: gateway-prometheus-auth
  namespace: monitoring
  labels:
    app.kubernetes.io/component: gateway
    app.kubernetes.io/managed-by: datastack
    app.kubernetes.io/name: gateway
    app.kubernetes.io/part-of: shop
    datastack.io/stack: shop
spec:
  basicAuth:
    realm: prometheus.example.com
    removeHeader: true
    secret: gateway-prometheus-auth
`);
      const ingress = fs.readFileSync(path.join(out, "1/ingress-gateway-prometheus.yaml"), "utf8");
      expect(ingress).toContain('traefik.ingress.kubernetes.io/router.tls: "true"');
      expect(ingress).not.toContain("pulumi.com");
      const data = /users: (\S+)/.exec(fs.readFileSync(secrets, "utf8"))?.[1] ?? "";
      expect(Buffer.from(data, "base64").toString()).toMatch(/^admin:\$2b\$10\$/);
    } finally {
      vi.unstubAllEnvs();
      fs.rmSync(home, { recursive: true });
    }
  });
});
