import { bytes } from "../../../components/core/units";
import { collect } from "../../../components/target/check";
import type { Process } from "../../../components/target/workload";
import type { Declaration } from "../declared";
import { type Check, count, nothingToCheck, verdict } from "../outcome";
import { expectedContainers } from "./containers";
import { type ContainerInfo, type DockerStack, nameOf } from "./engine";

/** Limits of a container that differ from what its workload declares. */
export function limitProblems(container: ContainerInfo, declared: Process): string[] {
  const name = nameOf(container);
  const { Memory, MemorySwap, NanoCpus, CpuQuota, CpuPeriod, LogConfig } = container.HostConfig;
  const memory = bytes(declared.resources.memory) ?? 0;
  const cpu = NanoCpus > 0 ? NanoCpus / 1e9 : CpuQuota / (CpuPeriod || 100_000);
  const bounded = LogConfig.Type !== "json-file" || LogConfig.Config["max-size"] !== undefined;
  return [
    // the engine takes whole MiB from some of its clients
    ...(Math.abs(Memory - memory) < 2 ** 20 ? [] : [`${name} may use ${Memory} bytes, declared are ${memory}`]),
    ...(Memory > 0 && MemorySwap !== Memory ? [`${name} may swap beyond its memory limit`] : []),
    ...(Math.abs(cpu - declared.resources.cpu) < 0.01
      ? []
      : [`${name} may use ${cpu} cores, declared are ${declared.resources.cpu}`]),
    ...(bounded ? [] : [`${name} writes a log without a size limit`]),
  ];
}

/** Host ports beyond loopback: `<container> 0.0.0.0:9092`. */
export function beyondLoopback(containers: readonly ContainerInfo[]): string[] {
  return containers.flatMap((container) =>
    Object.values(container.NetworkSettings.Ports ?? {}).flatMap((bindings) =>
      (bindings ?? [])
        .filter(({ HostIp }) => !/^(127\.|::1$)/.test(HostIp))
        .map(({ HostIp, HostPort }) => `${nameOf(container)} is published at ${HostIp || "0.0.0.0"}:${HostPort}`),
    ),
  );
}

/** Host ports that a stack declares, sorted. */
export function declaredPorts({ plans }: Declaration): number[] {
  const { services, agents } = collect(plans);
  const common = [...services, ...agents].flatMap((w) => Object.values(w.ports).map((port) => port.publish?.host));
  const own = services.flatMap((service) =>
    Array.from({ length: service.replicas ?? 1 }, (_, i) =>
      Object.values(service.perReplica?.(i).publish ?? {}),
    ).flat(),
  );
  const ports = [...common, ...own.map((publication) => publication.host)];
  return [...new Set(ports.filter((port) => port !== undefined))].sort((a, b) => a - b);
}

export function limitChecks(engine: DockerStack, declaration: Declaration): Check[] {
  const family = "containers";
  const { services, agents } = collect(declaration.plans);
  const expected = expectedContainers(engine, declaration);
  const declared = new Map<string, Process>([...services, ...agents].map((w) => [w.name, w]));
  return [
    {
      family,
      title: "limits are those that are declared",
      run: async () => {
        const running = await longRunning(engine, expected, declared);
        const problems = running.flatMap(([container, process]) => limitProblems(container, process));
        return verdict(problems, `${count(running.length, "container")}`);
      },
    },
    {
      family,
      title: "host ports are those that are declared",
      run: async () => {
        const containers = await engine.containers();
        const found = new Set(containers.flatMap(hostPorts));
        const wanted = declaredPorts(declaration);
        return verdict(
          [
            ...wanted.filter((port) => !found.has(port)).map((port) => `port ${port} is not published`),
            ...[...found].filter((port) => !wanted.includes(port)).map((port) => `port ${port} is not declared`),
          ],
          wanted.join(", ") || "none",
        );
      },
    },
    {
      family,
      title: "nothing is published beyond loopback",
      run: async () => {
        if (declaration.config.publish === "all") return nothingToCheck("the stack is configured with publish: all");
        return verdict(beyondLoopback(await engine.containers()), "none");
      },
    },
  ];
}

async function longRunning(engine: DockerStack, expected: readonly string[], declared: ReadonlyMap<string, Process>) {
  const containers = await engine.containers();
  return containers.flatMap((container): [ContainerInfo, Process][] => {
    const process = declared.get(container.Config.Labels["datastack.service"] ?? "");
    return process && expected.includes(nameOf(container)) ? [[container, process]] : [];
  });
}

function hostPorts(container: ContainerInfo): number[] {
  const bindings = Object.values(container.NetworkSettings.Ports ?? {}).flatMap((b) => b ?? []);
  return bindings.map(({ HostPort }) => Number(HostPort));
}
