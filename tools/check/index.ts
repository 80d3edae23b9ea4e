import type { Passwords } from "../pulumi/passwords";
import { alertmanagerChecks } from "./alertmanager";
import { appChecks } from "./app";
import type { Declaration } from "./declared";
import { containerChecks } from "./docker/containers";
import { DockerStack } from "./docker/engine";
import { limitChecks } from "./docker/limits";
import { logChecks as dockerLogChecks } from "./docker/logs";
import { gatewayChecks } from "./gateway";
import { grafanaChecks } from "./grafana";
import { kafkaChecks } from "./kafka";
import { KubernetesStack } from "./kubernetes/cluster";
import { logChecks as kubernetesLogChecks } from "./kubernetes/logs";
import { safetyChecks } from "./kubernetes/safety";
import { workloadChecks } from "./kubernetes/workloads";
import type { Check } from "./outcome";
import { prometheusChecks } from "./prometheus";
import { redisChecks } from "./redis";
import type { Running } from "./running";
import { timescaledbChecks } from "./timescaledb";

/** A declared stack where it runs, and the questions that are asked of it. */
export interface StackChecks {
  readonly running: Running;
  readonly checks: readonly Check[];
}

/** `passwords` gives the stack's generated ones; it is asked only by a check that needs one. */
export function checksOf(declaration: Declaration, passwords: () => Promise<Passwords>): StackChecks {
  return declaration.target.kind === "docker" ? onDocker(declaration, passwords) : onKubernetes(declaration, passwords);
}

/** What is asked of the services themselves, wherever they run. */
function serviceChecks(running: Running, declaration: Declaration, passwords: () => Promise<Passwords>): Check[] {
  return [
    ...kafkaChecks(running, declaration),
    ...timescaledbChecks(running, declaration),
    ...redisChecks(running, declaration),
    ...appChecks(running, declaration, passwords),
    ...alertmanagerChecks(running, declaration),
    ...grafanaChecks(running, declaration, passwords),
  ];
}

function onDocker(declaration: Declaration, passwords: () => Promise<Passwords>): StackChecks {
  const engine = new DockerStack(declaration.stack, declaration.config);
  const checks = [
    ...containerChecks(engine, declaration),
    ...limitChecks(engine, declaration),
    ...serviceChecks(engine, declaration, passwords),
    // an agent on the engine's one host goes by its own name
    ...prometheusChecks(engine, declaration, async () => undefined),
    ...dockerLogChecks(engine, declaration),
  ];
  return { running: engine, checks };
}

function onKubernetes(declaration: Declaration, passwords: () => Promise<Passwords>): StackChecks {
  const cluster = new KubernetesStack(declaration.stack, declaration.config);
  const checks = [
    ...workloadChecks(cluster, declaration),
    ...safetyChecks(cluster, declaration),
    ...serviceChecks(cluster, declaration, passwords),
    ...gatewayChecks(cluster, declaration, passwords),
    ...prometheusChecks(cluster, declaration, () => cluster.hosts()),
    ...kubernetesLogChecks(cluster, declaration),
  ];
  return { running: cluster, checks };
}
