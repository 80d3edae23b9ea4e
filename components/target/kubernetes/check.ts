import { checkName } from "../../core/names";
import { type Problem, under } from "../../core/problems";
import { checkPath, checkPlans, collect, filesOf } from "../check";
import type { PodsElsewhere } from "../connection";
import type { Agent, File, Plan, Process, Workload } from "../workload";
import { checkExposures } from "./check-expose";
import { checkCidr } from "./cidr";
import { MAX_FILE } from "./files";
import type { KubernetesTargetArgs } from "./index";
import { nodesService, preparationOf } from "./names";
import { userOf } from "./pod";
import { isSet } from "./service";

/** What KubernetesTarget refuses, together with what every target does. */
export function checkKubernetes(args: KubernetesTargetArgs, plans: readonly Plan[]): Problem[] {
  const all = collect(plans);
  const unprivileged = [...all.services, ...all.jobs, ...all.schedules];
  return [
    ...checkArgs(args),
    ...checkPlans(plans, args.rotations),
    ...all.processes.flatMap((process) =>
      under(process.name, [...checkPeers(process), ...checkContents(process.files ?? [])]),
    ),
    ...unprivileged.flatMap((process) => under(process.name, checkUser(process))),
    ...all.services.flatMap((service) => under(service.name, checkService(service))),
    ...all.agents.flatMap((agent) => under(agent.name, checkAgent(agent))),
    ...checkExposures(all.services, all.processes),
    ...checkDerivedNames(all.services, all.processes),
  ];
}

function checkArgs(args: KubernetesTargetArgs): Problem[] {
  const { stack, namespace = stack, provider, kubeconfig, context, clusterIdentifier } = args;
  const { clusterDomain = "", apiServerCidrs = [], dnsCidrs = [], priorityClass } = args;
  const problems = checkName(namespace === stack ? "stack" : "target.namespace", namespace);
  if (provider && [kubeconfig, context, clusterIdentifier].some((given) => given !== undefined))
    problems.push({
      path: "target.provider",
      rule: "cannot be combined with a kubeconfig, a context or a cluster identifier",
      fix: "Give them to the provider itself",
    });
  if (clusterDomain !== "" && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(clusterDomain))
    problems.push({
      path: "target.clusterDomain",
      value: clusterDomain,
      rule: "must be a domain name",
      fix: 'Leave it out for "cluster.local"',
    });
  if (priorityClass !== undefined && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(priorityClass))
    problems.push({
      path: "target.priorityClass",
      value: priorityClass,
      rule: "must be the name of a priority class",
      fix: 'Leave it out to have one made; "kubectl get priorityclasses" shows those that there are',
    });
  return [
    ...problems,
    ...apiServerCidrs.flatMap((cidr, i) => checkCidr(`target.apiServerCidrs[${i}]`, cidr)),
    ...dnsCidrs.flatMap((cidr, i) => checkCidr(`target.dnsCidrs[${i}]`, cidr)),
  ];
}

/** Connections to what is outside of the stack become network policies. */
function checkPeers({ needs = [] }: Process): Problem[] {
  return needs.flatMap(({ to }, i) => {
    const path = `needs[${i}]`;
    if ("workload" in to.peer) return [];
    if ("namespace" in to.peer) return checkElsewhere(path, to.peer);
    if (to.peer.cidrs.length === 0)
      return [
        {
          path,
          value: to.id,
          rule: "must have at least one address block, because traffic to everywhere is not opened",
          fix: 'Give its cidrs, such as ["10.1.2.0/24"]',
        },
      ];
    return to.peer.cidrs.flatMap((cidr) => checkCidr(path, cidr));
  });
}

/** A namespace and labels that select pods of it. */
export function checkElsewhere(path: string, { namespace, labels }: PodsElsewhere): Problem[] {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  const part = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
  const key = (text: string) => /^([a-z0-9][a-z0-9.-]*\/)?[^/]+$/.test(text) && part.test(text.replace(/^.*\//, ""));
  return [
    ...(label.test(namespace)
      ? []
      : [{ path: `${path}.namespace`, value: namespace, rule: "must be the name of a namespace" }]),
    ...Object.entries(labels).flatMap(([name, value]) =>
      key(name) && (value === "" || part.test(value))
        ? []
        : [
            {
              path: `${path}.labels`,
              value: `${name}=${value}`,
              rule: "must be a label",
              fix: 'Write it like "app.kubernetes.io/name": "minio"; "kubectl get pods --show-labels" shows them',
            },
          ],
    ),
  ];
}

function checkContents(files: readonly File[]): Problem[] {
  return files.flatMap((file) => {
    const size = file.secret ? 0 : Buffer.byteLength(file.content);
    if (size <= MAX_FILE) return [];
    const rule = `must have at most ${MAX_FILE} bytes on Kubernetes, which keeps files as objects; it has ${size}`;
    return [{ path: "files", value: file.path, rule, fix: "Split it, or put it into the image" }];
  });
}

function checkUser(process: Process): Problem[] {
  if (userOf(process).uid !== 0) return [];
  return [
    {
      path: "user",
      value: 0,
      rule: "must not be root on Kubernetes, where only host agents may be",
      fix: "Give another user: files and volumes are made readable for its group",
    },
  ];
}

function checkService(service: Workload): Problem[] {
  const { ports, perReplica, replicas = 1, volumes = [] } = service;
  const problems: Problem[] = [];
  for (const [name, { publish }] of Object.entries(ports))
    if (publish) problems.push(published(`ports.${name}.publish`, publish.host));
  for (let replica = 0; replica < replicas; replica++) {
    const own = perReplica?.(replica) ?? {};
    for (const [name, publish] of Object.entries(own.publish ?? {}))
      problems.push(published(`perReplica(${replica}).publish.${name}`, publish.host));
    for (const { name, prepare } of volumes)
      problems.push(...under(`volumes.${name}.prepare(${replica})`, checkContents(prepare?.(replica).files ?? [])));
  }
  problems.push(...checkContents(filesOf(service).slice(service.files?.length ?? 0)));
  if (perReplica && !isSet(service))
    problems.push({
      path: "perReplica",
      rule: "needs replicas that can tell which one they are",
      fix: 'Set identity: "stable"',
    });
  const groups = [...new Set(volumes.map(({ owner }) => (owner ?? userOf(service)).gid))];
  if (groups.length > 1)
    problems.push({
      path: "volumes",
      value: groups,
      rule: "must all belong to one group on Kubernetes, which sets it for the pod as a whole",
      fix: "Give all owners the same gid",
    });
  return problems;
}

function published(path: string, value: number): Problem {
  return {
    path,
    value,
    rule: "is a port of the Docker host, and Kubernetes has no such host",
    fix: 'Leave it out; use "kubectl port-forward", or a Service of type LoadBalancer or a gateway beside the stack',
  };
}

function checkAgent(agent: Agent): Problem[] {
  const problems = Object.entries(agent.ports).flatMap(([name, { publish }]) =>
    publish ? [published(`ports.${name}.publish`, publish.host)] : [],
  );
  const { root, textfiles } = agent.host;
  if (root !== undefined) problems.push(...checkPath("host.root", root));
  if (textfiles !== undefined)
    problems.push({
      path: "host.textfiles",
      value: textfiles,
      rule: "are files of the Docker host: on Kubernetes, schedules are CronJobs and write none",
      fix: "Leave it out; kube-state-metrics has kube_cronjob_status_last_successful_time",
    });
  return problems;
}

/** Names that this target makes up must not be those of something else. */
function checkDerivedNames(services: readonly Workload[], processes: readonly Process[]): Problem[] {
  const names = new Set(processes.map(({ name }) => name));
  return services.filter(isSet).flatMap(({ name }) =>
    [nodesService(name), preparationOf(name)]
      .filter((derived) => names.has(derived))
      .map((derived) => ({
        path: derived,
        rule: `is a name that Kubernetes objects of "${name}" have`,
        fix: "Give it another name",
      })),
  );
}
