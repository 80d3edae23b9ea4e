import * as path from "node:path";
import { readConfig as parsedConfig } from "../../stacks/config";
import { declareStack } from "../../stacks/systems";
import { recordInProcess } from "../../tools/engine/in-process";
import { readConfig, readProject } from "../../tools/engine/project";
import { seededRandom } from "../../tools/engine/random";
import type { Recording } from "../../tools/engine/recording";
import { runProgram } from "../../tools/engine/run-program";

/** The stacks of this repository. */
export const STACKS = ["dev", "prod", "gauzian"] as const;
export type Stack = (typeof STACKS)[number];

/** One of each target: what checks a check needs runs of its own, and prod would say what these two say. */
export const MUTATED = ["dev", "gauzian"] as const satisfies readonly Stack[];

/**
 * - `known`: as an `up` ends, everything computed is known
 * - `unknown`: as a preview of a new stack, and no output of any resource is known
 * - `elsewhere`: as `known`, on another day, in another time zone, language and home
 */
export type Mode = "known" | "unknown" | "elsewhere";

const root = path.resolve(__dirname, "../..");
const project = readProject(root);
/** As `npm start` gives them; no registry has these. */
export const BUILT_IMAGES = JSON.stringify({ market: "datastack.local/market:1", files: "datastack.local/files:1" });
const configOf = (stack: Stack) => readConfig(project, stack, { overrides: { images: BUILT_IMAGES } });
const recordings = new Map<string, Promise<Recording>>();

/** The real program with its real configuration, in a process of its own; each only once per test run. */
export function recordingOf(stack: Stack, mode: Mode): Promise<Recording> {
  const key = `${stack} ${mode}`;
  const recording = recordings.get(key) ?? runStack(stack, mode);
  recordings.set(key, recording);
  return recording;
}

function runStack(stack: Stack, mode: Mode): Promise<Recording> {
  const elsewhere = mode === "elsewhere";
  return runProgram({
    project,
    config: configOf(stack),
    stack,
    random: seededRandom(stack),
    preview: mode === "unknown",
    opaque: true,
    ...(elsewhere ? { nodeArgs: ["--require", path.join(__dirname, "another-day.cjs")] } : {}),
    env: elsewhere ? { TZ: "Pacific/Auckland", LC_ALL: "tr_TR.UTF-8", HOME: "/nowhere", USER: "nobody" } : {},
  });
}

/** The same stack in this process, with something added to it: for the checks of the checks. */
export function mutated(stack: Stack, mutation: () => void, mode: "known" | "unknown" = "known"): Promise<Recording> {
  const program = (): void => {
    const { config, problems } = parsedConfig();
    declareStack(stack, config).blueprint.deploy(problems);
    mutation();
  };
  return configured(stack, program, mode);
}

/** Any program in this process, with the configuration of a stack. */
export function configured(stack: Stack, program: () => void, mode: "known" | "unknown" = "known"): Promise<Recording> {
  return recordInProcess(program, {
    project: project.name,
    stack,
    config: configOf(stack).values,
    random: seededRandom(stack),
    preview: mode === "unknown",
    opaque: true,
  });
}
