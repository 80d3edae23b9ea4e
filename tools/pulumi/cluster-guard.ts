import { clusterDemand, lookAtCluster } from "./cluster-facts";
import { otherCluster } from "./cluster-preflight";
import { refuseProblems } from "./preflight";
import type { Subject } from "./stack-config";
import { namespaceUid } from "./state";
import type { Workspace } from "./workspace";

/**
 * Refuses to go on where the configuration leads to no cluster, or to another one than the stack is on. There, what the state tells of
 * would count as gone, and something else of the same name would be changed.
 */
export async function refuseWrongCluster({ stack, config }: Subject, workspace: Workspace): Promise<void> {
  const demand = clusterDemand(stack, config, []);
  const [facts, state] = await Promise.all([lookAtCluster(demand), workspace.export()]);
  refuseProblems(stack, otherCluster(demand, facts, namespaceUid(state, demand.namespace)));
}
