import { type Problem, under } from "../../core/problems";
import { checkPort } from "../check";
import type { Exposure, Process, Workload } from "../workload";
import { checkCidr } from "./cidr";
import { exposures } from "./expose";
import { exposureService } from "./names";
import { isSet } from "./service";

/** What clusters give out to Services of type NodePort unless they were told otherwise. */
const NODE_PORTS = { first: 30_000, last: 32_767 };

/** Services of single replicas, of all workloads together: a node has each port once. */
export function checkExposures(services: readonly Workload[], processes: readonly Process[]): Problem[] {
  const names = new Set(processes.map(({ name }) => name));
  const nodePorts = new Map<number, string>();
  return services.flatMap((service) =>
    exposures(service).flatMap(({ replica, name, exposure }) => {
      const path = `perReplica(${replica}).expose.${name}`;
      const problems = checkExposure(path, exposure);
      if (!(name in service.ports)) problems.push({ path, rule: "is no port of this workload" });
      const object = exposureService(service.name, replica, name);
      if (names.has(object) || !isSet(service))
        problems.push({
          path,
          value: object,
          rule: isSet(service) ? "is also the name of a workload, job or schedule" : "needs replicas with an identity",
          fix: isSet(service) ? "Give that another name" : 'Set identity: "stable"',
        });
      if (exposure.by === "NodePort") {
        const other = nodePorts.get(exposure.port);
        nodePorts.set(exposure.port, object);
        if (other !== undefined)
          problems.push({ path: `${path}.port`, value: exposure.port, rule: `is already the node port of ${other}` });
      }
      return under(service.name, problems);
    }),
  );
}

function checkExposure(path: string, { by, port, from }: Exposure): Problem[] {
  const { first, last } = NODE_PORTS;
  const problems = checkPort(`${path}.port`, port);
  if (by === "NodePort" && problems.length === 0 && (port < first || port > last))
    problems.push({ path: `${path}.port`, value: port, rule: `must be a node port, from ${first} to ${last}` });
  if (from.length === 0)
    problems.push({
      path: `${path}.from`,
      rule: "must have at least one address block, or nobody is let in",
      fix: 'Give those of the clients, such as ["10.1.2.0/24"], or ["0.0.0.0/0"] for everybody',
    });
  return [...problems, ...from.flatMap((cidr, i) => checkCidr(`${path}.from[${i}]`, cidr))];
}
