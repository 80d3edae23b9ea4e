import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { incompleteness } from "../support/checks";
import { MUTATED, mutated, recordingOf, STACKS, type Stack } from "../support/stacks";

async function broken(stack: Stack, mutation: () => void): Promise<string[]> {
  return incompleteness(await mutated(stack, mutation, "unknown"), await mutated(stack, mutation));
}

describe.each(STACKS)("preview of %s", (stack) => {
  it("shows everything: the same resources, options and dependencies while outputs are unknown", async () => {
    expect(incompleteness(await recordingOf(stack, "unknown"), await recordingOf(stack, "known"))).toEqual([]);
  });
});

describe.each(MUTATED)("the check of the preview of %s", (stack) => {
  it("would be red: a resource inside an apply", async () => {
    const computed = await broken(stack, () => {
      new docker.Network("first", { name: "first" }).id.apply((id) => new docker.Network("second", { name: id }));
    });
    const urn = `urn:pulumi:${stack}::datastack::docker:index/network:Network::second`;
    expect(computed).toEqual([`${urn} is not in the preview`, `${urn} is constructed inside an apply`]);
    // a preview happens to show this one
    const literal = await broken(stack, () => {
      pulumi.output("x").apply((name) => new docker.Network("second", { name }));
    });
    expect(literal).toEqual([`${urn} is constructed inside an apply`]);
  });

  it("would be red: an option, a dependency or an input that only some runs have", async () => {
    const shape = await broken(stack, () => {
      const known = !pulumi.runtime.isDryRun();
      const first = new docker.Network("first", { name: "first" });
      new docker.Network("second", known ? { name: "second", internal: true } : { name: "second" }, {
        protect: known,
        dependsOn: known ? [first] : [],
      });
    });
    const urn = `urn:pulumi:${stack}::datastack::docker:index/network:Network::second`;
    const differ = ["options", "dependencies", "names of inputs"];
    expect(shape).toEqual(differ.map((what) => `${urn}: ${what} differ with unknown values`));
  });
});
