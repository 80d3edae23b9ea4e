import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { transformed } from "../transform";
import { DEFAULTS, type Workload } from "../workload";
import type { Mount, Placed } from "./container";
import { labels, OWNER } from "./engine";
import { once } from "./once";

const TYPE = "docker:index/volume:Volume";

export interface PreparedVolumes {
  readonly mounts: readonly Mount[];
  /** What has to be done before the workload starts. */
  readonly ready: readonly pulumi.Resource[];
  /** The last container that prepared each volume. */
  readonly last: readonly docker.Container[];
  readonly nodes: Readonly<Record<string, pulumi.CustomResource>>;
}

/**
 * The volumes of one replica. A new one belongs to root: a container that may do nothing else gives it to its owner, and then
 * its preparation runs. Both are in state and run again only when their own definition or image changes. They have no
 * part of the workload's definition that changes with its configuration, and a network only where they have to reach something.
 */
export function preparedVolumes(at: Placed, workload: Workload, replica: number): PreparedVolumes {
  const nodes: Record<string, pulumi.CustomResource> = {};
  const mounts: Mount[] = [];
  const last: docker.Container[] = [];
  for (const volume of workload.volumes ?? []) {
    const name = `${workload.name}-${replica}-${volume.name}`;
    const kept = keptVolume(at, name, workload.name);
    const mount: Mount = { name: kept.name, path: volume.path };
    const { uid, gid } = volume.owner ?? workload.user ?? workload.image.user;
    const owner = once(at, {
      name: `${name}-owner`,
      process: { ...OWNER, name: workload.name, command: ["chown", `${uid}:${gid}`, volume.path] },
      volumes: [mount],
      capabilities: ["CAP_CHOWN"],
      unlimitedCpu: true,
      timeout: 60,
    });
    Object.assign(nodes, { [name]: kept, [`${name}-owner`]: owner });
    mounts.push(mount);
    const preparation = volume.prepare?.(replica);
    if (!preparation) {
      last.push(owner);
      continue;
    }
    const { command, env = {}, files = [], reaches = [], timeout = DEFAULTS.prepare.timeout } = preparation;
    const { image, resources, scratch = {} } = workload;
    const prepare = once(at, {
      name: `${name}-prepare`,
      aliases: reaches.length > 0 ? [`${name}-prepare`] : [],
      process: { name: workload.name, image, user: workload.user ?? image.user, resources, scratch, command, env },
      env: workload.identity === "stable" ? { DATASTACK_REPLICA: String(replica) } : {},
      files,
      volumes: [mount],
      unlimitedCpu: true,
      timeout,
      dependsOn: [owner],
    });
    nodes[`${name}-prepare`] = prepare;
    last.push(prepare);
  }
  return { mounts, ready: last, last, nodes };
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
