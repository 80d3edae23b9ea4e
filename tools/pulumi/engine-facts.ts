import { capture } from "../core/exec";
import type { OnEngine } from "./state";

/** Which engine it is. */
export interface EngineIdentity {
  /** Made by the engine with its data directory. */
  readonly id: string;
  /** Host name of its machine. */
  readonly name: string;
  /** As in DOCKER_HOST. */
  readonly host: string;
}

export async function identityOf(host: string): Promise<EngineIdentity> {
  const [id = "", name = ""] = (await capture("docker", ["info", "--format", "{{.ID}} {{.Name}}"])).split(" ");
  return { id, name, host };
}

/** What carries the stack's label. */
export async function labelledOnEngine(stack: string): Promise<Omit<OnEngine, "volumes">> {
  const filter = ["--no-trunc", "--quiet", "--filter", `label=datastack.stack=${stack}`];
  const [containers, networks] = await Promise.all([
    capture("docker", ["ps", "--all", ...filter]),
    capture("docker", ["network", "ls", ...filter]),
  ]);
  return { containers: lines(containers), networks: lines(networks) };
}

/** Everything on the engine, whoever's. */
export async function onEngine(): Promise<OnEngine> {
  const [containers, networks, volumes] = await Promise.all([
    capture("docker", ["ps", "--all", "--no-trunc", "--quiet"]),
    capture("docker", ["network", "ls", "--no-trunc", "--quiet"]),
    capture("docker", ["volume", "ls", "--quiet"]),
  ]);
  return { containers: lines(containers), networks: lines(networks), volumes: lines(volumes) };
}

function lines(text: string): Set<string> {
  return new Set(text.split("\n").filter(Boolean));
}
