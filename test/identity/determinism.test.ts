import * as docker from "@pulumi/docker";
import { afterEach, describe, expect, it, vi } from "vitest";
import { textDifferences, transcript } from "../support/checks";
import { MUTATED, mutated, recordingOf, STACKS, type Stack } from "../support/stacks";

/** Texts by what they depend on. */
let runs = 0;
const TEXTS: Readonly<Record<string, () => string>> = {
  nothing: () => "always the same",
  time: () => new Date().toISOString(),
  date: () => new Date().toDateString(),
  randomness: () => String(Math.random()),
  counter: () => `run ${runs++}`,
};

/** Names of the texts above that differ when the program runs again a day later. */
async function changing(stack: Stack): Promise<string[]> {
  const mutation = (): void => {
    for (const [name, text] of Object.entries(TEXTS)) new docker.Network(name, { name: `${name}=${text()}` });
  };
  const first = transcript(await mutated(stack, mutation));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 24 * 60 * 60 * 1000 });
  const lines = textDifferences(first, transcript(await mutated(stack, mutation)));
  return Object.keys(TEXTS).filter((name) => lines.some((line) => line.includes(`"${name}=`)));
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(STACKS)("text of %s", (stack) => {
  it("is the same to the byte on another day, in another time zone, language and home", async () => {
    const [here, elsewhere] = [await recordingOf(stack, "known"), await recordingOf(stack, "elsewhere")];
    expect(textDifferences(transcript(here), transcript(elsewhere))).toEqual([]);
    expect(transcript(here).length).toBeGreaterThan(1000);
  });
});

describe.each(MUTATED)("the check of the text of %s", (stack) => {
  it("would be red: time, a date, randomness, a counter", async () => {
    expect(await changing(stack)).toEqual(["time", "date", "randomness", "counter"]);
  });
});
