import { collect } from "../../../components/target/check";
import type { Declaration } from "../declared";
import { beginning, errorLines, FIRST_MINUTES } from "../log-errors";
import { type Check, count, verdict } from "../outcome";
import type { KubeObject, KubernetesStack } from "./cluster";

export function logChecks(cluster: KubernetesStack, declaration: Declaration): Check[] {
  const { services, agents } = collect(declaration.plans);
  return [
    {
      family: "logs",
      title: `no errors in the first ${FIRST_MINUTES} minutes`,
      run: async () => {
        const pods = (
          await Promise.all([
            ...services.map(({ name }) => cluster.pods(name)),
            ...agents.map(({ name }) => cluster.pods(name, cluster.agentsNamespace)),
          ])
        ).flat();
        const problems = await Promise.all(
          pods.map(async (pod) => {
            const log = await cluster.logs(pod.metadata.name, pod.metadata.namespace);
            return errorLines(beginning(log, startOf(pod))).map((line) => `${pod.metadata.name}: ${line}`);
          }),
        );
        return verdict(problems.flat(), count(pods.length, "pod"));
      },
    },
  ];
}

/** Since when the present container runs. */
function startOf(pod: KubeObject): string {
  const [status] = (pod.status?.containerStatuses ?? []) as { state?: { running?: { startedAt: string } } }[];
  return status?.state?.running?.startedAt ?? pod.status?.startTime ?? new Date().toISOString();
}
