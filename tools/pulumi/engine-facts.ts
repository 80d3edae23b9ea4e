import { capture } from "../core/exec";
import type { OnEngine } from "./state";

/** Which engine it is. */
export interface EngineIdentity {
  /** Made with its data directory, in older versions with its machine. */
  readonly id: string;
  /** Host name of its machine. */
  readonly name: string;
  /** As in DOCKER_HOST. */
  readonly host: string;
}

/** What an engine has. */
export interface EngineContent extends OnEngine {
  readonly engine: EngineIdentity;
  /** Containers and networks that carry the stack's label. */
  readonly labelled: Omit<OnEngine, "volumes">;
}

export async function lookAtEngine(stack: string, host: string): Promise<EngineContent> {
  const label = ["--filter", `label=datastack.stack=${stack}`];
  const ids = ["--no-trunc", "--quiet"];
  const [identity, containers, networks, volumes, ownContainers, ownNetworks] = await Promise.all([
    capture("docker", ["info", "--format", "{{.ID}} {{.Name}}"]),
    list(["ps", "--all", ...ids]),
    list(["network", "ls", ...ids]),
    list(["volume", "ls", "--quiet"]),
    list(["ps", "--all", ...ids, ...label]),
    list(["network", "ls", ...ids, ...label]),
  ]);
  const [id = "", name = ""] = identity.split(" ");
  const labelled = { containers: ownContainers, networks: ownNetworks };
  return { engine: { id, name, host }, containers, networks, volumes, labelled };
}

async function list(args: readonly string[]): Promise<Set<string>> {
  return new Set((await capture("docker", args)).split("\n").filter(Boolean));
}
