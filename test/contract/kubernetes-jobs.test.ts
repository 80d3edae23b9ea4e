import { beforeAll, describe, expect, it } from "vitest";
import { at, dependsOn, one, plain, type Recording } from "../support/record";
import { CLAIM, CRON_JOB, DEPLOYMENT, JOB, type Metadata, recorded } from "./kubernetes";

describe("jobs and schedules on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recorded();
  });

  describe("a job", () => {
    it("is done only by success, is tried again by the next run, and waits for what it needs", () => {
      const job = one(recording, JOB, "register");
      expect(plain(job.inputs)).toMatchObject({
        metadata: { name: "register", annotations: { "pulumi.com/replaceUnready": "true" } },
        spec: { activeDeadlineSeconds: 20, template: { spec: { restartPolicy: "Never" } } },
      });
      expect(at(job, "spec.ttlSecondsAfterFinished")).toBeUndefined();
      expect(job.options).toMatchObject({ deleteBeforeReplace: true, customTimeouts: { create: "80s" } });
      expect(dependsOn(recording, job)).toEqual(expect.arrayContaining(["counter", "counter-service"]));
      expect(at<Record<string, string>>(job, "spec.template.metadata.labels")["datastack.io/job"]).toBe("register");
    });

    it("is waited for by what comes after it", () => {
      expect(dependsOn(recording, one(recording, DEPLOYMENT, "follower"))).toContain("register");
    });

    it("runs again when a volume that it restores is a new one", () => {
      // the name of a claim stays, its uid does not
      const uids = [0, 1, 2].map((i) => {
        const outputs = plain(one(recording, CLAIM, `ring-${i}-data`).result.properties);
        const { metadata } = outputs as unknown as { metadata: Metadata };
        return metadata.uid;
      });
      expect(new Set(uids.filter((uid) => uid?.length === 36)).size).toBe(3);
      expect(one(recording, JOB, "register").options.replacementTrigger).toBe(uids.join(" "));
      expect(one(recording, JOB, "ring-1-data-prepare").options.replacementTrigger).toBe(uids[1]);
    });
  });

  it("runs a schedule as a CronJob in UTC that never meets itself", () => {
    expect(plain(one(recording, CRON_JOB, "sweep").inputs)).toMatchObject({
      spec: {
        schedule: "* * * * *",
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 30,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { activeDeadlineSeconds: 30, template: { spec: { restartPolicy: "Never" } } } },
      },
    });
  });

  it("keeps the claim of a schedule's volume, for every run and for the group of its user", () => {
    const claim = one(recording, CLAIM, "sweep-0-kept");
    expect(plain(claim.inputs)).toMatchObject({
      metadata: { name: "kept-sweep-0" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "16Mi" } } },
    });
    expect(claim.options).toMatchObject({ retainOnDelete: true });
    const sweep = one(recording, CRON_JOB, "sweep");
    const pod = "spec.jobTemplate.spec.template.spec";
    expect(at(sweep, `${pod}.volumes`)).toContainEqual({
      name: "kept",
      persistentVolumeClaim: { claimName: "kept-sweep-0" },
    });
    expect(at(sweep, `${pod}.containers[0].volumeMounts`)).toContainEqual({ name: "kept", mountPath: "/kept" });
    expect(at(sweep, `${pod}.securityContext.fsGroup`)).toBe(65534);
    expect(dependsOn(recording, sweep)).toContain("sweep-0-kept");
  });
});
