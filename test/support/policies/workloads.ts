import { behind, type Fields, type Objects, type Pod, selects, templateOf } from "./objects";
import { objects, pods, type Rule } from "./rule";

const HOST = "kubernetes.io/hostname";

function budgetsOf(all: Objects, pod: Pod) {
  return all
    .of("PodDisruptionBudget")
    .filter(({ metadata, spec }) => metadata.namespace === pod.namespace && selects(spec.selector, pod.labels));
}

/** What linters say of controllers, and of what belongs to them. */
export const WORKLOADS: readonly Rule[] = [
  {
    checks: [
      "kube-score/statefulset-has-poddisruptionbudget",
      "kube-score/deployment-has-poddisruptionbudget",
      "polaris/missingPodDisruptionBudget",
    ],
    find: (all) =>
      pods(
        all.lasting.filter(({ owner }) => owner.kind !== "DaemonSet"),
        (pod) => budgetsOf(all, pod).length !== 1 && "has not exactly one PodDisruptionBudget",
      ),
    mistake: (all) => {
      all.one("PodDisruptionBudget").spec.selector.matchLabels = { app: "other" };
    },
  },
  {
    checks: [
      "kube-score/poddisruptionbudget-has-policy",
      "kube-linter/pdb-max-unavailable",
      "kube-linter/pdb-min-available",
      "kube-linter/pdb-unhealthy-pod-eviction-policy",
      "polaris/pdbDisruptionsIsZero",
    ],
    find: (all) =>
      objects(all.of("PodDisruptionBudget"), ({ spec }) => {
        if (!spec.unhealthyPodEvictionPolicy) return "does not say what becomes of broken pods";
        return (!(spec.maxUnavailable >= 1) || spec.minAvailable !== undefined) && "may keep a node from being drained";
      }),
    mistake: (all) => {
      delete all.one("PodDisruptionBudget").spec.unhealthyPodEvictionPolicy;
    },
  },
  {
    checks: [
      "kube-score/statefulset-has-host-podantiaffinity",
      "kube-score/deployment-has-host-podantiaffinity",
      "kube-linter/no-anti-affinity",
    ],
    find: (all) =>
      pods(
        all.lasting.filter(({ owner }) => owner.kind !== "DaemonSet"),
        ({ spec, labels }) => {
          const { podAntiAffinity = {} } = spec.affinity ?? {};
          const terms = [
            ...(podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? []),
            ...(podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
              (term: Fields) => term.podAffinityTerm,
            ),
          ];
          const apart = terms.some((term) => term.topologyKey === HOST && selects(term.labelSelector, labels));
          return !apart && "may be on one host together";
        },
      ),
    mistake: (all) => {
      delete templateOf(all.one("StatefulSet")).spec.affinity;
    },
  },
  {
    checks: ["kube-score/pod-topology-spread-constraints", "polaris/topologySpreadConstraint"],
    find: (all) =>
      pods(all.lasting, ({ spec, labels }) => {
        const constraints: Fields[] = spec.topologySpreadConstraints ?? [];
        const right = constraints.every(
          ({ maxSkew, topologyKey, whenUnsatisfiable, labelSelector }) =>
            maxSkew >= 1 &&
            topologyKey &&
            ["DoNotSchedule", "ScheduleAnyway"].includes(whenUnsatisfiable) &&
            labelSelector &&
            selects(labelSelector, labels),
        );
        return (constraints.length === 0 || !right) && "is not spread over hosts and zones";
      }),
    mistake: (all) => {
      templateOf(all.one("StatefulSet")).spec.topologySpreadConstraints[0].maxSkew = 0;
    },
  },
  {
    checks: ["polaris/priorityClassNotSet"],
    find: (all) =>
      pods(all.pods, ({ spec }) => {
        const known = all.of("PriorityClass").some(({ metadata }) => metadata.name === spec.priorityClassName);
        return !known && `has the priority class ${spec.priorityClassName}`;
      }),
    mistake: (all) => {
      templateOf(all.one("StatefulSet")).spec.priorityClassName = "high";
    },
  },
  {
    checks: ["kube-score/deployment-replicas", "polaris/deploymentMissingReplicas"],
    find: (all) => objects(all.of("Deployment"), ({ spec }) => !(spec.replicas >= 2) && "has one replica"),
    mistake: (all) => {
      const { metadata, ...rest } = structuredClone(all.one("StatefulSet"));
      (all.all as Fields[]).push({ ...rest, kind: "Deployment", metadata: { ...metadata, name: "single" } });
      all.one("Deployment", "single").spec.replicas = 1;
    },
  },
  {
    checks: ["kube-score/deployment-strategy"],
    find: (all) =>
      objects(all.of("Deployment"), ({ spec }) => spec.strategy?.type !== "RollingUpdate" && "goes down for an update"),
    mistake: (all) => {
      all.one("Deployment").spec.strategy = { type: "Recreate" };
    },
  },
  {
    checks: ["kube-score/statefulset-has-servicename"],
    find: (all) =>
      objects(all.of("StatefulSet"), ({ metadata, spec }) => {
        const headless = all
          .of("Service")
          .find((s) => s.metadata.name === spec.serviceName && s.metadata.namespace === metadata.namespace);
        const right =
          headless?.spec.clusterIP === "None" && behind(headless, all.pods).some((p) => p.owner.metadata === metadata);
        return !right && "has no headless Service";
      }),
    mistake: (all) => {
      all.one("StatefulSet").spec.serviceName = "other";
    },
  },
  {
    checks: [
      "kube-score/statefulset-pod-selector-labels-match-template-metadata-labels",
      "kube-score/deployment-pod-selector-labels-match-template-metadata-labels",
      "kube-linter/mismatching-selector",
    ],
    find: (all) =>
      objects(all.of("StatefulSet", "Deployment", "DaemonSet"), (owner) => {
        const { metadata } = templateOf(owner);
        const alike = all.pods.filter(
          (pod) => pod.namespace === owner.metadata.namespace && selects(owner.spec.selector, pod.labels),
        );
        return (
          (!selects(owner.spec.selector, metadata.labels) || alike.length > 1) && "does not select just its own pods"
        );
      }),
    mistake: (all) => {
      all.one("StatefulSet").spec.selector.matchLabels = { app: "other" };
    },
  },
  {
    checks: ["polaris/metadataAndInstanceMismatched"],
    find: (all) =>
      pods(
        all.pods,
        ({ owner: { metadata } }) =>
          metadata.labels?.["app.kubernetes.io/instance"] !== metadata.name && "has another name as its instance label",
      ),
    mistake: (all) => {
      all.one("StatefulSet").metadata.labels["app.kubernetes.io/instance"] = "other";
    },
  },
  {
    checks: ["kube-score/service-targets-pod", "kube-linter/dangling-service"],
    find: (all) =>
      objects(
        all.of("Service").filter(({ spec }) => spec.type !== "ExternalName"),
        (service) => behind(service, all.lasting).length === 0 && "leads to no pod",
      ),
    mistake: (all) => {
      all.one("Service").spec.selector = { app: "other" };
    },
  },
  {
    checks: ["kube-score/service-type"],
    find: (all) => objects(all.of("Service"), ({ spec }) => spec.type === "NodePort" && "opens a port on every node"),
    mistake: (all) => {
      all.one("Service").spec.type = "NodePort";
    },
  },
  {
    checks: ["kube-linter/job-ttl-seconds-after-finished"],
    find: (all) =>
      objects(all.of("Job", "CronJob"), ({ kind, spec }) => {
        const ttl = (kind === "CronJob" ? spec.jobTemplate.spec : spec).ttlSecondsAfterFinished;
        return (
          (kind === "Job") === (ttl === undefined) && (kind === "Job" ? "stays when it is done" : "has a limit twice")
        );
      }),
    mistake: (all) => {
      all.one("CronJob").spec.jobTemplate.spec.ttlSecondsAfterFinished = 60;
    },
  },
  {
    checks: ["kube-score/cronjob-has-deadline", "kube-score/cronjob-restartpolicy"],
    find: (all) =>
      objects(all.of("CronJob"), (cron) => {
        const restarts = ["Never", "OnFailure"].includes(templateOf(cron).spec.restartPolicy);
        return !(cron.spec.startingDeadlineSeconds > 0 && restarts) && "has no deadline or restarts for ever";
      }),
    mistake: (all) => {
      delete all.one("CronJob").spec.startingDeadlineSeconds;
    },
  },
  {
    checks: ["kube-score/stable-version", "kube-linter/no-extensions-v1beta"],
    find: (all) =>
      objects(
        all.all,
        // Of Kubernetes' own groups: what others call theirs, such as Traefik's only version, the linters do not know.
        ({ apiVersion, kind }) =>
          /^(([a-z]+|[a-z0-9.]+\.k8s\.io)\/)?v\d+(alpha|beta)\d+$|^extensions\//.test(apiVersion) &&
          `${kind} of ${apiVersion}`,
      ),
    mistake: (all) => {
      all.one("PodDisruptionBudget").apiVersion = "policy/v1beta1";
    },
  },
  {
    checks: ["datastack/retained-volumes"],
    find: (all) => [
      ...objects(all.of("StatefulSet"), ({ spec }) => {
        const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {};
        return !(whenDeleted === "Retain" && whenScaled === "Retain") && "may delete its volumes";
      }),
      ...pods(all.pods, ({ spec, owner, namespace }) => {
        const claims = (spec.volumes ?? []).flatMap((v: Fields) => v.persistentVolumeClaim?.claimName ?? []);
        const templates = (owner.spec.volumeClaimTemplates ?? []).flatMap((template: Fields) =>
          Array.from(
            { length: owner.spec.replicas },
            (_, i) => `${template.metadata.name}-${owner.metadata.name}-${i}`,
          ),
        );
        const missing = [...claims, ...templates].find(
          (name) =>
            !all
              .of("PersistentVolumeClaim")
              .some(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
        );
        return missing && `claims ${missing}, which is no object of the stack`;
      }),
    ],
    mistake: (all) => {
      all.one("StatefulSet").spec.persistentVolumeClaimRetentionPolicy.whenDeleted = "Delete";
    },
  },
];
