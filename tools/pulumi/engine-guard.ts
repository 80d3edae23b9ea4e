import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture } from "../core/exec";
import type { EngineContent, EngineIdentity } from "./engine-facts";
import { localBackend, stackDir } from "./home";
import { refuseProblems } from "./preflight";
import { containersOf, type Deployment, hasPending, NOTHING, networksOf } from "./state";
import type { Workspace } from "./workspace";

/** What tells the engine of a stack from another one. */
export interface EngineFacts {
  readonly engine: EngineIdentity;
  /** The engine of the last run from here. */
  readonly before?: EngineIdentity;
  /** Ids of containers and networks in the stack's state. */
  readonly deployed: ReadonlySet<string>;
  /** Ids of all containers and networks on the engine. */
  readonly present: ReadonlySet<string>;
  /** Whether the engine has containers or networks of the stack's name that are not in its state. */
  readonly strays: boolean;
  /** Whether the state may be used on several machines, of which one alone remembers an engine. */
  readonly shared: boolean;
  /** Whether volumes are to be removed, which no state tells of. @default false */
  readonly removing?: boolean;
}

/**
 * Refuses to begin a stack on an engine that has one of that name, and to go on with another engine than the stack is on. There, what the
 * state tells of would count as gone, and what another state has under that name as left behind by an interrupted run.
 */
export async function refuseWrongEngine(
  workspace: Workspace,
  { engine, labelled, ...all }: EngineContent,
  state: Deployment = NOTHING,
  removing = false,
): Promise<void> {
  const { stack } = workspace;
  const deployed = new Set([...containersOf(state), ...networksOf(state)]);
  const strays = [...labelled.containers, ...labelled.networks].filter((id) => !deployed.has(id));
  if (strays.length > 0 && deployed.size === 0 && !hasPending(state)) {
    throw new UserError(await foreign(workspace, [...labelled.containers]));
  }
  const before = rememberedEngine(stack);
  const problems = otherEngine(stack, {
    engine,
    ...(before ? { before } : {}),
    deployed,
    present: new Set([...all.containers, ...all.networks]),
    strays: strays.length > 0,
    shared: localBackend() === undefined,
    removing,
  });
  refuseProblems(stack, problems);
}

/** Why the engine is not the one that the stack is on. One that lost everything is known by its machine. */
export function otherEngine(stack: string, facts: EngineFacts): string[] {
  const { engine, before, deployed, present, strays, shared, removing = false } = facts;
  if (deployed.size === 0 && !strays && !removing) return [];
  if ([...deployed].some((id) => present.has(id))) return [];
  const sameMachine = before !== undefined && before.host === engine.host && before.name === engine.name;
  // the id alone is not enough: an older engine has that of its machine, and so has a second one there
  if (sameMachine && before.id === engine.id) return [];
  const unknown = before === undefined && !(shared && deployed.size > 0);
  if (!strays && (sameMachine || unknown)) return [];
  const where = (one: EngineIdentity): string => `${one.name} (${one.host})`;
  return [
    `Stack ${stack} is on another Docker engine${before && !sameMachine ? `, ${where(before)}` : ""}: nothing of what its state tells of is on ` +
      `${where(engine)}${strays ? ", which has a stack of that name from another state" : ""}. Choose the right one with DOCKER_HOST, "docker ` +
      `context use" or datastack:dockerHost. If what was there is gone for good, have it forgotten: npm run toolchain -- pulumi stack rm ${stack} ` +
      "--force --yes --preserve-config",
  ];
}

async function foreign({ stack, env }: Workspace, containers: readonly string[]): Promise<string> {
  const names = await Promise.all(
    containers.map((id) =>
      capture("docker", ["inspect", "--format", "{{.Name}}", id]).then((n) => n.replace(/^\//, "")),
    ),
  );
  const docker = env.DOCKER_HOST ? `docker -H ${env.DOCKER_HOST}` : "docker";
  return (
    `The engine already has a stack ${stack} (${names.length > 0 ? names.join(", ") : `network ${stack}`}), and the Pulumi state ` +
    `in ${env.PULUMI_BACKEND_URL} knows nothing of it: it belongs to another state, or that was lost. Use the state that made it ` +
    "(DATASTACK_HOME or PULUMI_BACKEND_URL), or remove its containers and network, which keeps its volumes:\n" +
    `  ${docker} ps -aq --filter label=datastack.stack=${stack} | xargs -r ${docker} rm -f\n` +
    `  ${docker} network ls -q --filter label=datastack.stack=${stack} | xargs -r ${docker} network rm`
  );
}

/** Keeps which engine a stack is on. Its folder is there. */
export function rememberEngine(stack: string, engine: EngineIdentity): void {
  fs.writeFileSync(engineFile(stack), `${JSON.stringify(engine)}\n`);
}

function rememberedEngine(stack: string): EngineIdentity | undefined {
  try {
    return JSON.parse(fs.readFileSync(engineFile(stack), "utf8")) as EngineIdentity;
  } catch {
    return undefined;
  }
}

function engineFile(stack: string): string {
  return path.join(stackDir(stack), "engine.json");
}
