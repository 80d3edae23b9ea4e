import { collect } from "../../../components/monitoring/collect";
import { Prometheus, type PrometheusArgs } from "../../../components/prometheus";
import { everything } from "../../../components/prometheus/settings";
import { type Declaration, type DeclaredComponent, replicas, services } from "../declared";
import type { Check } from "../outcome";
import type { Running } from "../running";
import { PrometheusApi } from "./api";
import { retentionCheck } from "./retention";
import { ruleChecks } from "./rules";
import { targetChecks } from "./targets";

export type HostNames = () => Promise<readonly string[] | undefined>;

/** A declared Prometheus, as it can be asked where it runs. */
export function prometheusApi(
  running: Running,
  declaration: Declaration,
  { name, connection }: DeclaredComponent<PrometheusArgs>,
): PrometheusApi {
  const service = services(declaration).find((s) => s.name === name);
  return new PrometheusApi(
    running,
    { workload: name, replica: service ? replicas(service)[0] : undefined },
    connection.port,
  );
}

/** Checks of every Prometheus that the stack declares. `hosts` are the hosts that agents run on, where the target knows them. */
export function prometheusChecks(running: Running, declaration: Declaration, hosts: HostNames): Check[] {
  return declaration.all(Prometheus).flatMap((component) => {
    const api = prometheusApi(running, declaration, component);
    const { targets, groups } = collect(everything(component.name, component.args));
    return [
      ...targetChecks(api, targets, component.args, hosts),
      ...ruleChecks(api, groups),
      retentionCheck(api, component.name, component.args),
    ];
  });
}
