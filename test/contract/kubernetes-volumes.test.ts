import { beforeAll, describe, expect, it } from "vitest";
import { at, dependsOn, one, plain, type Recording, waitsFor } from "../support/record";
import { ring } from "./cases";
import { AGENTS, alone, CLAIM, container, JOB, NAMESPACE, recorded, STACK, STATEFUL_SET } from "./kubernetes";

describe("volumes on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recorded();
  });

  describe("a stateful service with three replicas", () => {
    it("claims volumes that are there before, each prepared by a job", () => {
      const before = waitsFor(recording, one(recording, STATEFUL_SET, "ring"));
      for (const i of [0, 1, 2]) {
        const claim = one(recording, CLAIM, `ring-${i}-data`);
        expect(plain(claim.inputs)).toMatchObject({
          metadata: { name: `data-ring-${i}` },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "64Mi" } } },
        });
        expect(claim.options).toMatchObject({ retainOnDelete: true });
        expect(claim.options.protect ?? false).toBe(false);
        const job = one(recording, JOB, `ring-${i}-data-prepare`);
        expect(plain(job.inputs)).toMatchObject({
          metadata: { name: `prepare-data-ring-${i}` },
          spec: { activeDeadlineSeconds: 240, template: { spec: { restartPolicy: "Never" } } },
        });
        expect(at(job, "spec.template.spec.volumes")).toContainEqual({
          name: "data",
          persistentVolumeClaim: { claimName: `data-ring-${i}` },
        });
        expect(container(at(job, "spec.template.spec")).env).toContainEqual({
          name: "DATASTACK_REPLICA",
          value: `${i}`,
        });
        expect(dependsOn(recording, job)).toContain(`ring-${i}-data`);
        for (const name of [`ring-${i}-data`, `ring-${i}-data-prepare`]) expect(before).toContain(name);
      }
    });

    it("has a claim template that a larger volume leaves as it is", async () => {
      const [data] = ring().volumes ?? [];
      if (!data) throw new Error("the cases have changed");
      const larger = await alone({ ...ring(), volumes: [{ ...data, size: "1024Gi" }] });
      const templates = (r: Recording) => at(one(r, STATEFUL_SET, "ring"), "spec.volumeClaimTemplates");
      expect(templates(larger)).toEqual(templates(recording));
      expect(at(one(larger, CLAIM, "ring-0-data"), "spec.resources.requests.storage")).toBe("1Ti");
    });

    it("has a claim template without a class, so that naming the default one replaces nothing", async () => {
      const named = await recorded({}, { storageClass: "fast" });
      const templates = (r: Recording) => at(one(r, STATEFUL_SET, "ring"), "spec.volumeClaimTemplates");
      expect(templates(named)).toEqual(templates(recording));
      const claim = one(named, CLAIM, "ring-0-data");
      expect(at(claim, "spec.storageClassName")).toBe("fast");
      expect(claim.options.ignoreChanges).toEqual(["spec.storageClassName"]);
    });

    it("is protected in production, with its namespaces", async () => {
      const production = await recorded({}, { production: true });
      for (const i of [0, 1, 2]) expect(one(production, CLAIM, `ring-${i}-data`).options.protect).toBe(true);
      for (const name of [STACK, AGENTS]) {
        expect(one(production, NAMESPACE, name).options).toMatchObject({ protect: true, retainOnDelete: true });
        expect(one(recording, NAMESPACE, name).options).toMatchObject({ retainOnDelete: true });
      }
    });
  });
});
