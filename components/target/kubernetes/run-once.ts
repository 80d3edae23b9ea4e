import * as pulumi from "@pulumi/pulumi";
import type { Children } from "./children";
import type { PodSpec } from "./pod";
import type { Files } from "./process";
import * as k8s from "./sdk";

export interface Run {
  readonly logical: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly files: Files;
  /** Seconds, for all attempts together. */
  readonly timeout: number;
  /** What makes it run again, beside its definition: claims that are new, though their names are not. */
  readonly again: readonly k8s.core.PersistentVolumeClaim[];
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Attempts within one run: a server that is not quite there yet is no reason to fail an `up`. */
const ATTEMPTS = 6;

/**
 * A Job that is done when it has succeeded. One that failed, or whose definition or files changed, is replaced, because Jobs
 * are immutable. It is not cleaned up by time: it would only be made again.
 */
export function runOnce(children: Children, run: Run): k8s.batch.Job {
  const { logical, name, namespace, labels, podLabels, timeout, files, again } = run;
  const uids = again.map((claim) => claim.metadata.apply((metadata) => metadata?.uid ?? ""));
  const wait = `${timeout + 60}s`;
  return children.add(
    k8s.batch.Job,
    logical,
    {
      metadata: { name, namespace, labels, annotations: { "pulumi.com/replaceUnready": "true" } },
      spec: {
        backoffLimit: ATTEMPTS,
        activeDeadlineSeconds: timeout,
        template: {
          metadata: { labels: { ...labels, ...podLabels }, ...files.annotations },
          spec: { ...run.spec, restartPolicy: "Never" },
        },
      },
    },
    {
      dependsOn: [...run.dependsOn, ...files.resources],
      deleteBeforeReplace: true,
      customTimeouts: { create: wait, update: wait },
      ...(uids.length > 0 ? { replacementTrigger: pulumi.all(uids).apply((values) => values.join(" ")) } : {}),
    },
  );
}
