import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { Image } from "../../components/core/images";
import type { KubernetesTargetArgs } from "../../components/target/kubernetes";
import { all, at, one, only, plain, type Recording, record } from "../support/record";
import { BUSYBOX, construct, ring } from "./cases";
import {
  alone,
  BUDGET,
  CLAIM,
  container,
  NAMESPACE,
  PRIORITY,
  PROVIDER,
  pods,
  recorded,
  STATEFUL_SET,
  target,
} from "./kubernetes";

describe("clusters and images", () => {
  it("makes a provider only for an explicit cluster, and gives it to everything", async () => {
    const recording = await recorded({}, { kubeconfig: "content", context: "production" });
    const provider = only(recording, PROVIDER);
    // providers' inputs travel as JSON texts
    expect(plain(provider.inputs)).toMatchObject({
      kubeconfig: "content",
      context: "production",
      clusterIdentifier: "production",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
      upsertExistingObjects: "true",
      enablePatchForce: "true",
    });
    for (const r of all(recording).filter((r) => r.type.startsWith("kubernetes:")))
      expect(r.options.provider, r.name).toBe(provider.urn);
    for (const r of all(recording).filter((r) => r.type.startsWith("random:")))
      expect(r.options.provider ?? "default", r.name).not.toBe(provider.urn);
  });

  it("goes by no variable of whoever runs it, which the SDK would keep in the state", async () => {
    const before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = "/tmp/a:/tmp/b";
    try {
      expect(plain(only(await recorded({}, { context: "production" }), PROVIDER).inputs)).toMatchObject({
        kubeconfig: "",
      });
    } finally {
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    }
  });

  it("manages every object under one name, so that what is taken up again has one manager", async () => {
    const objects = all(await recorded({}, { context: "production" })).filter((r) => r.type.startsWith("kubernetes:"));
    expect(objects.length).toBeGreaterThan(30);
    for (const r of objects)
      expect(at(r, "metadata.annotations"), r.name).toMatchObject({ "pulumi.com/patchFieldManager": "datastack" });
  });

  it("has no random bytes, whose id in the state would be those bytes in the clear", async () => {
    const made = all(await recorded()).filter((r) => r.type.startsWith("random:"));
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter((r) => r.type !== "random:index/randomPassword:RandomPassword")).toEqual([]);
  });

  it("takes a provider of one's own", async () => {
    const recording = await record(() => {
      construct(target({ provider: new k8s.Provider("mine", { context: "mine" }) }));
    });
    const provider = one(recording, PROVIDER, "mine");
    expect(one(recording, STATEFUL_SET, "ring").options.provider).toBe(provider.urn);
    expect(all(recording, PROVIDER)).toHaveLength(1);
  });

  it("registers nothing before the first workload", async () => {
    expect(all(await record(() => void target({ context: "x" })))).toEqual([]);
  });

  it("pulls images of a registry, and never those of this machine", async () => {
    const image = { ...BUSYBOX, reference: "docker.io/library/busybox:1.37", source: "registry" as const };
    const policies = async (of: Image, args: Partial<KubernetesTargetArgs> = {}) => [
      ...new Set(pods(await recorded({ image: of }, args)).map(({ spec }) => container(spec).imagePullPolicy)),
    ];
    expect(await policies(image)).toEqual(["Always"]);
    expect(await policies({ ...image, reference: `${image.reference}@sha256:${"0".repeat(64)}` })).toEqual([
      "IfNotPresent",
    ]);
    expect(await policies(image, { imagePullPolicy: "IfNotPresent" })).toEqual(["IfNotPresent"]);
    expect(await policies(BUSYBOX, { imagePullPolicy: "Always" })).toEqual(["Never"]);
  });

  it("runs as the image's user, to whom what is on its volumes belongs, unless another one is given", async () => {
    const image = { ...BUSYBOX, user: { uid: 999, gid: 0 } };
    const users = async (of: Image, user?: { uid: number; gid: number }) =>
      pods(await alone({ ...ring({ image: of }), ...(user ? { user } : {}) })).map(({ spec }) => {
        const { runAsUser, runAsGroup, fsGroup } = spec.securityContext as Record<string, number>;
        return `${runAsUser}:${runAsGroup} ${fsGroup}`;
      });
    const same = (text: string) => Array.from({ length: 4 }, () => text);
    expect(await users(image)).toEqual(same("999:0 0"));
    expect(await users(BUSYBOX)).toEqual(same("65534:65534 65534"));
    expect(await users(image, { uid: 5, gid: 6 })).toEqual(same("5:6 6"));
  });

  it("gives all pods a priority: of a class of the stack's own, or of one that is there", async () => {
    const own = await recorded({}, { context: "x" });
    expect(plain(only(own, PRIORITY).inputs)).toMatchObject({
      metadata: { name: "datastack-contract" },
      value: 100_000,
      globalDefault: false,
    });
    expect(only(own, PRIORITY).options.provider).toBe(only(own, PROVIDER).urn);
    const classes = (recording: Recording) => new Set(pods(recording).map(({ spec }) => spec.priorityClassName));
    expect(classes(own)).toEqual(new Set(["datastack-contract"]));
    const given = await recorded({}, { priorityClass: "data" });
    expect(classes(given)).toEqual(new Set(["data"]));
    expect(all(given, PRIORITY)).toEqual([]);
  });

  it("takes namespace, storage class and domain", async () => {
    const args = { namespace: "data", storageClass: "fast", clusterDomain: "k8s.example.com" };
    const recording = await recorded({}, args);
    expect(all(recording, NAMESPACE).map((n) => n.name)).toEqual(["data", "data-agents"]);
    expect(at(one(recording, CLAIM, "ring-0-data"), "spec.storageClassName")).toBe("fast");
    expect(target(args).host("ring", 0)).toBe("ring-0.ring-nodes.data.svc.k8s.example.com");
  });

  it("lets transforms change an object last, by object and by function", async () => {
    const recording = await record(() => {
      const cluster = target();
      const parent = new pulumi.ComponentResource("datastack:test:Case", "transformed");
      const transform = {
        [BUDGET]: { spec: { minAvailable: 2 } },
        [CLAIM]: (args: Record<string, unknown>, opts: pulumi.CustomResourceOptions, name: string) => {
          args.apiVersion = "v1";
          opts.protect = name === "ring-2-data";
        },
      };
      cluster.service(ring(), { parent, transform });
    });
    expect(at(only(recording, BUDGET), "spec")).toEqual({ minAvailable: 2 });
    expect(one(recording, CLAIM, "ring-2-data").options.protect).toBe(true);
    expect(one(recording, CLAIM, "ring-1-data").options.protect ?? false).toBe(false);
  });
});
