import { clusterDemand, lookAtCluster } from "./cluster-facts";
import { foreignStack, otherCluster, otherNamespace } from "./cluster-preflight";
import { refuseProblems } from "./preflight";
import type { Subject } from "./stack-config";
import { namespacesOf, namespaceUid } from "./state";
import type { Workspace } from "./workspace";

/**
 * Refuses to go on where the configuration leads to no cluster, or to another one than the stack is on. There, what the state tells of
 * would count as gone, and something else of the same name would be changed.
 */
export async function refuseWrongCluster({ stack, config }: Subject, workspace: Workspace): Promise<void> {
  const demand = clusterDemand(stack, config, []);
  const [facts, state] = await Promise.all([lookAtCluster(demand), workspace.export()]);
  refuseProblems(stack, otherNamespace(demand, namespacesOf(state)));
  refuseProblems(stack, otherCluster(demand, facts, namespaceUid(state, demand.namespace)));
}

/** Refuses to begin a stack where one of that name runs: another state has it, with passwords and volumes of its own. */
export async function refuseOccupied({ stack, config }: Subject): Promise<void> {
  const demand = clusterDemand(stack, config, []);
  refuseProblems(stack, foreignStack(demand, await lookAtCluster(demand)));
}
