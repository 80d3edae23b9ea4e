import { behind, type Fields, isJob, type Objects, templateOf } from "./objects";
import { containers, each, objects, pods, type Rule } from "./rule";

function first(all: Objects): Fields {
  return templateOf(all.one("StatefulSet")).spec.containers[0];
}

const SENSITIVE =
  /password|token|bearer|secret|^AWS_SECRET_ACCESS_KEY$|^AZURE_.+KEY$|^GOOGLE_APPLICATION_CREDENTIALS$/i;
const PRIVATE_KEY = /-BEGIN\s+.*PRIVATE KEY-/i;

/** What linters say of one container. */
export const CONTAINERS: readonly Rule[] = [
  {
    checks: [
      "kube-score/container-resources",
      "kube-linter/unset-cpu-requirements",
      "kube-linter/unset-memory-requirements",
      "polaris/cpuRequestsMissing",
      "polaris/cpuLimitsMissing",
      "polaris/memoryRequestsMissing",
      "polaris/memoryLimitsMissing",
      "checkov/CKV_K8S_10",
      "checkov/CKV_K8S_11",
      "checkov/CKV_K8S_12",
      "checkov/CKV_K8S_13",
    ],
    find: (all) =>
      containers(all.pods, ({ resources: { requests = {}, limits = {} } = {} as Fields }) =>
        ["cpu", "memory"].every((what) => requests[what] && limits[what]) ? undefined : "has no request or no limit",
      ),
    mistake: (all) => {
      delete first(all).resources.limits.memory;
    },
  },
  {
    checks: ["kube-score/container-ephemeral-storage-request-and-limit"],
    find: (all) =>
      containers(all.pods, ({ resources = {} }) =>
        ["requests", "limits"].every((kind) => resources[kind]?.["ephemeral-storage"])
          ? undefined
          : "may fill the node's disk",
      ),
    mistake: (all) => {
      delete first(all).resources.limits["ephemeral-storage"];
    },
  },
  {
    checks: [
      "kube-score/container-image-tag",
      "kube-linter/latest-tag",
      "polaris/tagNotSpecified",
      "checkov/CKV_K8S_14",
    ],
    find: (all) =>
      containers(all.pods, ({ image }) => {
        const name = image.slice(image.lastIndexOf("/") + 1);
        const pinned = name.includes("@sha256:") || (name.includes(":") && !name.endsWith(":latest"));
        return !pinned && `${image} names no version`;
      }),
    mistake: (all) => {
      first(all).image = "docker.io/library/redis";
    },
  },
  {
    checks: ["checkov/CKV_K8S_43"],
    find: (all) => containers(all.pods, ({ image }) => !image.includes("@sha256:") && `${image} is not a digest`),
    mistake: (all) => {
      first(all).image = "docker.io/library/redis:8";
    },
  },
  {
    checks: ["kube-score/container-image-pull-policy", "polaris/pullPolicyNotAlways"],
    find: (all) =>
      containers(
        all.pods,
        ({ image, imagePullPolicy }) => imagePullPolicy !== "Always" && `${image} is pulled ${imagePullPolicy}`,
      ),
    mistake: (all) => {
      first(all).image = "docker.io/library/redis:8";
      first(all).imagePullPolicy = "IfNotPresent";
    },
  },
  {
    checks: ["checkov/CKV_K8S_15"],
    find: (all) =>
      containers(all.pods, ({ image, imagePullPolicy }) =>
        imagePullPolicy === "Always" || image.includes("@sha256:")
          ? undefined
          : `${image} is pulled ${imagePullPolicy}`,
      ),
    mistake: (all) => {
      first(all).image = "docker.io/library/redis:8";
      first(all).imagePullPolicy = "IfNotPresent";
    },
  },
  {
    checks: ["kube-score/container-security-context-user-group-id", "checkov/CKV_K8S_40"],
    find: (all) =>
      containers(all.pods, (container, { spec }) => {
        const { runAsUser, runAsGroup } = { ...spec.securityContext, ...container.securityContext };
        return runAsUser >= 10_000 && runAsGroup >= 10_000 ? undefined : `runs as ${runAsUser}:${runAsGroup}`;
      }),
    mistake: (all) => {
      first(all).securityContext.runAsGroup = 0;
    },
  },
  {
    checks: [
      "kube-score/container-security-context-readonlyrootfilesystem",
      "kube-linter/no-read-only-root-fs",
      "polaris/notReadOnlyRootFilesystem",
      "checkov/CKV_K8S_22",
    ],
    find: (all) =>
      containers(all.pods, ({ securityContext }) =>
        securityContext?.readOnlyRootFilesystem === true ? undefined : "may write into its image",
      ),
    mistake: (all) => {
      first(all).securityContext.readOnlyRootFilesystem = false;
    },
  },
  {
    checks: [
      "kube-score/pod-probes",
      "polaris/readinessProbeMissing",
      "polaris/livenessProbeMissing",
      "checkov/CKV_K8S_8",
      "checkov/CKV_K8S_9",
    ],
    find: (all) =>
      containers(all.lasting, ({ readinessProbe, livenessProbe, startupProbe }) =>
        readinessProbe && livenessProbe && startupProbe ? undefined : "is not asked how it is",
      ),
    mistake: (all) => {
      delete first(all).livenessProbe;
    },
  },
  {
    checks: ["kube-score/pod-probes-identical"],
    find: (all) =>
      containers(all.lasting, ({ readinessProbe = {}, livenessProbe = {} }) => {
        const [ready, alive] = [asked(readinessProbe), asked(livenessProbe)];
        return ready === alive && `asks the same for readiness and liveness: ${ready}`;
      }),
    mistake: (all) => {
      first(all).livenessProbe = { ...first(all).readinessProbe, failureThreshold: 30 };
    },
  },
  {
    checks: ["kube-linter/liveness-port", "kube-linter/readiness-port", "kube-linter/startup-port"],
    find: (all) =>
      containers(all.lasting, ({ ports = [], ...probes }) => {
        const asks = [probes.startupProbe, probes.readinessProbe, probes.livenessProbe].flatMap(
          (probe) => (probe?.httpGet ?? probe?.tcpSocket)?.port ?? [],
        );
        const has = (port: unknown) => ports.some((p: Fields) => p.name === port || p.containerPort === port);
        const missing = asks.find((port) => !has(port));
        return missing !== undefined && `asks at the port ${missing}, which it has not`;
      }),
    mistake: (all) => {
      first(all).livenessProbe = { tcpSocket: { port: "nowhere" } };
    },
  },
  {
    checks: ["kube-linter/ssh-port"],
    find: (all) =>
      containers(
        all.pods,
        ({ ports = [] }) => ports.some((p: Fields) => p.containerPort === 22) && "has a port for SSH",
      ),
    mistake: (all) => {
      first(all).ports.push({ name: "ssh", containerPort: 22 });
    },
  },
  {
    checks: ["kube-score/environment-variable-key-duplication", "kube-linter/duplicate-env-var"],
    find: (all) =>
      containers(all.pods, ({ env = [] }) => {
        const names = env.map(({ name }: Fields) => name);
        const twice = names.find((name: string, i: number) => names.indexOf(name) !== i);
        return twice && `has ${twice} twice`;
      }),
    mistake: (all) => {
      first(all).env = [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ];
    },
  },
  {
    checks: ["checkov/CKV_K8S_35"],
    find: (all) =>
      containers(all.pods, ({ env = [], envFrom = [] }) => {
        const fetched = [...env.map(({ valueFrom }: Fields) => valueFrom?.secretKeyRef), ...envFrom.map(secretRef)];
        return fetched.some(Boolean) && "has a secret in its environment";
      }),
    mistake: (all) => {
      first(all).env = [{ name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "key" } } }];
    },
  },
  {
    checks: ["kube-linter/env-var-secret", "polaris/sensitiveContainerEnvVar"],
    find: (all) =>
      all.pods.flatMap((pod) =>
        pod.containers.flatMap(({ env = [] }) =>
          each(
            env.filter(({ value }: Fields) => value !== undefined),
            () => pod.owner,
            ({ name, value }: Fields) =>
              (SENSITIVE.test(name) || PRIVATE_KEY.test(value)) && `has ${name}=${value} in its environment`,
          ),
        ),
      ),
    mistake: (all) => {
      first(all).env = [{ name: "DB_PASSWORD", value: "hunter2" }];
    },
  },
  {
    checks: ["polaris/sensitiveConfigmapContent"],
    find: (all) =>
      objects(all.of("ConfigMap"), ({ data = {} }) => {
        const found = Object.entries<string>(data).find(([key, text]) => SENSITIVE.test(key) || PRIVATE_KEY.test(text));
        return found && `holds ${found[0]}`;
      }),
    mistake: (all) => {
      all.one("ConfigMap").data["users.password"] = "hunter2";
    },
  },
  {
    checks: ["kube-linter/invalid-target-ports"],
    find: (all) =>
      objects(all.of("Service"), (service) => {
        const wrong = (service.spec.ports ?? []).find(
          ({ targetPort }: Fields) =>
            !behind(service, all.pods).every((pod) =>
              pod.containers.some(({ ports = [] }) =>
                ports.some((p: Fields) => p.name === targetPort || p.containerPort === targetPort),
              ),
            ),
        );
        return wrong && `leads to ${wrong.targetPort}, which its pods have not`;
      }),
    mistake: (all) => {
      all.one("Service").spec.ports[0].targetPort = "nowhere";
    },
  },
  {
    checks: [
      "polaris/automountServiceAccountToken",
      "checkov/CKV_K8S_38",
      "checkov/CKV_K8S_41",
      "checkov/CKV_K8S_42",
      "kube-linter/deprecated-service-account-field",
      "kube-linter/non-existent-service-account",
    ],
    find: (all) => [
      ...pods(all.pods, ({ spec, namespace }) => {
        if (spec.automountServiceAccountToken !== false) return "mounts its account's token";
        if (spec.serviceAccount) return "uses a field that is deprecated";
        const own = all
          .of("ServiceAccount")
          .find(({ metadata: { name, namespace: where } }) => name === spec.serviceAccountName && where === namespace);
        return (!own || own.metadata.name === "default") && "has no account of its own";
      }),
      ...objects(all.of("ServiceAccount"), (a) => a.automountServiceAccountToken !== false && "mounts its token"),
    ],
    mistake: (all) => {
      delete templateOf(all.one("StatefulSet")).spec.automountServiceAccountToken;
    },
  },
  {
    checks: ["datastack/projected-tokens"],
    find: (all) =>
      pods(all.pods, ({ spec, owner }) => {
        const token = (spec.volumes ?? []).some((volume: Fields) =>
          volume.projected?.sources?.some((source: Fields) => source.serviceAccountToken),
        );
        const bound = all
          .of("RoleBinding", "ClusterRoleBinding")
          .some(({ subjects = [] }) => subjects.some(({ name }: Fields) => name === spec.serviceAccountName));
        if (token && isJob(owner)) return "is a job with a token";
        return token !== bound && (token ? "has a token for no rights" : "has rights that it cannot use");
      }),
    mistake: (all) => {
      templateOf(all.one("StatefulSet", "kafka")).spec.volumes.push({
        name: "unneeded",
        projected: { sources: [{ serviceAccountToken: { path: "token" } }] },
      });
    },
  },
];

const secretRef = ({ secretRef: ref }: Fields): unknown => ref;

/** Ports by name are all one port to kube-score, so a path has to differ. */
function asked({ httpGet, tcpSocket, exec }: Fields): string {
  if (httpGet) return `GET ${httpGet.path}`;
  if (tcpSocket) return `port ${tcpSocket.port}`;
  return (exec?.command ?? ["nothing"]).join(" ");
}
