import { clusterDemand, lookAtCluster } from "./cluster-facts";
import { foreignStack, otherCluster, otherNamespace } from "./cluster-preflight";
import { refuseProblems } from "./preflight";
import type { Subject } from "./stack-config";
import { type Deployment, isInUse, NOTHING, namespacesOf, namespaceUid } from "./state";

/**
 * Refuses to begin a stack where one of that name runs, and to go on where the configuration leads to no cluster, to another one than the
 * stack is on, or to another namespace. There, what the state tells of would count as gone, and something else of the same name would be changed.
 */
export async function refuseWrongCluster({ stack, config }: Subject, state: Deployment = NOTHING): Promise<void> {
  const demand = clusterDemand(stack, config, []);
  const facts = await lookAtCluster(demand);
  refuseProblems(stack, otherNamespace(demand, namespacesOf(state)));
  refuseProblems(stack, otherCluster(demand, facts, namespaceUid(state, demand.namespace)));
  if (!isInUse(state)) refuseProblems(stack, foreignStack(demand, facts));
}
