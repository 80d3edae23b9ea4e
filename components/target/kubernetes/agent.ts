import type { types } from "@pulumi/kubernetes";
import type { Deployed, Placement } from "../target";
import type { Agent } from "../workload";
import type { Cluster } from "./cluster";
import { openTo } from "./discovery";
import { accessLabels, labels, selector } from "./labels";
import { agentAccess } from "./network";
import { fromField, podSpec } from "./pod";
import { probes, startWithin } from "./probes";
import { account, networkPolicy, type Surroundings, storeFiles } from "./process";
import * as k8s from "./sdk";
import { servicePorts } from "./service";

/** Seconds on top of the start, for pulling the image on every host. */
const PULL = 600;

/** One pod per host, in a namespace of its own where the host's network, processes and files are allowed. */
export function deployAgent(cluster: Cluster, agent: Agent, placement: Placement): Deployed {
  const { stack, namespace: home } = cluster.settings;
  const { name, needs = [], host } = agent;
  const namespace = cluster.namespaceOf("agents");
  const children = cluster.children(placement, "agents");
  openTo(cluster, "agents");
  const own = labels({ stack, service: name, controller: name, role: "agent", image: agent.image });
  const at: Surroundings = { name, namespace, labels: own, children };
  const ports = Object.values(agent.ports).map(({ port }) => port);
  const waitsFor = cluster.waitsFor(agent, agent.after);

  const serviceAccount = account(at);
  const network = networkPolicy(at, {
    namespace: home,
    service: name,
    ports,
    needs,
    ring: false,
    names: cluster.settings.names,
  });
  const files = storeFiles(at, agent.files ?? []);
  const reachable = makeReachable(cluster, agent, at, placement);
  const set = children.add(
    k8s.apps.DaemonSet,
    name,
    {
      metadata: { name, namespace, labels: own },
      spec: {
        selector: selector(name),
        revisionHistoryLimit: 3,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } },
        template: {
          metadata: { labels: { ...own, ...accessLabels(needs) }, ...files.annotations },
          spec: {
            ...podSpec({
              process: agent,
              files,
              serviceAccount: name,
              settings: cluster.settings.pods,
              ports: agent.ports,
              probes: probes(agent),
              env: [
                fromField("HOST_IP", "status.hostIP"),
                fromField("NODE_NAME", "spec.nodeName"),
                fromField("POD_IP", "status.podIP"),
              ],
              ...hostFiles(agent),
              hostAddress: host.network ? "$(HOST_IP)" : "$(POD_IP)",
              grace: agent.stop.grace,
            }),
            ...(host.network ? { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" } : {}),
            ...(host.pid ? { hostPID: true } : {}),
            // Also where nothing else may run: every host is watched.
            tolerations: [{ operator: "Exists" }],
          },
        },
      },
    },
    {
      dependsOn: [serviceAccount, network, ...files.resources, ...waitsFor],
      customTimeouts: { create: `${startWithin(agent) + PULL}s`, update: `${startWithin(agent) + PULL}s` },
    },
  );
  return children.deployed(set, ...reachable);
}

/** A Service of the agents, and a name for it beside the other workloads, by which it is called like one of them. */
function makeReachable(cluster: Cluster, agent: Agent, at: Surroundings, placement: Placement): k8s.core.Service[] {
  const { name, namespace, labels: own, children } = at;
  const { namespace: home, clusterDomain } = cluster.settings;
  const ports = Object.values(agent.ports).map(({ port }) => port);
  if (ports.length === 0) return [];
  const beside = cluster.children(placement, "services");
  for (const port of ports) {
    beside.add(k8s.networking.NetworkPolicy, `${name}-access-${port}`, {
      metadata: { name: `${name}-access-${port}`, namespace: home, labels: own },
      spec: agentAccess(name, port),
    });
  }
  const service = children.add(k8s.core.Service, `${name}-service`, {
    metadata: { name, namespace, labels: own, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      type: "ClusterIP",
      // The one on the client's own host.
      internalTrafficPolicy: "Local",
      selector: selector(name).matchLabels,
      ports: servicePorts(agent),
    },
  });
  const alias = beside.add(k8s.core.Service, `${name}-alias`, {
    metadata: { name, namespace: home, labels: own },
    spec: { type: "ExternalName", externalName: `${name}.${namespace}.svc.${clusterDomain}` },
  });
  Object.assign(children.nodes, beside.nodes);
  return [service, alias];
}

function hostFiles({ host }: Agent): {
  volumes?: types.input.core.v1.Volume[];
  mounts?: types.input.core.v1.VolumeMount[];
} {
  if (!host.root) return {};
  return {
    volumes: [{ name: "host", hostPath: { path: "/", type: "Directory" } }],
    // What is mounted on the host later is seen too.
    mounts: [{ name: "host", mountPath: host.root, readOnly: true, mountPropagation: "HostToContainer" }],
  };
}
