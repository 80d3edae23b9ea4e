import type * as pulumi from "@pulumi/pulumi";
import { filesOf } from "../check";
import type { Deployed, Placement } from "../target";
import type { Workload } from "../workload";
import type { Cluster } from "./cluster";
import { allowDiscovery, TOKEN } from "./discovery";
import { expose, exposed } from "./expose";
import { accessLabels, labels, selector } from "./labels";
import { nodesService } from "./names";
import { fromField, type PodSpec, podSpec, spread } from "./pod";
import { probes, startWithin } from "./probes";
import { account, networkPolicy, type Surroundings, storeFiles } from "./process";
import * as k8s from "./sdk";
import { claimTemplates, volumeGroup, volumes } from "./volumes";

/** Replicas from which on a service is taken for one that decides by majority. */
const QUORUM = 3;
/** Seconds that a replica of a quorum stays ready before the next one is restarted, to catch up with the others. */
const CATCH_UP = 30;
/** Fixed: with another value the StatefulSet would be replaced. */
const REVISIONS = 3;
/** Seconds that pulling an image and binding a volume may take on top of the start. */
const PULL = 300;

/** A long-running service: a StatefulSet where it has identity or volumes, else a Deployment. */
export function deployService(cluster: Cluster, workload: Workload, placement: Placement): Deployed {
  const { stack, namespace, apiServer, names } = cluster.settings;
  const { name, needs = [], discovery = false } = workload;
  const children = cluster.children(placement, "services");
  const own = labels({ stack, service: name, controller: name, role: "service", image: workload.image });
  const at: Surroundings = { name, namespace, labels: own, children };
  const waitsFor = cluster.waitsFor(workload, workload.after);

  const serviceAccount = account(at);
  if (discovery) allowDiscovery(cluster, name, discovery === true ? {} : discovery, children);
  const network = networkPolicy(at, {
    namespace,
    service: name,
    ports: Object.values(workload.ports).map(({ port }) => port),
    needs,
    ring: isSet(workload),
    exposed: exposed(workload),
    names,
    ...(discovery ? { apiServer } : {}),
  });
  const files = storeFiles(at, filesOf(workload));
  const prepared = volumes(cluster, children, workload);
  cluster.rememberClaims(name, prepared.claims);
  const headless = isSet(workload) ? [nodes(at, workload)] : [];
  const service = clusterService(at, workload);

  const template = {
    metadata: { labels: { ...own, ...accessLabels(needs) }, ...files.annotations },
    spec: pod(cluster, workload, files),
  };
  const options = {
    dependsOn: [serviceAccount, network, ...files.resources, ...prepared.ready, ...headless, ...service, ...waitsFor],
    customTimeouts: timeouts(workload),
  };
  const controller = isSet(workload)
    ? statefulSet(cluster, at, workload, template, options)
    : deployment(at, workload, template, options);
  budget(at, workload);
  expose(at, workload, controller);
  return children.deployed(controller, ...service);
}

type Template = { readonly metadata: object; readonly spec: PodSpec };
type Options = pulumi.CustomResourceOptions & { readonly dependsOn: readonly pulumi.Resource[] };

/** Identity and volumes belong to ordinals, which only a StatefulSet has. */
export function isSet({ identity, volumes: kept = [] }: Workload): boolean {
  return identity === "stable" || kept.length > 0;
}

function pod(cluster: Cluster, workload: Workload, files: Parameters<typeof podSpec>[0]["files"]): PodSpec {
  const { name, ports, stop, discovery, volumes: kept = [] } = workload;
  return {
    ...podSpec({
      process: workload,
      files,
      serviceAccount: name,
      settings: cluster.settings.pods,
      ports,
      probes: probes(workload),
      env: fields(workload),
      volumes: discovery ? TOKEN.volumes : [],
      mounts: [
        ...kept.map((volume) => ({ name: volume.name, mountPath: volume.path })),
        ...(discovery ? TOKEN.mounts : []),
      ],
      fsGroup: volumeGroup(workload),
      grace: stop.grace,
    }),
    ...spread(name),
  };
}

/**
 * What a process is told of its pod. The zone is a label that Kubernetes 1.35 copies from the node when it places the pod (before
 * that the gate PodTopologyLabelsAdmission, or a webhook, does); where there is none, the variable is empty.
 */
function fields(workload: Workload) {
  return [
    ...(isSet(workload) ? [fromField("DATASTACK_REPLICA", "metadata.labels['apps.kubernetes.io/pod-index']")] : []),
    ...(workload.zone ? [fromField("DATASTACK_ZONE", "metadata.labels['topology.kubernetes.io/zone']")] : []),
  ];
}

function statefulSet(cluster: Cluster, at: Surroundings, workload: Workload, template: Template, options: Options) {
  const { stack } = cluster.settings;
  const { name, namespace, labels: own, children } = at;
  const { replicas = 1 } = workload;
  const templates = claimTemplates(workload, stack);
  return children.add(
    k8s.apps.StatefulSet,
    name,
    {
      metadata: { name, namespace, labels: own },
      spec: {
        serviceName: nodesService(name),
        replicas,
        selector: selector(name),
        // Replicas of a quorum need each other to become ready.
        podManagementPolicy: "Parallel",
        revisionHistoryLimit: REVISIONS,
        updateStrategy: { type: "RollingUpdate" },
        ...(replicas >= QUORUM ? { minReadySeconds: CATCH_UP } : {}),
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        template,
        ...(templates.length > 0 ? { volumeClaimTemplates: templates } : {}),
      },
    },
    options,
  );
}

function deployment(at: Surroundings, workload: Workload, template: Template, options: Options) {
  const { name, namespace, labels: own, children } = at;
  const { replicas = 1 } = workload;
  // A second instance of a singleton would count everything twice.
  const room = replicas === 1 ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 };
  return children.add(
    k8s.apps.Deployment,
    name,
    {
      metadata: { name, namespace, labels: own },
      spec: {
        replicas,
        selector: selector(name),
        revisionHistoryLimit: REVISIONS,
        progressDeadlineSeconds: startWithin(workload) + PULL,
        strategy: { type: "RollingUpdate", rollingUpdate: room },
        template,
      },
    },
    options,
  );
}

/** A name for each replica, also while it is not ready: a quorum that forms has to find its members. */
function nodes({ name, namespace, labels: own, children }: Surroundings, workload: Workload) {
  return children.add(k8s.core.Service, nodesService(name), {
    metadata: { name: nodesService(name), namespace, labels: own },
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: selector(name).matchLabels,
      ...(Object.keys(workload.ports).length > 0 ? { ports: servicePorts(workload) } : {}),
    },
  });
}

/** There before the pods, so that whoever starts after them finds the name; not waited for, because it waits for the pods. */
function clusterService(at: Surroundings, workload: Workload): k8s.core.Service[] {
  const { name, namespace, labels: own, children } = at;
  if (Object.keys(workload.ports).length === 0) return [];
  const service = children.add(k8s.core.Service, `${name}-service`, {
    metadata: { name, namespace, labels: own, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: { type: "ClusterIP", selector: selector(name).matchLabels, ports: servicePorts(workload) },
  });
  return [service];
}

export function servicePorts({ ports }: Pick<Workload, "ports">) {
  return Object.entries(ports).map(([name, { port }]) => ({ name, port, targetPort: name, protocol: "TCP" }));
}

/** One at a time. A pod that is broken anyway may go, but not where the others need it to come back for their majority. */
function budget({ name, namespace, labels: own, children }: Surroundings, { identity, replicas = 1 }: Workload): void {
  const quorum = identity === "stable" && replicas >= QUORUM;
  children.add(k8s.policy.PodDisruptionBudget, `${name}-budget`, {
    metadata: { name, namespace, labels: own },
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: quorum ? "IfHealthyBudget" : "AlwaysAllow",
      selector: selector(name),
    },
  });
}

/** Enough for an update, which takes one after the other. */
function timeouts(workload: Workload): pulumi.CustomTimeouts {
  const { replicas = 1, stop } = workload;
  const wait = `${PULL + replicas * (startWithin(workload) + stop.grace + CATCH_UP)}s`;
  return { create: wait, update: wait };
}
