import { bytes } from "../../../components/core/units";
import { collect } from "../../../components/target/check";
import { SERVICE } from "../../../components/target/kubernetes/labels";
import type { Process } from "../../../components/target/workload";
import type { Declaration } from "../declared";
import { type Check, count, fail, nothingToCheck, pass, some, verdict } from "../outcome";
import type { KubeObject, KubernetesStack } from "./cluster";

const SETTLE = 120;

/** Whether a controller has all of its pods, new and ready. */
export function rollout(kind: string, object: KubeObject | undefined, name: string): string[] {
  if (!object) return [`${name}: there is no ${kind} of it`];
  const { status = {}, spec } = object;
  const wanted = kind === "DaemonSet" ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const ready = (kind === "DaemonSet" ? status.numberReady : status.readyReplicas) ?? 0;
  const updated = (kind === "DaemonSet" ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0;
  if (kind === "DaemonSet" && wanted === 0) return [`${name} is scheduled on no node`];
  return ready === wanted && updated === wanted
    ? []
    : [`${name}: ${ready} of ${wanted} pods are ready, ${updated} are of the present definition`];
}

/** Containers of a pod that were restarted, and why they ended. */
export function restarts(pod: KubeObject): string[] {
  const statuses: { restartCount: number; name: string; lastState?: { terminated?: { reason?: string } } }[] =
    pod.status?.containerStatuses ?? [];
  return statuses
    .filter((status) => status.restartCount > 0)
    .map((status) => {
      const why = status.lastState?.terminated?.reason;
      return `${pod.metadata.name} was restarted ${count(status.restartCount, "time")}${why ? ` (${why})` : ""}`;
    });
}

/** Limits of a pod's containers against its workload's. */
export function limitProblems(pod: KubeObject, declared: Process): string[] {
  const containers: { resources?: { limits?: { cpu?: string; memory?: string } } }[] = pod.spec.containers ?? [];
  return containers.flatMap(({ resources }) => {
    const { cpu = "none", memory = "none" } = resources?.limits ?? {};
    const { resources: wanted } = declared;
    const cores = cpu.endsWith("m") ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu);
    return [
      ...(Math.abs(cores - wanted.cpu) < 0.01
        ? []
        : [`${pod.metadata.name} may use ${cpu} cores, declared are ${wanted.cpu}`]),
      ...(quantity(memory) === bytes(wanted.memory)
        ? []
        : [`${pod.metadata.name} may use ${memory} of memory, declared are ${wanted.memory}`]),
    ];
  });
}

export function workloadChecks(cluster: KubernetesStack, declaration: Declaration): Check[] {
  const { services, agents, jobs } = collect(declaration.plans);
  const family = "workloads";
  const ready = "all pods are ready";
  const running = async (): Promise<(readonly [KubeObject, Process])[]> => {
    const lists = await Promise.all([
      ...services.map(async (w) => (await cluster.pods(w.name)).map((pod) => [pod, w] as const)),
      ...agents.map(async (w) => (await cluster.pods(w.name, cluster.agentsNamespace)).map((pod) => [pod, w] as const)),
    ]);
    return lists.flat();
  };
  return [
    {
      family,
      title: "the stack is in this cluster",
      gate: true,
      run: async () => {
        const found = (await cluster.list("namespaces")).some((space) => space.metadata.name === cluster.namespace);
        return found ? pass(`namespace ${cluster.namespace}`) : fail(`there is no namespace ${cluster.namespace}`);
      },
    },
    {
      family,
      title: ready,
      settle: SETTLE,
      run: async () => {
        const controllers = [
          ...(await cluster.list("statefulsets,deployments", cluster.namespace)),
          ...(agents.length > 0 ? await cluster.list("daemonsets", cluster.agentsNamespace) : []),
        ];
        const controllerOf = (name: string) => controllers.find((c) => c.metadata.labels?.[SERVICE] === name);
        const problems = [...services, ...agents].flatMap(({ name }) => {
          const controller = controllerOf(name);
          return rollout(controller?.kind ?? "controller", controller, name);
        });
        return verdict(problems, some([...services, ...agents].map(({ name }) => name)));
      },
    },
    {
      family,
      title: "jobs are complete",
      settle: SETTLE,
      run: async () => {
        if (jobs.length === 0) return nothingToCheck("no job is declared");
        const found = await cluster.list("jobs", cluster.namespace);
        return verdict(
          jobs.flatMap(({ name }) => jobProblems(name, found)),
          some(jobs.map(({ name }) => name)),
        );
      },
    },
    {
      family,
      title: "no pod was restarted",
      after: ready,
      run: async () => {
        const pods = await running();
        return verdict(
          pods.flatMap(([pod]) => restarts(pod)),
          count(pods.length, "pod"),
        );
      },
    },
    {
      family,
      title: "limits are those that are declared",
      after: ready,
      run: async () => {
        const pods = await running();
        return verdict(
          pods.flatMap(([pod, process]) => limitProblems(pod, process)),
          count(pods.length, "pod"),
        );
      },
    },
  ];
}

function jobProblems(name: string, found: readonly KubeObject[]): string[] {
  const own = found.filter((job) => job.metadata.labels?.[SERVICE] === name);
  const done = own.some((job) =>
    (job.status?.conditions ?? []).some(
      (c: { type: string; status: string }) => c.type === "Complete" && c.status === "True",
    ),
  );
  if (done) return [];
  return [
    own.length === 0
      ? `${name} does not exist`
      : `${name} has not succeeded; see kubectl logs job/${own[0]?.metadata.name}`,
  ];
}

/** Bytes of a quantity as Kubernetes writes memory: with a binary unit, or none. */
function quantity(text: string): number | undefined {
  return bytes(text) ?? (/^\d+$/.test(text) ? Number(text) : undefined);
}
