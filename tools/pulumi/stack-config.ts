import * as fs from "node:fs";
import { IMAGES, type ImageName, LOCAL_REPOSITORY } from "../../components/core/images";
import { formatProblems } from "../../components/core/problems";
import { parseConfig, type StackConfig } from "../../stacks/config";
import { UserError } from "../core/errors";
import { inRoot, ROOT, userPath } from "../core/paths";
import { readConfig, readProject } from "../engine/project";
import type { ImageSettings, ImageSource } from "../images";
import { configCopy, copiedConfig } from "./home";

/** A stack with its checked configuration. */
export interface Subject {
  readonly project: string;
  readonly stack: string;
  /** The file that it comes from. */
  readonly source: string;
  readonly config: StackConfig;
}

/** Reads a stack's own configuration file, or the one that is given in its place. */
export function readSubject(stack: string, configFile?: string): Subject {
  const project = readProject(ROOT);
  const source = configFile ? userPath(configFile) : inRoot(`Pulumi.${stack}.yaml`);
  const { values } = readConfig(project, stack, { file: source });
  const { config, problems } = parseConfig(values);
  if (problems.length > 0) throw new UserError(formatProblems(problems));
  return { project: project.name, stack, source, config };
}

/**
 * The file to go by for what runs: one that is given, else what was last deployed or rendered with; undefined where that was done
 * otherwise, and the stack's own file is all there is.
 */
export function lastConfig(stack: string, configFile?: string): string | undefined {
  if (configFile) return userPath(configFile);
  const copy = configCopy(stack);
  return fs.existsSync(copy) ? copy : undefined;
}

const IMAGES_KEY = "datastack:images";
const LEFT_OUT_KEY = "datastack:leftOut";
const RECOVER_KEY = "datastack:kafkaRecover";

/** Configuration that a run adds to the stack's own: local images, those that are not to be had, and what `--recover` names. */
export function runValues(
  subject: Subject,
  images: ImageSettings,
  recover: readonly number[],
): Readonly<Record<string, unknown>> {
  return {
    ...imageValues(subject.config, images),
    ...(recover.length > 0 ? { [RECOVER_KEY]: [...recover] } : {}),
  };
}

/** Images in the configuration of a run; what the stack itself names stays. */
export function imageValues(config: StackConfig, images: ImageSettings): Readonly<Record<string, unknown>> {
  const merged = { ...images.references, ...config.images };
  const leftOut = [...new Set([...config.leftOut, ...images.leftOut])];
  return {
    [IMAGES_KEY]: Object.keys(merged).length > 0 ? merged : undefined,
    [LEFT_OUT_KEY]: leftOut.length > 0 ? leftOut : undefined,
  };
}

/** What the copy of the last run says of images. */
export function lastImageSettings(stack: string): ImageSettings {
  const { config } = parseConfig(lastImages(copiedConfig(stack)));
  return { references: config.images, leftOut: config.leftOut };
}

/** What the last run added of images to a stack's own configuration, by key, as text; from the copy that it left. */
export function lastImages(copy: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  return textsOf(Object.fromEntries([IMAGES_KEY, LEFT_OUT_KEY].map((key) => [key, copy?.[key]])));
}

/** Values as the text that Pulumi hands to a program. */
export function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, textOf(value)]])),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Where the last run took the images from: `auto` stays with that, as changing it would restart everything. */
export function lastSource(stack: string): "registry" | "local" | undefined {
  const config = copiedConfig(stack);
  if (!config) return undefined;
  const images = (config[IMAGES_KEY] ?? {}) as Partial<Record<ImageName, string>>;
  // those that no registry has are built in either case
  const local = (Object.keys(IMAGES) as ImageName[]).some(
    (name) => IMAGES[name].registry !== undefined && images[name]?.startsWith(LOCAL_REPOSITORY),
  );
  return local ? "local" : "registry";
}

/** What `--images` means for this run. */
export function wantedSource(stack: string, given: ImageSource | undefined): ImageSource {
  return given ?? lastSource(stack) ?? "auto";
}

/** Node numbers of `--recover kafka-0`. */
export function recoverNodes(given: readonly string[]): number[] {
  return given.map((replica) => {
    const node = /^kafka-(\d+)$/.exec(replica)?.[1];
    if (node === undefined) {
      throw new UserError(`--recover ${replica}: must be a broker, such as kafka-0.`);
    }
    return Number(node);
  });
}
