import * as fs from "node:fs";
import { UserError } from "../core/errors";
import { CommandError, capture, run } from "../core/exec";
import { ROOT } from "../core/paths";
import type { Progress } from "../core/progress";
import type { Toolchain } from "../toolchain";
import { configCopy, ensureStackDir, localBackend, stackDir, stateEnv, stateFile } from "./home";
import { judgeLocks, stateLocks } from "./locks";
import type { Deployment } from "./state";

/** Pulumi, set up for one stack with our state and the copy of its configuration. */
export class Workspace {
  readonly env: Readonly<Record<string, string>>;

  constructor(
    readonly project: string,
    readonly stack: string,
    readonly toolchain: Toolchain,
    env: Readonly<Record<string, string>> = {},
    /** Configuration that operations go by. */
    readonly configFile = configCopy(stack),
  ) {
    this.env = { ...toolchain.env, ...stateEnv(), ...env };
  }

  /** Arguments that every operation on the stack takes. */
  get selection(): string[] {
    return ["--stack", this.stack, "--config-file", this.configFile, "--non-interactive", "--color", "never"];
  }

  /** Runs a Pulumi command that takes a stack, but no configuration file. */
  private run(args: readonly string[], input?: string): Promise<string> {
    ensureStackDir(this.stack);
    return capture(this.toolchain.pulumi, [...args, "--stack", this.stack, "--non-interactive"], {
      cwd: stackDir(this.stack),
      env: this.env,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** The state, where the backend knows the stack. */
  async find(): Promise<Deployment | undefined> {
    const file = stateFile(this.project, this.stack);
    if (file && !fs.existsSync(file)) return undefined;
    try {
      return await this.export();
    } catch (error) {
      if (error instanceof CommandError && /no stack named|not found/i.test(error.stderr)) return undefined;
      throw error;
    }
  }

  /** Creates the stack in the folder of its copy: there its salt is written, and not into the tracked file. */
  async create(): Promise<void> {
    // an account of Pulumi Cloud brings its own encryption
    const provider = /^https?:/.test(this.env.PULUMI_BACKEND_URL ?? "") ? [] : ["--secrets-provider", "passphrase"];
    await this.run(["stack", "init", "--no-select", ...provider]);
  }

  /** Cancels what a dead process of this machine has left locked; refuses when somebody is at work. */
  async unlock(progress: Progress): Promise<void> {
    const backend = localBackend();
    if (!backend) return;
    if (judgeLocks(this.stack, stateLocks(backend, this.project, this.stack)) === "none") return;
    await this.run(["cancel", "--yes"]);
    progress.note(`An earlier run was killed: its lock on stack ${this.stack} is released.`);
  }

  async export(): Promise<Deployment> {
    return JSON.parse(await this.run(["stack", "export"])) as Deployment;
  }

  /** One output of the stack, secrets in the clear. */
  async output(name: string): Promise<unknown> {
    const outputs = JSON.parse(await this.run(["stack", "output", "--json", "--show-secrets"])) as Record<
      string,
      unknown
    >;
    return outputs[name];
  }

  async import(state: Deployment): Promise<void> {
    await this.run(["stack", "import"], JSON.stringify(state));
  }

  /** Reads these resources anew from their provider. */
  async refresh(urns: readonly string[], more: readonly string[]): Promise<void> {
    const targets = urns.flatMap((urn) => ["--target", urn]);
    await run(
      this.toolchain.pulumi,
      ["refresh", "--yes", "--skip-preview", "--clear-pending-creates", ...more, ...targets, ...this.selection],
      { cwd: ROOT, env: this.env },
    );
  }

  async remove(): Promise<void> {
    await this.run(["stack", "rm", "--yes", "--preserve-config"]);
  }
}

/** The state of the stack, or what to do about its absence. */
export async function existing(workspace: Workspace): Promise<Deployment> {
  const state = await workspace.find();
  if (state) return state;
  throw new UserError(
    `Stack ${workspace.stack} has not been brought up from here. Run: npm start -- ${workspace.stack}`,
  );
}
