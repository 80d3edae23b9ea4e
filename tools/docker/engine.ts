import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../core/errors";
import { capture, lastLines, run, succeeds, which } from "../core/exec";
import type { Progress } from "../core/progress";
import { hasSystemd, installPackages, isDebian, isRootOnDebian } from "../core/system";
import { confirm } from "../core/terminal";

/** Where a daemon that we start in the background writes. */
export const DAEMON_LOG = "/var/log/datastack-dockerd.log";

/** Seconds that a starting daemon may take until it answers. */
const START_TIMEOUT = 60;

const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** A Docker engine that answers. */
export interface Engine {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** Whether its containers run on this machine, so that its published ports are this machine's. */
  readonly local: boolean;
  readonly version: string;
}

/** Where the Docker client would connect to: DOCKER_HOST, else the chosen context, else the default socket. */
export async function engineHost(): Promise<string> {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  try {
    return (await capture("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])) || DEFAULT_HOST;
  } catch {
    return DEFAULT_HOST;
  }
}

/** The running engine, if one answers. */
export async function runningEngine(): Promise<Engine | undefined> {
  if (!which("docker")) return undefined;
  const host = await engineHost();
  try {
    const version = await capture("docker", ["version", "--format", "{{.Server.Version}}"], {
      env: { DOCKER_HOST: host },
      timeout: 20_000,
    });
    return { host, local: isLocal(host), version };
  } catch {
    return undefined;
  }
}

/** Sockets are this machine's; anything else is taken for another one. */
export function isLocal(host: string): boolean {
  return host.startsWith("unix://") || host.startsWith("npipe://");
}

/** Why there cannot be a running engine, with what to do; undefined when there is one or can be. */
export async function engineHindrance(running: Engine | undefined): Promise<string | undefined> {
  if (running) return undefined;
  const host = await engineHost();
  if (host !== DEFAULT_HOST) {
    return (
      `The Docker engine at ${host} does not answer. Start it, or unset DOCKER_HOST (or "docker context use default") ` +
      "to use one on this machine."
    );
  }
  return isRootOnDebian() ? undefined : adviseEngine(!daemon());
}

/**
 * Whether an engine may be installed and started, where none runs: asked for on a terminal, before long steps begin.
 * Refused, it is an error that says what to type.
 */
export async function consentToEngine(options: { yes: boolean }): Promise<void> {
  const running = await runningEngine();
  if (running) return;
  const hindrance = await engineHindrance(running);
  if (hindrance) throw new UserError(hindrance);
  const missing = !daemon();
  const question = missing
    ? "No Docker engine is installed. Install docker.io and start it?"
    : "Start the Docker engine?";
  if (!options.yes && !(await confirm(question))) throw new UserError(adviseEngine(missing));
}

/** A running engine; on Debian and Ubuntu, as root, one is installed and started, after `consentToEngine`. */
export async function ensureEngine(progress: Progress, options: { yes: boolean }): Promise<Engine> {
  const running = await runningEngine();
  if (running) return running;
  await consentToEngine(options);
  const missing = !daemon();
  if (missing) await progress.step("Install a Docker engine (docker.io)", () => installPackages(enginePackages()));
  return progress.step(
    "Start the Docker engine",
    async () => {
      await startEngine();
      const engine = await runningEngine();
      if (!engine) throw new UserError(`The Docker engine was started and does not answer. Its log: ${DAEMON_LOG}.`);
      return engine;
    },
    (engine) => `version ${engine.version}`,
  );
}

/** What to type where it cannot be done from here. */
export function adviseEngine(missing: boolean, debian = isDebian(), systemd = hasSystemd()): string {
  const start = systemd ? "sudo systemctl start docker" : "sudo service docker start";
  const command = debian ? `${missing ? "sudo apt-get install -y docker.io iptables && " : ""}${start}` : undefined;
  const what = missing ? "No Docker engine is installed here." : "The Docker engine does not answer.";
  return command
    ? `${what} Run: ${command}`
    : `${what} ${missing ? "Install one (https://docs.docker.com/engine/install)" : "Start it"}, or set DOCKER_HOST to another machine's.`;
}

/** Starts the installed daemon and waits until it answers. It outlives this program. */
export async function startEngine(): Promise<void> {
  if (hasSystemd()) {
    await run("systemctl", ["start", "docker"]);
  } else {
    const log = fs.openSync(DAEMON_LOG, "a");
    const child = spawn(daemon() ?? "dockerd", [], {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, PATH: withSbin() },
    });
    fs.closeSync(log);
    child.on("error", () => undefined);
    child.unref();
  }
  for (const end = Date.now() + START_TIMEOUT * 1000; Date.now() < end; await sleep(250)) {
    if (await succeeds("docker", ["info", "--format", "{{.ID}}"])) return;
  }
  const log = fs.existsSync(DAEMON_LOG) ? lastLines(fs.readFileSync(DAEMON_LOG, "utf8").trim(), 15) : "";
  throw new UserError(`The Docker engine does not answer ${START_TIMEOUT} s after its start.\n${log}`);
}

/** The daemon and what it calls (iptables) are in folders that not every root shell has on its PATH. */
function withSbin(): string {
  return `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
}

function daemon(): string | undefined {
  return which("dockerd", withSbin());
}

function enginePackages(): string[] {
  const packages = ["docker.io", "iptables", "ca-certificates"];
  // where the kernel enforces AppArmor, containers do not start without its parser
  if (fs.existsSync("/sys/kernel/security/apparmor")) packages.push("apparmor");
  if (!fs.existsSync("/sys/fs/cgroup/cgroup.controllers") && !fs.existsSync("/sys/fs/cgroup/memory")) {
    packages.push("cgroupfs-mount");
  }
  return packages;
}
