import { beforeAll, describe, expect, it } from "vitest";
import { KUBERNETES_STACKS, objectsOf } from "../support/kubernetes-stacks";
import { type Objects, RULES, violations } from "../support/policies";
import { covers, EXCEPTIONS, unexcepted } from "../support/policies/exceptions";

const PINNED = "prod with pinned images";

const lines = (found: ReturnType<typeof violations>) =>
  found.map(({ checks, object, message }) => `${object}: ${message} (${checks.join(", ")})`);

describe("the rendered manifests", () => {
  const stacks = new Map<string, Objects>();
  const of = (title: string) => stacks.get(title) as Objects;
  beforeAll(async () => {
    for (const subject of KUBERNETES_STACKS) stacks.set(subject.title, await objectsOf(subject));
  });

  it.each(KUBERNETES_STACKS)("of $title leave the linters nothing to say", ({ title }) => {
    expect(of(title).pods.length).toBeGreaterThan(5);
    expect(lines(unexcepted(violations(of(title))))).toEqual([]);
  });

  it.each(KUBERNETES_STACKS)(
    "of $title say of all that runs and is reached whose it is, which the next start refuses otherwise",
    ({ title, stack }) => {
      const objects = of(title).of("StatefulSet", "Deployment", "DaemonSet", "Service");
      expect(objects.length).toBeGreaterThan(5);
      for (const { kind, metadata } of objects)
        expect(metadata.labels?.["datastack.io/stack"], `${kind} ${metadata.name}`).toBe(stack);
    },
  );

  it("need no more than ten exceptions, each with a reason and something that it is for", () => {
    expect(EXCEPTIONS.length).toBeLessThanOrEqual(10);
    const found = [...stacks.values()].flatMap((objects) => violations(objects));
    for (const exception of EXCEPTIONS) {
      expect(exception.reason.length).toBeGreaterThan(40);
      expect(found.filter((violation) => covers(exception, violation)).length, exception.reason).toBeGreaterThan(0);
      for (const check of exception.checks)
        expect(
          RULES.some((rule) => rule.checks.includes(check)),
          check,
        ).toBe(true);
    }
  });

  /** What no exception is made for, where images are pinned. */
  const findings = (objects: Objects, rules = RULES) =>
    unexcepted(
      violations(objects, rules),
      EXCEPTIONS.filter(({ checks }) => !checks.includes("checkov/CKV_K8S_43")),
    );

  it("have digests only, once images are pinned", () => {
    expect(lines(findings(of(PINNED)))).toEqual([]);
  });

  it.each(RULES.map((rule) => ({ name: rule.checks.join(", "), rule })))("would be red: $name", ({ rule }) => {
    const broken = of(PINNED).copy();
    rule.mistake(broken);
    expect(findings(broken, [rule])).not.toEqual([]);
  });
});
