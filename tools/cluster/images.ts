import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture, run, succeeds, which } from "../core/exec";
import { imageArchive } from "./image-archive";
import type { Programs } from "./programs";
import { COREDNS_IMAGE, type Layout, PAUSE_IMAGE } from "./settings";

/** Images of ours in the Docker engine carry this repository name. */
export const LOCAL_REPOSITORY = "datastack.local";

/** An image that consists of one program. */
export interface ProgramImage {
  readonly reference: string;
  /** Name of the program, at the top of the image. */
  readonly program: string;
  /** Path of the built program. */
  readonly binary: string;
  /** Numeric user and group. */
  readonly user: string;
}

/** Loads the images that the node itself needs. */
export async function importOwnImages(layout: Layout, programs: Programs): Promise<void> {
  const images = [
    { reference: PAUSE_IMAGE, program: "pause", binary: programs.pause, user: "65535:65535" },
    { reference: COREDNS_IMAGE, program: "coredns", binary: programs.coredns, user: "65532:65532" },
  ];
  for (const image of images) await importProgram(layout, image);
}

/** Loads it into our own node, unless that has it. */
export async function importProgram(layout: Layout, image: ProgramImage): Promise<void> {
  const { reference, binary } = image;
  // by the binary's path, which names the version and the settings that it was built with
  if (await isCurrent(layout, reference, binary)) return;
  await withArchive(layout, image, (file) => run("ctr", ctrArgs(layout, ["images", "import", file])));
  record(layout, reference, binary);
}

/** The image as an archive, for as long as `use` takes. */
export async function withArchive(
  layout: Layout,
  { reference, program, binary, user }: ProgramImage,
  use: (file: string) => Promise<unknown>,
): Promise<void> {
  const archive = imageArchive({
    reference,
    files: [{ path: `/${program}`, content: fs.readFileSync(binary) }],
    entrypoint: [`/${program}`],
    user,
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
  });
  const file = path.join(layout.root, `${program}.tar`);
  fs.writeFileSync(file, archive);
  try {
    await use(file);
  } finally {
    fs.rmSync(file, { force: true });
  }
}

export interface LoadResult {
  readonly loaded: readonly string[];
  readonly unchanged: number;
}

/**
 * Loads the Docker engine's images into the node: all that are ours, or the named ones. What the node has already, in
 * the same version, is left out.
 * @throws UserError when a named image is not in the engine, or there is no engine to look in
 */
export async function loadImages(
  layout: Layout,
  names: readonly string[],
  detail: (text: string) => void,
): Promise<LoadResult> {
  const images = await engineImages(names);
  const loaded: string[] = [];
  for (const [reference, id] of images) {
    if (await isCurrent(layout, reference, id)) continue;
    detail(reference);
    await transfer(layout, reference);
    record(layout, reference, id);
    loaded.push(reference);
  }
  return { loaded, unchanged: images.size - loaded.length };
}

/** References and ids of the engine's images. */
export async function engineImages(names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (!which("docker") || !(await succeeds("docker", ["version"], { timeout: 10_000 }))) {
    if (names.length === 0) return found;
    throw new UserError(`Cannot load ${names.join(", ")}: no Docker engine answers. Start it, then run this again.`);
  }
  if (names.length > 0) {
    for (const name of names) {
      if (!(await succeeds("docker", ["image", "inspect", name]))) {
        throw new UserError(`Image "${name}" is not in the Docker engine. See the ones there with: docker images`);
      }
      found.set(name, await capture("docker", ["image", "inspect", "--format", "{{.Id}}", name]));
    }
    return found;
  }
  const format = "{{.Repository}}:{{.Tag}} {{.ID}}";
  const list = await capture("docker", ["image", "ls", "--no-trunc", "--format", format]);
  for (const line of list.split("\n")) {
    const [reference, id] = line.split(" ");
    if (reference?.startsWith(`${LOCAL_REPOSITORY}/`) && !reference.endsWith(":<none>") && id) found.set(reference, id);
  }
  return found;
}

export function ctrArgs(layout: Layout, args: readonly string[]): string[] {
  return ["--address", layout.socket, "--namespace", "k8s.io", ...args];
}

/** `docker save | ctr images import`, in one pass and without a file between. */
function transfer(layout: Layout, reference: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const save = spawn("docker", ["save", reference], { stdio: ["ignore", "pipe", "pipe"] });
    const load = spawn("ctr", ctrArgs(layout, ["images", "import", "-"]), { stdio: ["pipe", "ignore", "pipe"] });
    let errors = "";
    for (const stream of [save.stderr, load.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        errors += chunk.toString();
      });
    }
    load.stdin.on("error", () => undefined); // its end is reported by its exit code
    save.stdout.pipe(load.stdin);
    const codes: (number | null)[] = [];
    const ended = (code: number | null): void => {
      codes.push(code);
      if (codes.length < 2) return;
      if (codes.every((each) => each === 0)) resolve();
      else reject(new UserError(`Image ${reference} could not be loaded into the node:\n${errors.trim()}`));
    };
    for (const child of [save, load]) child.on("error", reject).on("close", ended);
  });
}

function recordFile(layout: Layout): string {
  return path.join(layout.root, "images.json");
}

function records(layout: Layout): Record<string, string> {
  try {
    return JSON.parse(fs.readFileSync(recordFile(layout), "utf8")) as Record<string, string>;
  } catch {
    return {};
  }
}

/** Whether the node has the image, from this very source. */
async function isCurrent(layout: Layout, reference: string, source: string): Promise<boolean> {
  if (records(layout)[reference] !== source) return false;
  const list = await capture("ctr", ctrArgs(layout, ["images", "list", "--quiet", `name==${reference}`]));
  return list.split("\n").includes(reference);
}

function record(layout: Layout, reference: string, source: string): void {
  const text = JSON.stringify({ ...records(layout), [reference]: source }, null, 2);
  fs.writeFileSync(`${recordFile(layout)}.new`, `${text}\n`);
  fs.renameSync(`${recordFile(layout)}.new`, recordFile(layout));
}
