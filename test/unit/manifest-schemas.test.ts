import { beforeAll, describe, expect, it } from "vitest";
import { KUBERNETES_STACKS, objectsOf } from "../support/kubernetes-stacks";
import type { KubeObject } from "../support/policies/objects";

/** A kind of object with the schema that the API server publishes of it. */
interface Model {
  readonly apiVersion: string;
  readonly kind: string;
  new (object: unknown): { validate(): void };
}

/** The models of a package, which has them by group and by version. */
function modelsOf(group: object): Model[] {
  return Object.values(group).flatMap((member: unknown) => {
    if (typeof member === "function") return "kind" in member && "apiVersion" in member ? [member as Model] : [];
    return typeof member === "object" && member !== null ? modelsOf(member) : [];
  });
}

const models = new Map<string, Model>();

beforeAll(async () => {
  for (const group of [await import("kubernetes-models"), await import("@kubernetes-models/traefik")])
    for (const model of modelsOf(group)) models.set(`${model.apiVersion}/${model.kind}`, model);
}, 60_000);

/** What an object's schema has against it; fields that no schema knows are found by the API server (e2e). */
function faults(object: KubeObject): string[] {
  const title = `${object.kind} ${object.metadata.name}`;
  const Schema = models.get(`${object.apiVersion}/${object.kind}`);
  if (!Schema) return [`${title}: no schema of ${object.apiVersion}`];
  try {
    new Schema(object).validate();
    return [];
  } catch (error) {
    return [`${title}: ${(error as Error).message}`];
  }
}

describe("the schemas of Kubernetes and Traefik", () => {
  it.each(KUBERNETES_STACKS)("hold for every manifest of $title", async (subject) => {
    const { all } = await objectsOf(subject);
    expect(all.length).toBeGreaterThan(40);
    expect(all.flatMap(faults)).toEqual([]);
  });

  it.each([
    { mistake: "a number as a string", kind: "StatefulSet", path: ["spec", "replicas"], value: "3" },
    { mistake: "a list that is none", kind: "NetworkPolicy", path: ["spec", "policyTypes"], value: "Ingress" },
    { mistake: "a required field left out", kind: "CronJob", path: ["spec", "schedule"], value: undefined },
    { mistake: "a version that there is not", kind: "PodDisruptionBudget", path: ["apiVersion"], value: "policy/v2" },
    { mistake: "a middleware's list", kind: "Middleware", path: ["spec"], value: { ipAllowList: { sourceRange: 1 } } },
  ])("would be red: $mistake", async ({ kind, path, value }) => {
    const subject = KUBERNETES_STACKS.find(({ title }) => title === (kind === "CronJob" ? "prod" : "gauzian"));
    const objects = (await objectsOf(subject as (typeof KUBERNETES_STACKS)[number])).copy();
    const object = objects.one(kind);
    const last = path.at(-1) as string;
    const parent = path.slice(0, -1).reduce((at, field) => at[field], object);
    parent[last] = value;
    expect(faults(object)).toHaveLength(1);
  });
});
