import * as path from "node:path";
import { run } from "../core/exec";
import { Monitor, type MonitorSettings } from "./monitor";
import type { Config, Project } from "./project";
import { EngineError, type Recording } from "./recording";
import { serve } from "./server";

export interface ProgramSettings extends Omit<MonitorSettings, "project"> {
  readonly project: Project;
  readonly config: Config;
  /** Added to the environment of the program. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Arguments of Node itself, such as `--require`. */
  readonly nodeArgs?: readonly string[];
}

/** A program that ended with an error; `message` is what it logged, as the user of the program should see it. */
export class ProgramError extends Error {
  override name = "ProgramError";
}

/** The exit code of the SDK's runner for a program that failed and has said why. */
const FAILED_AND_LOGGED = 32;

/** Runs a Pulumi program as the Pulumi CLI does, in a process of its own with the SDK's runner, and records it. */
export async function runProgram(settings: ProgramSettings): Promise<Recording> {
  const { project, config, stack, preview = false } = settings;
  const monitor = new Monitor({ ...settings, project: project.name });
  const server = await serve(monitor);
  try {
    const runner = require.resolve("@pulumi/pulumi/cmd/run");
    const args = [
      ...(settings.nodeArgs ?? []),
      runner,
      `--monitor=${server.address}`,
      `--engine=${server.address}`,
      `--project=${project.name}`,
      `--stack=${stack}`,
      "--organization=organization",
      `--root-directory=${project.root}`,
      `--pwd=${project.directory}`,
      "--parallel=2147483647",
      ...(preview ? ["--dry-run"] : []),
      project.entry,
    ];
    const result = await run(process.execPath, args, {
      cwd: project.directory,
      ok: [0, 1, FAILED_AND_LOGGED],
      env: {
        // loaders of this process are none of the program's business
        NODE_OPTIONS: undefined,
        PULUMI_CONFIG: JSON.stringify(config.values),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(config.secrets),
        PULUMI_NODEJS_TYPESCRIPT: "true",
        // types are checked by the compiler, not at every start
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
        PULUMI_ERROR_OUTPUT_STRING: "true",
        ...(project.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: project.tsconfig } : {}),
        ...settings.env,
      },
    });
    if (monitor.violations.length > 0) throw new EngineError(monitor.violations);
    if (result.code !== 0) {
      const logged = monitor.errors.join("\n") || result.stderr.trim() || result.stdout.trim();
      throw new ProgramError(
        logged || `${path.join(project.directory, project.entry)} ended with code ${result.code}.`,
      );
    }
    return monitor.recording();
  } finally {
    server.close();
  }
}
