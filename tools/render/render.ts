import * as path from "node:path";
import { UserError } from "../core/errors";
import { ROOT } from "../core/paths";
import { readConfig, readProject } from "../engine/project";
import type { RandomSource } from "../engine/random";
import { EngineError, type LogMessage, type Recording } from "../engine/recording";
import { ProgramError, runProgram } from "../engine/run-program";
import { type Properties, plain } from "../engine/values";
import { applyScript } from "./apply-script";
import { earlierOutputs, writeFolder } from "./folder";
import { idOf, type Manifest, manifestsOf } from "./manifests";
import { writeSecrets } from "./secrets";
import { RandomStore } from "./store";
import { manifestText } from "./text";

export interface RenderOptions {
  readonly stack: string;
  /** Folder that receives the manifests. */
  readonly out: string;
  /** File that receives the Secrets. @default they are left out */
  readonly secrets?: string;
}

export interface ProgramOptions {
  readonly stack: string;
  /** Configuration in place of the one in Pulumi.<stack>.yaml, by key. */
  readonly config?: Readonly<Record<string, string>>;
  /** Configuration file. @default Pulumi.<stack>.yaml */
  readonly configFile?: string;
  /** Directory of Pulumi.yaml. @default the checkout */
  readonly root?: string;
}

export interface Rendered {
  readonly manifests: readonly Manifest[];
  /** Secrets that were left out. */
  readonly leftOut: readonly string[];
  /** Objects of earlier renders into this folder that are no longer part of the stack. */
  readonly gone: readonly string[];
  /** Files that were written, changed or removed. */
  readonly changed: number;
  /** Where random values are kept, if there are any. */
  readonly random?: string;
  /** What the program said. */
  readonly logs: readonly LogMessage[];
}

/** Name of the script beside the manifests that applies them. */
export const SCRIPT = "apply.sh";

/** Writes the manifests of what `record` registers with these random values and outputs of the last render. */
export async function render(
  options: RenderOptions,
  record: (random: RandomSource, previousOutputs: Properties) => Promise<Recording>,
): Promise<Rendered> {
  const { stack, out, secrets } = options;
  if (secrets !== undefined && isInside(out, secrets)) {
    throw new UserError(`--secrets ${secrets} is inside the folder of the manifests. Give a file elsewhere.`);
  }
  const store = new RandomStore(stack);
  const recording = await record(store.source, earlierOutputs(out, stack) as Properties);
  const manifests = manifestsOf(recording);
  store.save();

  const open = manifests.filter((m) => m.kind !== "Secret");
  const files = fileNames(open);
  const texts = new Map(open.map((m) => [files.get(m) ?? "", manifestText(m.object)]));
  texts.set(SCRIPT, applyScript(stack, open, files));
  const { gone, changed } = writeFolder(out, stack, texts, open.map(idOf), plain(recording.outputs.volumes ?? null));
  if (secrets !== undefined) writeSecrets(secrets, stack, manifests);
  return {
    manifests,
    leftOut: secrets === undefined ? manifests.filter((m) => m.kind === "Secret").map(idOf) : [],
    gone,
    changed,
    ...(store.used ? { random: store.file } : {}),
    logs: recording.logs,
  };
}

/** Runs the program of a stack. What is wrong with it comes as a `UserError`: it is no defect of ours. */
export async function recordStack(
  options: ProgramOptions,
  random: RandomSource,
  previous: Properties = {},
): Promise<Recording> {
  const project = readProject(options.root ?? ROOT);
  const overrides = options.config ?? {};
  const config = readConfig(project, options.stack, {
    overrides,
    ...(options.configFile ? { file: options.configFile } : {}),
  });
  try {
    const previousOutputs = { [`organization/${project.name}/${options.stack}`]: previous };
    return await runProgram({ project, config, stack: options.stack, random, previousOutputs });
  } catch (error) {
    if (error instanceof ProgramError || error instanceof EngineError) throw new UserError(error.message);
    throw error;
  }
}

/** `<wave>/<kind>-<name>.yaml`; with the namespace where two would be called the same. */
export function fileNames(manifests: readonly Manifest[]): Map<Manifest, string> {
  const short = (m: Manifest): string => `${m.kind.toLowerCase()}-${m.name}`;
  const taken = new Map<string, number>();
  for (const m of manifests) taken.set(short(m), (taken.get(short(m)) ?? 0) + 1);
  const width = String(Math.max(0, ...manifests.map((m) => m.wave))).length;
  return new Map(
    manifests.map((m) => {
      const unique = taken.get(short(m)) === 1 ? short(m) : `${m.kind.toLowerCase()}-${m.namespace ?? ""}-${m.name}`;
      return [m, `${String(m.wave).padStart(width, "0")}/${unique.replace(/[^a-z0-9.-]/g, "_")}.yaml`];
    }),
  );
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}
