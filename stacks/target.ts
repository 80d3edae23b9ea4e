import { DockerTarget } from "../components/target/docker";
import { KubernetesTarget } from "../components/target/kubernetes";
import type { Target } from "../components/target/target";
import type { StackConfig } from "./config";
import { providerKubeconfig } from "./kubeconfig";

type Factory = (stack: string, config: StackConfig) => Target;

const TARGETS: Readonly<Record<StackConfig["target"], Factory>> = {
  docker: (stack, config) =>
    new DockerTarget({
      stack,
      production: config.production,
      rotations: config.rotations,
      ...(config.dockerHost
        ? {
            engine: {
              host: config.dockerHost,
              ...(config.dockerCertPath ? { certPath: config.dockerCertPath } : {}),
            },
          }
        : {}),
    }),
  kubernetes: (stack, config) =>
    new KubernetesTarget({
      stack,
      production: config.production,
      rotations: config.rotations,
      // given always, so that there is a provider of ours, with its settings; never the context, which may be named later
      clusterIdentifier: config.clusterIdentifier ?? stack,
      ...(config.namespace ? { namespace: config.namespace } : {}),
      ...(config.kubeconfig ? { kubeconfig: providerKubeconfig(config.kubeconfig) } : {}),
      ...(config.kubeContext ? { context: config.kubeContext } : {}),
      ...(config.apiServerCidrs.length > 0 ? { apiServerCidrs: config.apiServerCidrs } : {}),
      ...(config.dnsCidrs.length > 0 ? { dnsCidrs: config.dnsCidrs } : {}),
      ...(config.priorityClass ? { priorityClass: config.priorityClass } : {}),
      ...(config.imagePullPolicy ? { imagePullPolicy: config.imagePullPolicy } : {}),
      ...(config.storageClass ? { storageClass: config.storageClass } : {}),
    }),
};

export function createTarget(stack: string, config: StackConfig): Target {
  return TARGETS[config.target](stack, config);
}
