import type { Violation } from "./index";

/** Checks of linters that some objects fail on purpose. */
export interface Exception {
  /** As `<linter>/<check>`. */
  readonly checks: readonly string[];
  /** Objects, as `Kind namespace/name`, that it is for. */
  readonly objects: RegExp;
  /** What is said of them. @default anything */
  readonly messages?: RegExp;
  readonly reason: string;
}

/** All of them; at most ten. The suites with the linters themselves take them from here too. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    checks: [
      "pod-security/hostNamespaces",
      "kube-linter/host-network",
      "kube-linter/host-pid",
      "kube-linter/host-ipc",
      "polaris/hostNetworkSet",
      "polaris/hostPIDSet",
      "polaris/hostIPCSet",
      "checkov/CKV_K8S_17",
      "checkov/CKV_K8S_18",
      "checkov/CKV_K8S_19",
      "pod-security/volumes",
      "kube-linter/sensitive-host-mounts",
      "kube-linter/docker-sock",
      "polaris/hostPathSet",
      "checkov/CKV_K8S_27",
      "kube-score/pod-topology-spread-constraints",
      "polaris/topologySpreadConstraint",
    ],
    objects: /^DaemonSet \S+-agents\/node-exporter$/,
    reason:
      "It measures its host, so it needs the host's processes, network and files (read-only, as nobody, without capabilities), runs on each, and has a namespace of its own for that.",
  },
  {
    checks: ["checkov/CKV_K8S_43"],
    objects: /./,
    messages: /:[\w.-]+ is not a digest$/,
    reason:
      "Digests are written by `npm run images:pin` where the registries can be reached; until then a stack has the tags of the catalogue, which are pulled at every start.",
  },
  {
    checks: ["kube-score/container-image-pull-policy", "polaris/pullPolicyNotAlways", "checkov/CKV_K8S_15"],
    objects: /./,
    messages: /@sha256:\w+ is pulled IfNotPresent$|datastack\.local\/\S+ is pulled Never$/,
    reason:
      "A digest cannot become another image, so asking the registry at every start would only make each restart of a database depend on it; images of datastack.local are in no registry.",
  },
  {
    checks: ["kube-score/container-security-context-user-group-id", "checkov/CKV_K8S_40"],
    objects: /^\w+ \S+\/(prepare-data-)?(kafka|timescaledb|redis|grafana)(-\d+|-[a-z]+)*$/,
    messages: /runs as (70:70|472:0|999:999|1001:1001)$/,
    reason:
      "They run as the user of upstream's image, to whom the files on their volumes belong: another one could not read a volume that is there, where the storage does not change owners. PostgreSQL refuses any other.",
  },
  {
    checks: ["kube-score/deployment-replicas", "polaris/deploymentMissingReplicas"],
    objects: /^Deployment \S+\/(\S+-exporter|kube-state-metrics|files|market-(feed|sink|api))$/,
    reason:
      "A second exporter or feed would count everything twice, and a second of apps/files not have the files of the first. They hold nothing that is kept, and a Deployment brings them up on another host, where a StatefulSet would wait for the lost one.",
  },
  {
    checks: ["kube-linter/job-ttl-seconds-after-finished"],
    objects: /^Job /,
    reason:
      "A job that is gone would be made, and run, again by the next update; finished ones are the record of what was set up.",
  },
  {
    checks: ["polaris/missingNetworkPolicy"],
    objects: /^(Cron)?Job /,
    reason:
      "Nothing may connect to a job, and what prepares a volume connects to nothing: the stricter policy has no rule there, and Polaris asks for one.",
  },
  {
    checks: ["polaris/tlsSettingsMissing"],
    objects: /^Ingress \S+\/\S+-redirect$/,
    reason:
      "It is what answers plain http, with the address by https and nothing else: with TLS it would be the route that it leads to.",
  },
  {
    checks: ["kube-linter/env-var-secret", "polaris/sensitiveContainerEnvVar"],
    objects: /^(Deployment|StatefulSet|Job) /,
    messages: /has \w+_(PASSWORD|SECRET_KEY)_FILE=\/run\/secrets\/\w+ in/,
    reason:
      "It names the file with the secret, as official images do: the value is a path, and the file is mounted into this container alone.",
  },
];

/** What no exception is made for. */
export function unexcepted(found: readonly Violation[], exceptions = EXCEPTIONS): Violation[] {
  return found.filter((violation) => !exceptions.some((exception) => covers(exception, violation)));
}

/** A rule of ours encodes checks of several linters: each of them has to be named. */
export function covers({ checks, objects, messages = /./ }: Exception, violation: Violation): boolean {
  const named = violation.checks.every((check) => checks.includes(check));
  return named && objects.test(violation.object) && messages.test(violation.message);
}
