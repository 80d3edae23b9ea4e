import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesStack } from "../check/kubernetes/cluster";
import { UserError } from "../core/errors";
import { PERIOD, type Place, type Source } from "./place";

/** The parts of a Job that are set here; the rest is as in the object that it is made from. */
interface JobObject {
  readonly apiVersion: "batch/v1";
  readonly kind: "Job";
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: the pod of another object, taken over as it is
  readonly spec: any;
}

/** Labels and annotations of the object that a template is copied from, which a new one gets of its own. */
const OWN = /^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/;

/** Times in a row that an API server may refuse to say how a Job is. */
const PATIENCE = 120;

/** Each run is a Job of its own, made from the CronJob: it has the dumps, the programs, the password and the rights. */
export class KubernetesPlace implements Place {
  readonly where: string;

  constructor(
    readonly stack: KubernetesStack,
    readonly source: Source,
  ) {
    this.where = stack.where;
  }

  get goesOn(): string {
    const { namespace } = this.stack;
    return `in the Job ${this.source.schedule}-restore-… (kubectl -n ${namespace} get jobs)`;
  }

  psql(server: string, database: string): string {
    return `kubectl -n ${this.stack.namespace} exec -it ${server}-0 -- psql -d ${database}`;
  }

  async script(args: readonly string[]) {
    const { spec } = await this.get("cronjob", this.source.schedule);
    const job = restoreJob(spec.jobTemplate, this.source, this.stack.namespace, args, suffix());
    const { done, log } = await this.runToEnd(job);
    return { code: done ? 0 : 1, stdout: done ? log : "", stderr: done ? "" : log };
  }

  async repeat(name: string): Promise<void> {
    const { spec, metadata } = await this.get("job", name);
    const job = repeatedJob(spec, metadata.labels ?? {}, name, this.stack.namespace, suffix());
    const { done, log } = await this.runToEnd(job);
    if (!done) throw new UserError(`${job.metadata.name} has failed:\n${log}`);
  }

  private async get(kind: string, name: string) {
    const args = ["get", kind, name, "--namespace", this.stack.namespace, "--output", "json"];
    const result = await this.stack.kubectl(args, { ok: [0, 1] });
    if (result.code !== 0) {
      throw new UserError(
        `The ${kind} ${name} is not in the namespace ${this.stack.namespace}: ${result.stderr.trim()}`,
      );
    }
    return JSON.parse(result.stdout);
  }

  private async runToEnd(job: JobObject): Promise<{ done: boolean; log: string }> {
    const { name, namespace } = job.metadata;
    const at = ["--namespace", namespace];
    await this.stack.kubectl(["create", ...at, "--filename", "-"], { input: JSON.stringify(job) });
    // Removed only when it has ended: it goes on when this command is interrupted, or the API server is away for a while.
    for (let refusals = 0; ; await sleep(PERIOD)) {
      const { code, stdout, stderr } = await this.stack.kubectl(["get", "job", ...at, name, "--output", "json"], {
        ok: [0, 1],
      });
      refusals = code === 0 ? 0 : refusals + 1;
      if (refusals > PATIENCE || /\bNotFound\b/.test(stderr))
        throw new UserError(
          `The Job ${name} in the namespace ${namespace} cannot be followed any more: ${stderr.trim()}`,
        );
      if (code !== 0) continue;
      const end = endOf(JSON.parse(stdout).status?.conditions);
      if (!end) continue;
      const log = await this.stack.kubectl(["logs", ...at, `job/${name}`], { ok: [0, 1] });
      await this.stack.kubectl(["delete", "job", ...at, name, "--wait=false"], { ok: [0, 1] });
      // a pod that was stopped at the deadline is gone, and its log with it
      return { done: end.type === "Complete", log: log.stdout || (end.message ?? "") };
    }
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** What says that a Job has ended, and how. That an attempt has failed does not: others may follow. */
function endOf(conditions: readonly Condition[] = []): Condition | undefined {
  return conditions.find(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === "True");
}

/** A run of the restore script in the pod of the schedule. */
export function restoreJob(
  // biome-ignore lint/suspicious/noExplicitAny: as in the cluster
  template: any,
  { schedule, script }: Pick<Source, "schedule" | "script">,
  namespace: string,
  args: readonly string[],
  unique: string,
): JobObject {
  const pod = structuredClone(template.spec.template);
  pod.spec.containers[0].command = ["/bin/sh", script, ...args];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `${schedule}-${args[0]}-${unique}`, namespace, labels: { ...template.metadata?.labels } },
    // A second attempt would be a second restore.
    spec: { ...template.spec, backoffLimit: 0, template: pod },
  };
}

/** The same job again, under another name. */
export function repeatedJob(
  // biome-ignore lint/suspicious/noExplicitAny: as in the cluster
  spec: any,
  labels: Readonly<Record<string, string>>,
  name: string,
  namespace: string,
  unique: string,
): JobObject {
  const { selector: _, manualSelector: __, template, ...rest } = structuredClone(spec);
  const kept = Object.entries((template.metadata?.labels ?? {}) as Record<string, string>).filter(
    ([key]) => !OWN.test(key),
  );
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `${name}-again-${unique}`, namespace, labels: { ...labels } },
    spec: { ...rest, template: { ...template, metadata: { ...template.metadata, labels: Object.fromEntries(kept) } } },
  };
}

function suffix(): string {
  return Date.now().toString(36);
}
