import * as fs from "node:fs";
import * as path from "node:path";
import { type EngineIdentity, identityOf, labelledOnEngine, onEngine } from "./engine-facts";
import { ensureStackDir, stackDir } from "./home";
import { refuseProblems } from "./preflight";
import { containersOf, networksOf } from "./state";
import type { Workspace } from "./workspace";

/** What is known of a stack and of the engine that it is asked to go on with. */
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
}

/**
 * Refuses to go on with another engine than the stack is on. There, what the state tells of would count as gone, and what another state
 * has under the stack's name as left behind by an interrupted run.
 */
export async function refuseWrongEngine(workspace: Workspace): Promise<void> {
  const { stack, env } = workspace;
  const [engine, labelled, all, state] = await Promise.all([
    identityOf(env.DOCKER_HOST ?? ""),
    labelledOnEngine(stack),
    onEngine(),
    workspace.export(),
  ]);
  const before = rememberedEngine(stack);
  const deployed = new Set([...containersOf(state), ...networksOf(state)]);
  const present = new Set([...all.containers, ...all.networks]);
  const strays = [...labelled.containers, ...labelled.networks].some((id) => !deployed.has(id));
  refuseProblems(stack, otherEngine(stack, { engine, ...(before ? { before } : {}), deployed, present, strays }));
  rememberEngine(stack, engine);
}

/** Keeps on which engine a new stack is. */
export async function rememberEngineOf({ stack, env }: Workspace): Promise<void> {
  rememberEngine(stack, await identityOf(env.DOCKER_HOST ?? ""));
}

/** Why the engine is not the one that the stack is on. One that lost everything is known by its machine. */
export function otherEngine(stack: string, { engine, before, deployed, present, strays }: EngineFacts): string[] {
  if (deployed.size === 0 || [...deployed].some((id) => present.has(id)) || before?.id === engine.id) return [];
  const sameMachine = before !== undefined && before.host === engine.host && before.name === engine.name;
  if (!strays && (before === undefined || sameMachine)) return [];
  const where = (one: EngineIdentity): string => `${one.name} (${one.host})`;
  return [
    `Stack ${stack} is on another Docker engine${before && !sameMachine ? `, ${where(before)}` : ""}: nothing of what its state tells of is on ` +
      `${where(engine)}${strays ? ", which has a stack of that name from another state" : ""}. Choose the right one with DOCKER_HOST, "docker ` +
      `context use" or datastack:dockerHost. If what was there is gone for good, have it forgotten: npm run toolchain -- pulumi stack rm ${stack} ` +
      "--force --yes --preserve-config",
  ];
}

function engineFile(stack: string): string {
  return path.join(stackDir(stack), "engine.json");
}

function rememberEngine(stack: string, engine: EngineIdentity): void {
  ensureStackDir(stack);
  fs.writeFileSync(engineFile(stack), `${JSON.stringify(engine)}\n`);
}

function rememberedEngine(stack: string): EngineIdentity | undefined {
  try {
    return JSON.parse(fs.readFileSync(engineFile(stack), "utf8")) as EngineIdentity;
  } catch {
    return undefined;
  }
}
