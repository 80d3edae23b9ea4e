import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { bytes, type Size } from "../../core/units";
import {
  DEFAULTS,
  type Need,
  type Process,
  type ScheduleVolume,
  type Volume,
  type VolumePreparation,
  type Workload,
} from "../workload";
import type { Children } from "./children";
import type { Cluster } from "./cluster";
import { accessLabels, labels, SERVICE, STACK } from "./labels";
import { claimName, preparationJob, preparationOf } from "./names";
import { isolation, policy } from "./network";
import { near, type PodParts, podSpec, spread, userOf } from "./pod";
import { storeFiles } from "./process";
import { quantity } from "./quantities";
import { runOnce } from "./run-once";
import * as k8s from "./sdk";

export interface Prepared {
  readonly claims: readonly k8s.core.PersistentVolumeClaim[];
  /** What has to be there, and to have succeeded, before the workload exists. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The volumes of all replicas, under the names that the StatefulSet will claim, each prepared before that exists. Claims are
 * resources of the stack and not left to the StatefulSet, because those could neither be prepared, protected nor grown.
 */
export function volumes(cluster: Cluster, children: Children, workload: Workload): Prepared {
  const claims: k8s.core.PersistentVolumeClaim[] = [];
  const preparations: pulumi.Resource[] = [];
  const replicas = Array.from({ length: workload.replicas ?? 1 }, (_, replica) => replica);
  const preparation = workload.volumes?.some((volume) => volume.prepare)
    ? isolate(cluster, children, workload)
    : undefined;
  for (const volume of workload.volumes ?? []) {
    for (const replica of replicas) {
      const claim = keptClaim(cluster, children, workload.name, volume, replica);
      claims.push(claim);
      const job = prepare(cluster, children, { workload, volume, replica, claim }, preparation);
      if (job) preparations.push(job);
    }
  }
  return { claims, ready: [...claims, ...preparations] };
}

/**
 * A claim that stays when the stack is destroyed. Not waited for: where volumes are bound by their first pod, Pulumi's provider waits for a
 * new claim to be pending, which one that is taken up again never is (5 minutes, then an error; seen with v4.32.0).
 */
export function keptClaim(
  cluster: Cluster,
  children: Children,
  owner: string,
  volume: ScheduleVolume,
  replica = 0,
): k8s.core.PersistentVolumeClaim {
  const { stack, namespace, production, storageClass } = cluster.settings;
  return children.add(
    k8s.core.PersistentVolumeClaim,
    `${owner}-${replica}-${volume.name}`,
    {
      metadata: {
        name: claimName(volume.name, owner, replica),
        namespace,
        labels: volumeLabels(stack, owner),
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storageClass ? { storageClassName: storageClass } : {}),
        resources: { requests: { storage: quantity(volume.size) } },
      },
    },
    {
      retainOnDelete: true,
      // It never changes: naming the class that is the default anyway would be a replacement.
      ignoreChanges: ["spec.storageClassName"],
      ...(production ? { protect: true } : {}),
    },
  );
}

/** Volumes and mounts of a pod that uses claims of that owner. */
export function claimed(owner: string, volumes: readonly ScheduleVolume[]): Pick<PodParts, "volumes" | "mounts"> {
  return {
    volumes: volumes.map(({ name }) => ({
      name,
      persistentVolumeClaim: { claimName: claimName(name, owner, 0) },
    })),
    mounts: volumes.map(({ name, path }) => ({ name, mountPath: path })),
  };
}

/**
 * What the StatefulSet finds its claims by. Of a fixed size and no class, because the template can never change and the claims, which
 * are there before it, can grow.
 */
export function claimTemplates(
  { name, volumes = [] }: Workload,
  stack: string,
): types.input.core.v1.PersistentVolumeClaim[] {
  return volumes.map((volume) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: volume.name, labels: { [STACK]: stack, [SERVICE]: name } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    },
  }));
}

/** Group that every volume of the pod belongs to: a pod has one for all. */
export function volumeGroup(workload: Process & { readonly volumes?: readonly ScheduleVolume[] }): number {
  return workload.volumes?.find((volume) => volume.owner)?.owner?.gid ?? userOf(workload).gid;
}

/** Seconds within which a node has the image and the volume. */
const PULL = 180;

interface Subject {
  readonly workload: Workload;
  readonly volume: Volume;
  readonly replica: number;
  readonly claim: k8s.core.PersistentVolumeClaim;
}

function prepare(
  cluster: Cluster,
  children: Children,
  { workload, volume, replica, claim }: Subject,
  isolated: pulumi.Resource | undefined,
): pulumi.Resource | undefined {
  const preparation = volume.prepare?.(replica);
  if (!preparation || !isolated) return undefined;
  const { namespace, stack, pods } = cluster.settings;
  const service = preparationOf(workload.name);
  const claimed = claimName(volume.name, workload.name, replica);
  const name = preparationJob(claimed);
  const logical = `${workload.name}-${replica}-${volume.name}-prepare`;
  const own = labels({ stack, service, controller: name, role: "preparation", image: workload.image });
  const files = storeFiles({ name: logical, namespace, labels: own, children }, preparation.files ?? []);
  const { topologySpreadConstraints, affinity } = spread(service);
  const spec = {
    ...podSpec({
      process: {
        name: "prepare",
        image: workload.image,
        command: preparation.command,
        // Its limits are the workload's; it asks for less, or it would not fit beside that when it runs again.
        resources: { ...workload.resources, memoryRequest: least(workload.resources.memory) },
        ...(preparation.env ? { env: preparation.env } : {}),
        ...(workload.scratch ? { scratch: workload.scratch } : {}),
        ...(workload.user ? { user: workload.user } : {}),
      },
      files,
      serviceAccount: workload.name,
      settings: pods,
      fsGroup: volumeGroup(workload),
      env: [{ name: "DATASTACK_REPLICA", value: `${replica}` }],
      volumes: [{ name: volume.name, persistentVolumeClaim: { claimName: claimed } }],
      mounts: [{ name: volume.name, mountPath: volume.path }],
    }),
    ...(topologySpreadConstraints ? { topologySpreadConstraints } : {}),
    // Again on a running workload, after an upgrade say, it has to go where the volume is.
    affinity: { ...affinity, podAffinity: near(`${workload.name}-${replica}`) },
  };
  return runOnce(children, {
    logical,
    name,
    namespace,
    labels: own,
    podLabels: accessLabels(needs(preparation)),
    spec,
    files,
    // The first that pulls the image and has the volume made.
    timeout: (preparation.timeout ?? DEFAULTS.prepare.timeout) + PULL,
    again: [claim],
    dependsOn: [claim, isolated],
  });
}

function isolate(cluster: Cluster, children: Children, workload: Workload): pulumi.Resource {
  const { namespace, stack, names } = cluster.settings;
  const service = preparationOf(workload.name);
  const reached = (workload.volumes ?? []).flatMap((volume) =>
    Array.from({ length: workload.replicas ?? 1 }, (_, i) => volume.prepare?.(i)).flatMap((p) => (p ? needs(p) : [])),
  );
  return children.add(k8s.networking.NetworkPolicy, `${service}-network`, {
    metadata: {
      name: service,
      namespace,
      labels: labels({ stack, service, controller: service, role: "preparation", image: workload.image }),
    },
    spec:
      reached.length > 0
        ? policy({ namespace, service, ports: [], needs: reached, ring: false, names })
        : isolation(service),
  });
}

function needs({ reaches = [] }: VolumePreparation): Need[] {
  return reaches.map((to) => ({ to }));
}

/** Without anything that changes with a version. */
function volumeLabels(stack: string, name: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/part-of": stack,
    "app.kubernetes.io/managed-by": "datastack",
    [STACK]: stack,
    [SERVICE]: name,
  };
}

const LEAST: Size = "64Mi";

function least(memory: Size): Size {
  return (bytes(memory) ?? 0) < (bytes(LEAST) ?? 0) ? memory : LEAST;
}
