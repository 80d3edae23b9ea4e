import * as pulumi from "@pulumi/pulumi";
import { KubernetesTarget, type KubernetesTargetArgs } from "../../components/target/kubernetes";
import type { Workload } from "../../components/target/workload";
import { all, at, kubernetes, plain, type Recording, type Registration, record } from "../support/record";
import { type CaseOptions, construct } from "./cases";

export const STACK = "contract";
export const AGENTS = "contract-agents";

export const STATEFUL_SET = kubernetes("apps/v1", "StatefulSet");
export const DEPLOYMENT = kubernetes("apps/v1", "Deployment");
export const DAEMON_SET = kubernetes("apps/v1", "DaemonSet");
export const JOB = kubernetes("batch/v1", "Job");
export const CRON_JOB = kubernetes("batch/v1", "CronJob");
export const CLAIM = kubernetes("core/v1", "PersistentVolumeClaim");
export const SERVICE = kubernetes("core/v1", "Service");
export const SERVICE_ACCOUNT = kubernetes("core/v1", "ServiceAccount");
export const NAMESPACE = kubernetes("core/v1", "Namespace");
export const POLICY = kubernetes("networking.k8s.io/v1", "NetworkPolicy");
export const BUDGET = kubernetes("policy/v1", "PodDisruptionBudget");
export const PRIORITY = kubernetes("scheduling.k8s.io/v1", "PriorityClass");
export const ROLE = kubernetes("rbac.authorization.k8s.io/v1", "Role");
export const BINDING = kubernetes("rbac.authorization.k8s.io/v1", "RoleBinding");
export const PROVIDER = "pulumi:providers:kubernetes";

export const target = (args: Partial<KubernetesTargetArgs> = {}) => new KubernetesTarget({ stack: STACK, ...args });
export const recorded = (options: CaseOptions = {}, args: Partial<KubernetesTargetArgs> = {}) =>
  record(() => construct(target(args), options));

/** One service by itself. */
export const alone = (workload: Workload, args: Partial<KubernetesTargetArgs> = {}) =>
  record(() => {
    target(args).service(workload, { parent: new pulumi.ComponentResource("datastack:test:Case", "alone") });
  });

/** Everything that has a pod, with its pod's specification. */
export function pods(
  recording: Recording,
): { owner: Registration; metadata: Metadata; spec: Record<string, unknown> }[] {
  const kinds = [STATEFUL_SET, DEPLOYMENT, DAEMON_SET, JOB, CRON_JOB];
  return all(recording)
    .filter((r) => kinds.includes(r.type))
    .map((owner) => {
      const path = owner.type === CRON_JOB ? "spec.jobTemplate.spec.template" : "spec.template";
      return { owner, ...at<{ metadata: Metadata; spec: Record<string, unknown> }>(owner, path) };
    });
}

export interface Metadata {
  readonly uid?: string;
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

export const container = (spec: Record<string, unknown>) => (spec.containers as Record<string, unknown>[])[0] ?? {};

/** Names of resources whose inputs or options differ. */
export function differences(a: Recording, b: Recording): string[] {
  const text = (r: Recording) => new Map(all(r).map((x) => [x.urn, JSON.stringify([plain(x.inputs), x.options])]));
  const [one_, two] = [text(a), text(b)];
  const urns = new Set([...one_.keys(), ...two.keys()]);
  return [...urns].filter((urn) => one_.get(urn) !== two.get(urn)).map((urn) => urn.split("::").at(-1) ?? urn);
}
