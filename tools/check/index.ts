import type { Declaration } from "./declared";
import { containerChecks } from "./docker/containers";
import { DockerStack } from "./docker/engine";
import { limitChecks } from "./docker/limits";
import { logChecks as dockerLogChecks } from "./docker/logs";
import { kafkaChecks } from "./kafka";
import { KubernetesStack } from "./kubernetes/cluster";
import { logChecks as kubernetesLogChecks } from "./kubernetes/logs";
import { safetyChecks } from "./kubernetes/safety";
import { workloadChecks } from "./kubernetes/workloads";
import type { Check } from "./outcome";
import { prometheusChecks } from "./prometheus";
import type { Running } from "./running";

/** A declared stack where it runs, and the questions that are asked of it. */
export interface StackChecks {
  readonly running: Running;
  readonly checks: readonly Check[];
}

export function checksOf(declaration: Declaration): StackChecks {
  return declaration.target.kind === "docker" ? onDocker(declaration) : onKubernetes(declaration);
}

function onDocker(declaration: Declaration): StackChecks {
  const engine = new DockerStack(declaration.stack, declaration.config);
  const checks = [
    ...containerChecks(engine, declaration),
    ...limitChecks(engine, declaration),
    ...kafkaChecks(engine, declaration),
    // an agent on the engine's one host goes by its own name
    ...prometheusChecks(engine, declaration, async () => undefined),
    ...dockerLogChecks(engine, declaration),
  ];
  return { running: engine, checks };
}

function onKubernetes(declaration: Declaration): StackChecks {
  const cluster = new KubernetesStack(declaration.stack, declaration.config);
  const checks = [
    ...workloadChecks(cluster, declaration),
    ...safetyChecks(cluster, declaration),
    ...kafkaChecks(cluster, declaration),
    ...prometheusChecks(cluster, declaration, () => cluster.hosts()),
    ...kubernetesLogChecks(cluster, declaration),
  ];
  return { running: cluster, checks };
}
