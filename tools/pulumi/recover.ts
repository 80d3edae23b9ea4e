import { UserError } from "../core/errors";
import { capture, run } from "../core/exec";
import type { Progress } from "../core/progress";
import { labelledOnEngine, onEngine } from "./engine-facts";
import { BY_PROGRAM } from "./operation";
import {
  containersOf,
  hasPending,
  interrupted,
  isInUse,
  networksOf,
  vanished,
  volumesOf,
  withoutPending,
} from "./state";
import type { Workspace } from "./workspace";

/** Seconds that a container without an owner may take to stop. */
const GRACE = 30;

/** Refuses to begin a stack on an engine that has one of that name already. */
export async function refuseForeign(workspace: Workspace): Promise<void> {
  const { containers, networks } = await labelledOnEngine(workspace.stack);
  if (containers.size + networks.size > 0) throw new UserError(await foreign(workspace, [...containers]));
}

/**
 * Makes state and engine agree after a run that was killed, or an engine that lost something: what is undecided or gone is read
 * anew, containers and networks that carry the stack's label and are in no state are removed. Volumes are never touched.
 */
export async function recover(workspace: Workspace, progress: Progress, onDocker: boolean): Promise<void> {
  let state = await workspace.export();
  const nothing = { containers: new Set<string>(), networks: new Set<string>() };
  const labelled = onDocker ? await labelledOnEngine(workspace.stack) : nothing;
  const stray = [...labelled.containers].filter((id) => !containersOf(state).has(id));
  const strayNetworks = [...labelled.networks].filter((id) => !networksOf(state).has(id));
  if (stray.length + strayNetworks.length > 0 && !isInUse(state)) throw new UserError(await foreign(workspace, stray));
  const gone = onDocker ? vanished(state, await onEngine()) : [];
  const doubtful = [...new Set([...interrupted(state), ...gone.map(({ urn }) => urn)])];
  if (doubtful.length > 0) {
    const empty = volumesOf(gone);
    if (empty.length > 0)
      progress.note(`The engine no longer has the volumes ${empty.join(", ")}: what was in them is not there.`);
    await progress.step(`Read anew what was interrupted, or is not on the engine (${doubtful.length})`, () =>
      workspace.refresh(doubtful, onDocker ? [] : BY_PROGRAM),
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

async function foreign(workspace: Workspace, containers: readonly string[]): Promise<string> {
  const names = await Promise.all(
    containers.map((id) =>
      capture("docker", ["inspect", "--format", "{{.Name}}", id]).then((n) => n.replace(/^\//, "")),
    ),
  );
  const { stack } = workspace;
  return (
    `The engine already has a stack ${stack} (${names.length > 0 ? names.join(", ") : `network ${stack}`}), and the Pulumi state ` +
    `in ${workspace.env.PULUMI_BACKEND_URL} knows nothing of it: it belongs to another state, or that was lost. Use the state that made it ` +
    "(DATASTACK_HOME or PULUMI_BACKEND_URL), or remove its containers and network, which keeps its volumes:\n" +
    `  docker ps -aq --filter label=datastack.stack=${stack} | xargs -r docker rm -f\n` +
    `  docker network ls -q --filter label=datastack.stack=${stack} | xargs -r docker network rm`
  );
}
