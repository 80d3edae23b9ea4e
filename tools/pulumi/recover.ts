import { run } from "../core/exec";
import type { Progress } from "../core/progress";
import type { EngineContent } from "./engine-facts";
import { BY_PROGRAM } from "./operation";
import {
  containersOf,
  type Deployment,
  hasPending,
  interrupted,
  networksOf,
  vanished,
  volumesOf,
  withoutPending,
} from "./state";
import type { Workspace } from "./workspace";

/** Seconds that a container without an owner may take to stop. */
const GRACE = 30;

/**
 * Makes state and engine agree after a run that was killed, or an engine that lost something: what is undecided or gone is read
 * anew, containers and networks that carry the stack's label and are in no state are removed. Volumes are never touched.
 *
 * @param engine on Docker; it is the stack's, as `refuseWrongEngine` has seen
 */
export async function recover(
  workspace: Workspace,
  progress: Progress,
  before: Deployment,
  engine?: EngineContent,
): Promise<void> {
  let state = before;
  const gone = engine ? vanished(state, engine) : [];
  const stray = [...(engine?.labelled.containers ?? [])].filter((id) => !containersOf(state).has(id));
  const strayNetworks = [...(engine?.labelled.networks ?? [])].filter((id) => !networksOf(state).has(id));
  const doubtful = [...new Set([...interrupted(state), ...gone.map(({ urn }) => urn)])];
  if (doubtful.length > 0) {
    const empty = volumesOf(gone);
    if (empty.length > 0)
      progress.note(`The engine no longer has the volumes ${empty.join(", ")}: what was in them is not there.`);
    await progress.step(`Read anew what was interrupted, or is not on the engine (${doubtful.length})`, () =>
      workspace.refresh(doubtful, engine ? [] : BY_PROGRAM),
    );
    state = await workspace.export();
  }
  if (hasPending(state)) await workspace.import(withoutPending(state));
  if (stray.length > 0) {
    await progress.step(`Remove containers that an interrupted run left behind (${stray.length})`, async () => {
      await run("docker", ["stop", "--time", String(GRACE), ...stray], { ok: [0, 1] });
      await run("docker", ["rm", "--force", "--volumes", ...stray]);
    });
  }
  // a network is in use as long as its containers are there
  if (strayNetworks.length > 0) await run("docker", ["network", "rm", ...strayNetworks]);
}
