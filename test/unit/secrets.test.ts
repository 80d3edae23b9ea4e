import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type ComponentArgs, deploy } from "../../components/core/component";
import { imageCatalogue } from "../../components/core/images";
import { type GeneratedSecret, generatedIn, secretLines, secretText } from "../../components/core/secrets";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import type { Plan } from "../../components/target/workload";
import { at, CONTAINER, isSecret, kubernetes, one, PASSWORD, plain, record } from "../support/record";

const password: GeneratedSecret = { generated: "database-market" };
const url = secretText`postgres://market:${{ secret: password, as: "url" }}@database:5432/market`;

function plan(changes: Partial<Plan> = {}): Plan {
  return {
    secrets: [password],
    services: [
      {
        name: "client",
        image: imageCatalogue().prometheus,
        files: [{ path: "/etc/client/url", content: url, secret: true }],
        ports: { http: { port: 80 } },
        ready: { probe: { tcp: { port: "http" } } },
        resources: { cpu: 1, memory: "64Mi" },
        stop: { grace: 5 },
      },
    ],
    ...changes,
  };
}

class Component extends pulumi.ComponentResource {
  constructor(args: ComponentArgs, of: Plan) {
    super("datastack:index:Test", "test", {});
    deploy(of, args, this);
  }
}

function run(target: () => Target) {
  return record(() => {
    new Component({ target: target() }, plan());
  });
}

describe("a generated secret", () => {
  it("is found in whatever is made of it", () => {
    expect(generatedIn(password)).toEqual([password]);
    expect(generatedIn(url)).toEqual([password]);
    expect(generatedIn(secretLines(["user default off", secretText`x${password}y`]))).toEqual([password]);
    expect(generatedIn(pulumi.secret("own"))).toEqual([]);
    expect(generatedIn("own")).toEqual([]);
  });

  it("is a password of letters and digits, and a file of a container as a secret", async () => {
    const recording = await run(() => new DockerTarget({ stack: "test" }));
    const generated = one(recording, PASSWORD, "database-market");
    expect(plain(generated.inputs)).toEqual({ length: 32, special: false });
    const value = (plain(generated.result.properties) as { result: string }).result;
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
    const container = one(recording, CONTAINER, "client");
    expect(at(container, "uploads[0].content")).toBe(`postgres://market:${value}@database:5432/market`);
    expect(isSecret(container, "uploads[0].content")).toBe(true);
  });

  it("is an entry of a Secret on Kubernetes", async () => {
    const recording = await run(() => new KubernetesTarget({ stack: "test" }));
    const value = (plain(one(recording, PASSWORD, "database-market").result.properties) as { result: string }).result;
    const secret = one(recording, kubernetes("core/v1", "Secret"), "client-secrets");
    const [entry] = Object.values(at<Record<string, string>>(secret, "data"));
    expect(Buffer.from(entry ?? "", "base64").toString()).toBe(`postgres://market:${value}@database:5432/market`);
    expect(isSecret(secret, "data.etc_client_url")).toBe(true);
  });

  it("is another one after a rotation", async () => {
    const recording = await run(() => new DockerTarget({ stack: "test", rotations: { "database-market": 2 } }));
    expect(at(one(recording, PASSWORD, "database-market"), "keepers")).toEqual({ rotation: "2" });
  });

  it("stands encoded where the text around it wants that", async () => {
    const own = pulumi.secret('a/"b');
    const content = secretText`${{ secret: own, as: "url" }} ${{ secret: own, as: "json" }} ${{ secret: own, as: "sha256" }}`;
    const files = [{ path: "/etc/client/url", content, secret: true as const }];
    const recording = await record(() => {
      const [service] = plan().services ?? [];
      if (!service) throw new Error("no service");
      new Component({ target: new DockerTarget({ stack: "test" }) }, plan({ services: [{ ...service, files }] }));
    });
    expect(at(one(recording, CONTAINER, "client"), "uploads[0].content")).toBe(
      `a%2F%22b a/\\"b 631059cc7afc82f50f9f7f1825c24f740e0d3e28bdc7444e0ecac2a54e8cd9db`,
    );
  });

  it.each([
    ["used but not generated", plan({ secrets: [] }), {}, "is no generated secret of this stack"],
    ["generated twice", plan({ secrets: [password, password] }), {}, "is generated twice"],
    ["rotated but not there", plan(), { nobody: 1 }, "is no generated secret of this stack"],
    ["rotated by a fraction", plan(), { "database-market": 0.5 }, "must be a whole number of at least 1"],
  ])("is refused when it is %s", (_, of, rotations, rule) => {
    const targets = [
      new DockerTarget({ stack: "test", rotations }),
      new KubernetesTarget({ stack: "test", rotations }),
    ];
    for (const target of targets) expect(target.check([of]).map((problem) => problem.rule)).toEqual([rule]);
  });
});
