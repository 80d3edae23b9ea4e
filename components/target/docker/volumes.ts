import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { sha256 } from "../../core/names";
import { transformed } from "../transform";
import { DEFAULTS, type Process, type Volume, type VolumePreparation, type Workload } from "../workload";
import type { Mount, Placed } from "./container";
import { labels, OWNER } from "./engine";
import { once } from "./once";

const TYPE = "docker:index/volume:Volume";

/** What has volumes: a service, or a schedule, which has one replica. */
type Keeper = Process & Partial<Pick<Workload, "replicas" | "identity" | "volumes">>;

/** The volumes of all replicas of a workload. */
export interface PreparedVolumes {
  /** Of each replica. */
  readonly mounts: readonly (readonly Mount[])[];
  /** The last container that prepared each volume: all of them have to be done before a replica starts. */
  readonly last: readonly docker.Container[];
  readonly nodes: Readonly<Record<string, pulumi.CustomResource>>;
}

/**
 * A new volume belongs to root: a container that may do nothing else gives it to its owner, and then its preparation runs. Both
 * are in state and run again only when their own definition or image changes, the first also with the environment of the second,
 * by which a volume that was made anew is prepared again. They have no part of the workload's definition that changes with its
 * configuration, and a network only where they have to reach something.
 */
export function preparedVolumes(at: Placed, workload: Keeper): PreparedVolumes {
  const nodes: Record<string, pulumi.CustomResource> = {};
  const last: docker.Container[] = [];
  const replicas = Array.from({ length: workload.replicas ?? 1 }, (_, replica) => replica);
  const mounts = replicas.map((replica) =>
    (workload.volumes ?? []).map((volume): Mount => {
      const name = volumeName(workload, replica, volume);
      const kept = keptVolume(at, name, workload.name);
      nodes[name] = kept;
      return { name: kept.name, path: volume.path };
    }),
  );
  for (const replica of replicas)
    for (const [index, volume] of (workload.volumes ?? []).entries()) {
      const own = mounts[replica]?.[index];
      if (!own) continue;
      const name = volumeName(workload, replica, volume);
      const preparation = volume.prepare?.(replica);
      const owner = ownerOf(at, workload, { name, volume, mount: own, preparation });
      nodes[`${name}-owner`] = owner;
      if (!preparation) {
        last.push(owner);
        continue;
      }
      const { command, env = {}, files = [], reaches = [], timeout = DEFAULTS.prepare.timeout } = preparation;
      const others = replicas.flatMap((other): Mount[] => {
        const mount = mounts[other]?.[index];
        if (other === replica || !mount || preparation.others === undefined) return [];
        return [{ name: mount.name, path: `${preparation.others}/${other}`, readOnly: true }];
      });
      const { image, resources, scratch = {} } = workload;
      const prepare = once(at, {
        name: `${name}-prepare`,
        aliases: reaches.length > 0 ? [`${name}-prepare`] : [],
        process: { name: workload.name, image, user: workload.user ?? image.user, resources, scratch, command, env },
        env: workload.identity === "stable" ? { DATASTACK_REPLICA: String(replica) } : {},
        files,
        volumes: [own, ...others],
        unlimitedCpu: true,
        timeout,
        dependsOn: [owner],
      });
      nodes[`${name}-prepare`] = prepare;
      last.push(prepare);
    }
  return { mounts, last, nodes };
}

interface Prepared {
  readonly name: string;
  readonly volume: Volume;
  readonly mount: Mount;
  readonly preparation: VolumePreparation | undefined;
}

function ownerOf(at: Placed, workload: Keeper, { name, volume, mount, preparation }: Prepared): docker.Container {
  const { uid, gid } = volume.owner ?? workload.user ?? workload.image.user;
  const env = Object.entries(preparation?.env ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return once(at, {
    name: `${name}-owner`,
    process: { ...OWNER, name: workload.name, command: ["chown", `${uid}:${gid}`, volume.path] },
    volumes: [mount],
    capabilities: ["CAP_CHOWN"],
    unlimitedCpu: true,
    timeout: 60,
    ...(env.length > 0 ? { labels: { "datastack.prepares": sha256(JSON.stringify(env)) } } : {}),
  });
}

function volumeName(workload: Keeper, replica: number, volume: Volume): string {
  return `${workload.name}-${replica}-${volume.name}`;
}

/** Its name is for ever, and neither `destroy` nor a change of ours removes it. */
function keptVolume({ engine, placement, options }: Placed, name: string, workload: string): docker.Volume {
  const { args, opts } = transformed<docker.VolumeArgs>(
    placement.transform,
    TYPE,
    name,
    {
      name: `${engine.stack}-${name}`,
      labels: labels({ "datastack.stack": engine.stack, "datastack.service": workload }),
    },
    {
      ...options,
      retainOnDelete: true,
      protect: engine.production,
      // A change of either would replace the volume, which is to delete it.
      ignoreChanges: ["labels", "driverOpts"],
    },
  );
  return new docker.Volume(name, args, opts);
}
