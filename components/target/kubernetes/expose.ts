import type * as pulumi from "@pulumi/pulumi";
import type { Exposure, Workload } from "../workload";
import { selector } from "./labels";
import { exposureService } from "./names";
import type { Exposed } from "./network";
import type { Surroundings } from "./process";
import * as k8s from "./sdk";

export interface ExposedPort {
  readonly replica: number;
  /** Name of the port. */
  readonly name: string;
  readonly exposure: Exposure;
}

/** Every port of a replica that has a Service by itself. */
export function exposures({ perReplica, replicas = 1 }: Pick<Workload, "perReplica" | "replicas">): ExposedPort[] {
  return Array.from({ length: replicas }, (_, replica) =>
    Object.entries(perReplica?.(replica).expose ?? {}).map(([name, exposure]) => ({ replica, name, exposure })),
  ).flat();
}

/** Who is let in at which port: a policy is of all replicas together. */
export function exposed(workload: Pick<Workload, "perReplica" | "replicas" | "ports">): Exposed[] {
  const from = new Map<number, Set<string>>();
  for (const { name, exposure } of exposures(workload)) {
    const port = workload.ports[name]?.port;
    if (port !== undefined) from.set(port, new Set([...(from.get(port) ?? []), ...exposure.from]));
  }
  return [...from].sort(([a], [b]) => a - b).map(([port, cidrs]) => ({ port, cidrs: [...cidrs].sort() }));
}

/**
 * A Service for each of them, when its pod is there: Pulumi waits for the address of a load balancer, and says so where nothing
 * gives out any.
 */
export function expose(at: Surroundings, workload: Workload, after: pulumi.Resource): void {
  for (const { replica, name, exposure } of exposures(workload)) service(at, workload, replica, name, exposure, after);
}

function service(
  { name: workload, namespace, labels, children }: Surroundings,
  { ports }: Workload,
  replica: number,
  name: string,
  { by, port, from, annotations }: Exposure,
  after: pulumi.Resource,
) {
  const object = exposureService(workload, replica, name);
  const balanced = by === "LoadBalancer";
  const target = { name, targetPort: name, protocol: "TCP" };
  children.add(
    k8s.core.Service,
    object,
    {
      metadata: { name: object, namespace, labels, ...(annotations ? { annotations: { ...annotations } } : {}) },
      spec: {
        type: by,
        selector: { ...selector(workload).matchLabels, "statefulset.kubernetes.io/pod-name": `${workload}-${replica}` },
        ports: [balanced ? { ...target, port } : { ...target, port: ports[name]?.port ?? port, nodePort: port }],
        // Clients were told this one replica, and no other serves in its place: whether it can is for it to say.
        publishNotReadyAddresses: true,
        // Only so a client's own address is what the network policy sees. A node port has to answer on every node.
        externalTrafficPolicy: balanced ? "Local" : "Cluster",
        ...(balanced ? { loadBalancerSourceRanges: [...from].sort() } : {}),
      },
    },
    { dependsOn: [after] },
  );
}
