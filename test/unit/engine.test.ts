import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { describe, expect, it } from "vitest";
import {
  all,
  at,
  CONTAINER,
  dependsOn,
  EngineError,
  isSecret,
  kubernetes as kubernetesType,
  NETWORK,
  one,
  only,
  PASSWORD,
  record,
  Secret,
  UNKNOWN,
} from "../support/record";

class Part extends pulumi.ComponentResource {
  constructor(name: string, build: (self: Part) => void, opts?: pulumi.ComponentResourceOptions) {
    super("datastack:index:Part", name, {}, opts);
    build(this);
    this.registerOutputs({ name });
  }
}

function program(): void {
  new Part("part", (parent) => {
    const network = new docker.Network("net", {}, { parent });
    const password = new random.RandomPassword("password", { length: 24, minSpecial: 2 }, { parent, protect: true });
    new docker.Container(
      "box",
      { image: "box:1", name: "box", envs: [pulumi.interpolate`P=${password.result}`], networkMode: network.id },
      {
        parent,
        dependsOn: network,
        deleteBeforeReplace: true,
        replaceOnChanges: ["healthcheck"],
        ignoreChanges: ["labels"],
        aliases: [{ name: "old" }],
        customTimeouts: { create: "5m" },
      },
    );
  });
}

describe("recording engine", () => {
  it("records type, parent, inputs, dependencies and options as the SDK sends them", async () => {
    const recording = await record(program);
    const box = one(recording, CONTAINER, "box");
    expect(box.urn).toBe("urn:pulumi:test::datastack::datastack:index:Part$docker:index/container:Container::box");
    expect(box.parent).toBe("urn:pulumi:test::datastack::datastack:index:Part::part");
    expect(dependsOn(recording, box).sort()).toEqual(["net", "password"]);
    expect(box.propertyDependencies).toMatchObject({ envs: [only(recording, PASSWORD).urn] });
    expect(box.options).toEqual({
      deleteBeforeReplace: true,
      replaceOnChanges: ["healthcheck"],
      ignoreChanges: ["labels"],
      aliases: [{ name: "old", parent: box.parent }],
      customTimeouts: { create: "5m" },
    });
    expect(only(recording, PASSWORD).options).toMatchObject({ protect: true });
    expect(only(recording, "datastack:index:Part").outputs).toEqual({ name: "part" });
    expect(all(recording)).toHaveLength(4);
  });

  it("gives known values and keeps secrets in their envelopes", async () => {
    const box = one(await record(program), CONTAINER, "box");
    expect(box.inputs.envs).toEqual([new Secret(expect.stringMatching(/^P=.{24}$/))]);
    expect(isSecret(box, "envs[0]")).toBe(true);
    expect(isSecret(box, "image")).toBe(false);
    expect(at(box, "envs[0]")).toMatch(/^P=.{24}$/);
    expect(at(box, "networkMode")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("leaves computed outputs unknown in a preview, and everything with opaque", async () => {
    const inputs = one(await record(program, { preview: true }), CONTAINER, "box").inputs;
    expect(inputs).toMatchObject({ envs: [UNKNOWN], networkMode: UNKNOWN, image: "box:1" });
    const named = (): void => {
      const network = new docker.Network("net", { name: "given" });
      new docker.Container("box", { image: "box:1", networkMode: network.name });
    };
    expect(only(await record(named, { preview: true }), CONTAINER).inputs.networkMode).toBe("given");
    expect(only(await record(named, { preview: true, opaque: true }), CONTAINER).inputs.networkMode).toBe(UNKNOWN);
  });

  it("depends on the seed alone", async () => {
    const text = async (seed: string) => JSON.stringify(await record(program, { seed }));
    expect(await text("a")).toBe(await text("a"));
    expect(await text("a")).not.toBe(await text("b"));
  });

  it("refuses a duplicate URN", async () => {
    const twice = (): void => {
      new docker.Network("net", { name: "a" });
      new docker.Network("net", { name: "b" });
    };
    const urn = "urn:pulumi:test::datastack::docker:index/network:Network::net";
    await expect(record(twice)).rejects.toThrow(`Duplicate URN: ${urn} is registered twice.`);
    await expect(record(twice)).rejects.toThrow(EngineError);
  });

  it("refuses a parent of another run", async () => {
    let orphaned: Part | undefined;
    await record(() => {
      orphaned = new Part("gone", () => undefined);
    });
    const parent = orphaned;
    if (!parent) throw new Error("the first run constructed nothing");
    const orphan = record(() => new docker.Network("net", {}, { parent }));
    await expect(orphan).rejects.toThrow(/has a parent that is not registered: urn:.*Part::gone/);
  });

  it("refuses functions, lookups and remote components", async () => {
    await expect(record(() => docker.getNetworkOutput({ name: "x" }))).rejects.toThrow(
      "docker:index/getNetwork:getNetwork",
    );
    await expect(record(() => docker.Network.get("x", "id"))).rejects.toThrow(
      "docker:index/network:Network x is looked up",
    );
    await expect(record(() => new kubernetes.helm.v4.Chart("x", { chart: "y" }))).rejects.toThrow("remote component");
  });

  it("passes on what the program throws, at once, later or inside an apply", async () => {
    const error = new pulumi.RunError("wrong");
    const fail = (): never => {
      throw error;
    };
    await expect(record(fail)).rejects.toBe(error);
    await expect(record(async () => fail())).rejects.toBe(error);
    await expect(record(() => new docker.Network("n", { name: pulumi.output("x").apply(fail) }))).rejects.toBe(error);
    await expect(record(() => pulumi.output("x").apply(fail))).rejects.toBe(error);
  });

  it("tells what was constructed inside an apply, even where all values are known", async () => {
    const recording = await record(() => {
      new docker.Network("outside", {});
      pulumi.output("x").apply(() => new docker.Network("inside", {}));
    });
    const inApply = all(recording, NETWORK).map((r) => [r.name, r.inApply]);
    expect(inApply).toEqual([
      ["inside", true],
      ["outside", false],
    ]);
  });

  it("records messages and stack outputs, and reads configuration", async () => {
    const recording = await record(
      () => {
        const config = new pulumi.Config("datastack");
        pulumi.log.warn(`brokers: ${config.require("brokers")}`);
        return { token: config.requireSecret("token") };
      },
      { config: { "datastack:brokers": "3", "datastack:token": "t0ken" }, secretConfig: ["datastack:token"] },
    );
    expect(recording.logs).toEqual([{ severity: "warning", message: "brokers: 3" }]);
    expect(recording.outputs).toEqual({ token: new Secret("t0ken") });
  });

  it("answers stack references with what was deployed before", async () => {
    const sizes = async () => {
      const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
      return { seen: (await new pulumi.StackReference("previous", { name }).getOutputDetails("size")).value };
    };
    const previousOutputs = { "organization/datastack/test": { size: "1Gi" } };
    expect((await record(sizes, { previousOutputs })).outputs).toEqual({ seen: "1Gi" });
    expect((await record(sizes, { preview: true, opaque: true, previousOutputs })).outputs).toEqual({ seen: "1Gi" });
    const never = await record(sizes);
    expect(never.outputs).toEqual({});
    expect(only(never, "pulumi:pulumi:StackReference").read).toBe("organization/datastack/test");
  });

  it("marks what schemas and additionalSecretOutputs call secret, also while unknown", async () => {
    const build = () => {
      const secret = new kubernetes.core.v1.Secret("s", { metadata: { name: "s" }, stringData: { a: "b" } });
      new docker.Container("box", { image: "x", command: [secret.stringData.apply((d) => d.a ?? "")] });
    };
    expect(only(await record(build), CONTAINER).inputs.command).toEqual([new Secret("b")]);
    const object = only(await record(build), kubernetesType("core/v1", "Secret"));
    expect(object.options.additionalSecretOutputs).toEqual(["data", "stringData"]);
  });
});
