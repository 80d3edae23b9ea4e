import type { types } from "@pulumi/kubernetes";
import type { Image } from "../../core/images";
import { HOST_ADDRESS, type Port, type Process, type User } from "../workload";
import type { FileSet } from "./files";
import { selector } from "./labels";
import { quantity, resourceRequirements } from "./quantities";

export type PodSpec = types.input.core.v1.PodSpec;
export type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

export type PullPolicy = "Always" | "IfNotPresent" | "Never";

/** What all pods of a stack have alike. */
export interface PodSettings {
  /** For images of a registry. @default "Always" for tags, which can move, and "IfNotPresent" for digests, which cannot */
  readonly pullPolicy?: PullPolicy;
  readonly priorityClass: string;
}

export interface PodParts {
  readonly process: Process;
  readonly files: FileSet;
  readonly serviceAccount: string;
  readonly settings: PodSettings;
  readonly ports?: Readonly<Record<string, Port>>;
  readonly probes?: Partial<Container>;
  readonly env?: readonly EnvVar[];
  readonly volumes?: readonly Volume[];
  readonly mounts?: readonly VolumeMount[];
  /** Group that owns the volumes. @default the user's group */
  readonly fsGroup?: number;
  /** What stands for `HOST_ADDRESS` in arguments. @default all addresses of the pod */
  readonly hostAddress?: string;
  /** Seconds. @default 30 */
  readonly grace?: number;
}

/** The pod of every workload: a container that fits the "restricted" pod security standard, and nothing beside it. */
export function podSpec(parts: PodParts): PodSpec {
  const { process, files, serviceAccount } = parts;
  const user = userOf(process);
  const scratch = Object.entries(process.scratch ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const volumes: Volume[] = [
    ...files.volumes,
    ...scratch.map(([, size], i) => ({
      name: `scratch-${i}`,
      emptyDir: { medium: "Memory", sizeLimit: quantity(size) },
    })),
    ...(parts.volumes ?? []),
  ];
  const mounts: VolumeMount[] = [
    ...(parts.mounts ?? []),
    ...scratch.map(([mountPath], i) => ({ name: `scratch-${i}`, mountPath })),
    ...files.mounts,
  ];
  return {
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: parts.settings.priorityClass,
    terminationGracePeriodSeconds: parts.grace ?? 30,
    securityContext: {
      runAsNonRoot: user.uid !== 0,
      runAsUser: user.uid,
      runAsGroup: user.gid,
      fsGroup: parts.fsGroup ?? user.gid,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container(parts, mounts)],
    ...(volumes.length > 0 ? { volumes } : {}),
  };
}

/** Never another one than the image's by itself: files on kept volumes belong to it. */
export function userOf({ user, image }: Process): User {
  return user ?? image.user;
}

function pullPolicyOf({ source, reference }: Image, { pullPolicy }: PodSettings): PullPolicy {
  if (source === "local") return "Never";
  return pullPolicy ?? (reference.includes("@sha256:") ? "IfNotPresent" : "Always");
}

function container(parts: PodParts, mounts: readonly VolumeMount[]): Container {
  const { process, ports = {}, hostAddress = "0.0.0.0" } = parts;
  const args = process.args?.map((arg) => literal(arg).replaceAll(HOST_ADDRESS, hostAddress));
  const env = [
    ...Object.entries(process.env ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value: literal(value) })),
    ...(parts.env ?? []),
  ];
  const containerPorts = Object.entries(ports).map(([name, { port }]) => ({ name, containerPort: port }));
  return {
    name: process.name,
    image: process.image.reference,
    imagePullPolicy: pullPolicyOf(process.image, parts.settings),
    ...(process.command ? { command: process.command.map(literal) } : {}),
    ...(args ? { args } : {}),
    ...(env.length > 0 ? { env } : {}),
    ...(containerPorts.length > 0 ? { ports: containerPorts } : {}),
    ...parts.probes,
    resources: resourceRequirements(process.resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    ...(mounts.length > 0 ? { volumeMounts: [...mounts] } : {}),
  };
}

/** Kubernetes replaces `$(NAME)` and `$$` in commands and environments, which in a script mean something else. */
export function literal(text: string): string {
  return text.replace(/\$(?=[$(])/g, "$$$$");
}

/** An environment variable from the pod's own fields. */
export function fromField(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** Apart where there is room: hosts first, then zones. Never a reason not to run. */
export function spread(service: string): Pick<PodSpec, "affinity" | "topologySpreadConstraints"> {
  const labelSelector = selector(service);
  const host = "kubernetes.io/hostname";
  return {
    topologySpreadConstraints: [host, "topology.kubernetes.io/zone"].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector,
    })),
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { topologyKey: host, labelSelector } },
        ],
      },
    },
  };
}

/** On the same host as that pod, because a volume is attached to one host at a time. */
export function near(pod: string): types.input.core.v1.PodAffinity {
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: "kubernetes.io/hostname",
          labelSelector: { matchLabels: { "statefulset.kubernetes.io/pod-name": pod } },
        },
      },
    ],
  };
}

/** Annotations whose change rolls a workload: nothing else shows that a mounted file is another one. */
export const CHECKSUM = { files: "datastack.io/files-checksum", secrets: "datastack.io/secrets-checksum" } as const;
