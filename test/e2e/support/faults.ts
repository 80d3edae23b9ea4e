import * as fs from "node:fs";
import { type ContainerInfo, type DockerStack, nameOf } from "../../../tools/check/docker/engine";
import { capture, run, succeeds } from "../../../tools/core/exec";
import { DAEMON_LOG, startEngine } from "../../../tools/docker/engine";
import { filtersOf } from "../../../tools/e2e/sweep";
import { say } from "./cli";
import { docker, inspect } from "./docker";
import { until } from "./wait";

/**
 * Kills a container's main process from the host, as the kernel would when memory is short. `docker kill` would not do: the
 * engine takes that for the operator's wish and does not restart.
 */
export async function killMain(container: string): Promise<void> {
  const { Pid } = (await inspect(container)).State;
  say(`kill -9 ${Pid}, the main process of ${container}`);
  process.kill(Pid, "SIGKILL");
  await until(`the end of process ${Pid}`, 60, async () => {
    const { State } = await inspect(container);
    return State.Running && State.Pid === Pid ? "it lives" : undefined;
  });
}

/** Waits until containers run and are healthy; resolves with the seconds that it took. */
export async function healthy(containers: readonly string[], seconds: number): Promise<number> {
  const took = await until(`${containers.join(", ")} healthy`, seconds, async () => {
    for (const container of containers) {
      const { State } = await inspect(container);
      if (State.Health?.Status !== "healthy") return `${container} is ${State.Health?.Status ?? "without health"}`;
    }
    return undefined;
  });
  say(`healthy after ${took.toFixed(0)} s: ${containers.join(", ")}`);
  return took;
}

/** When containers were created and last started, by name: equal as long as nothing has touched them. */
export async function snapshot(engine: DockerStack): Promise<Record<string, string>> {
  const containers = (await engine.containers()).filter(longRunning);
  return Object.fromEntries(containers.map((c) => [nameOf(c), `${c.Id} ${c.State.StartedAt}`]));
}

/** Names whose entry differs between two snapshots. */
export function touched(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

function longRunning(container: ContainerInfo): boolean {
  return container.State.Running && container.Config.Labels["datastack.job"] === undefined;
}

/**
 * Why the engine must not be restarted by a test, if there is a reason: only one that this project started, and on which
 * nothing of anybody else runs.
 */
export async function engineHindrance(stack: string): Promise<string | undefined> {
  const pid = await enginePid();
  if (pid === undefined) return "the engine is not a process of this machine that this project started";
  const names = (await docker("ps", "--format", '{{.Names}} {{.Label "datastack.stack"}} {{.Label "datastack.e2e"}}'))
    .split("\n")
    .filter(Boolean);
  const others = names.filter((line) => !line.split(" ").slice(1).includes(stack)).map((line) => line.split(" ")[0]);
  return others.length > 0 ? `other containers run on this engine: ${others.join(", ")}` : undefined;
}

/** Stops the engine as a reboot would, and starts it again. */
export async function restartEngine(): Promise<void> {
  const pid = await enginePid();
  if (pid === undefined) throw new Error("not our engine");
  say(`stop the Docker engine, process ${pid}`);
  process.kill(pid, "SIGTERM");
  await until("the end of the Docker engine", 120, async () =>
    fs.existsSync(`/proc/${pid}`) ? "it lives" : undefined,
  );
  say("start the Docker engine");
  await startEngine();
}

/** The running dockerd whose output goes to the log file of the one that this project starts. */
async function enginePid(): Promise<number | undefined> {
  if (process.platform !== "linux" || !(await succeeds("docker", ["version"]))) return undefined;
  const text = fs.existsSync("/var/run/docker.pid") ? fs.readFileSync("/var/run/docker.pid", "utf8") : "";
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return undefined;
  try {
    return fs.readlinkSync(`/proc/${pid}/fd/1`) === DAEMON_LOG ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Removes containers, volumes and networks of a stack and of its tests. */
export async function sweep(stack: string): Promise<void> {
  const list = async (what: "ps" | "volume" | "network", ...args: string[]): Promise<Set<string>> => {
    const found = filtersOf(stack, what).map((filter) => capture("docker", [what, ...args, "-q", "--filter", filter]));
    return new Set((await Promise.all(found)).flatMap((text) => text.split("\n").filter(Boolean)));
  };
  for (const id of await list("ps", "-a")) await run("docker", ["rm", "-f", "-v", id]);
  for (const id of await list("volume", "ls")) await run("docker", ["volume", "rm", "-f", id]);
  for (const id of await list("network", "ls")) await run("docker", ["network", "rm", id]);
}
