import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../../core/names";
import type { Children } from "./children";
import type { PodSpec } from "./pod";
import type { Files } from "./process";

export interface Run {
  readonly logical: string;
  /** Name of the object for a definition. */
  readonly name: (definition: string) => string;
  readonly namespace: string;
  readonly labels: (controller: string) => Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly files: Files;
  /** Seconds. */
  readonly timeout: number;
  /** Values that make it run again when they change, beside its definition. */
  readonly again: readonly pulumi.Input<string>[];
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Attempts within one run: a server that is not quite there yet is no reason to fail an `up`. */
const ATTEMPTS = 6;

/**
 * A Job that is done when it has succeeded. One that failed is replaced by the next `up`; with another definition it is
 * another object, because Jobs are immutable. It is not cleaned up by time: it would only be made again.
 */
export function runOnce(children: Children, run: Run): k8s.batch.v1.Job {
  const { logical, namespace, timeout, files } = run;
  const checksum = files.checksum ? { "datastack.io/files-checksum": files.checksum } : {};
  const spec = { ...run.spec, restartPolicy: "Never" };
  const name = run.name(stableJson({ spec, checksum, timeout }));
  const labels = run.labels(name);
  const again = [...run.again, ...(files.secretsChecksum ? [files.secretsChecksum] : [])];
  return children.add(
    k8s.batch.v1.Job,
    logical,
    {
      metadata: { name, namespace, labels, annotations: { "pulumi.com/replaceUnready": "true" } },
      spec: {
        backoffLimit: ATTEMPTS,
        activeDeadlineSeconds: timeout,
        template: {
          metadata: {
            labels: { ...labels, ...run.podLabels },
            ...(files.checksum ? { annotations: checksum } : {}),
          },
          spec,
        },
      },
    },
    {
      dependsOn: [...run.dependsOn, ...files.resources],
      deleteBeforeReplace: true,
      customTimeouts: { create: `${timeout + 60}s`, update: `${timeout + 60}s` },
      ...(again.length > 0 ? { replacementTrigger: pulumi.all(again).apply((values) => values.join(" ")) } : {}),
    },
  );
}
