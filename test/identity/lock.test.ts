import * as fs from "node:fs";
import * as path from "node:path";
import * as docker from "@pulumi/docker";
import { describe, expect, it } from "vitest";
import { lockText } from "../support/checks";
import { MUTATED, mutated, recordingOf, STACKS } from "../support/stacks";

/**
 * Resources live under their URN: under another one they are deleted and made anew, with what was in them. These files have every
 * URN of a stack and its protection. After a change that is meant, and has its aliases, write them with `npm test -- -u` and
 * commit them with it.
 */
const lockFile = (stack: string): string => path.join(__dirname, `urns/${stack}.txt`);

describe.each(STACKS)("identity of %s", (stack) => {
  it("is as committed", async () => {
    await expect(lockText(await recordingOf(stack, "known"))).toMatchFileSnapshot(lockFile(stack));
  });
});

describe.each(MUTATED)("the check of the identity of %s", (stack) => {
  it("would be red: a resource more, one less, protection lifted, a duplicate", async () => {
    const committed = fs.readFileSync(lockFile(stack), "utf8");
    // only the real program asks for the outputs of the run before
    const withoutReference = (text: string) => text.replace(/^.*StackReference.*\n/m, "");
    const same = await mutated(stack, () => undefined);
    expect(withoutReference(lockText(same))).toBe(withoutReference(committed));
    const more = await mutated(stack, () => void new docker.Network("more", { name: "more" }));
    expect(lockText(more)).not.toBe(lockText(same));
    expect(lockText({ ...same, resources: same.resources.slice(1) })).not.toBe(lockText(same));
    const lifted = same.resources.map((r) => ({ ...r, options: { ...r.options, retainOnDelete: false } }));
    expect(lockText({ ...same, resources: lifted })).not.toBe(lockText(same));
    const twice = mutated(stack, () => {
      new docker.Network("twice", { name: "a" });
      new docker.Network("twice", { name: "b" });
    });
    await expect(twice).rejects.toThrow(/Duplicate URN: .*docker:index\/network:Network::twice is registered twice/);
  });
});
