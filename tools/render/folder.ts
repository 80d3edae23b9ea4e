import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";

/** List of what an earlier render wrote, beside what it wrote. */
export const LIST = ".datastack-render.json";

interface List {
  readonly stack: string;
  /** Relative paths. */
  readonly files: readonly string[];
  /** Objects, as `Kind namespace/name`. */
  readonly objects: readonly string[];
  /** Objects that left the stack, named by every render until they are back or somebody takes them out of the list. */
  readonly gone?: readonly string[];
  /** The stack's output of that name: what the next render must not shrink. */
  readonly volumes?: unknown;
}

export interface Written {
  /** Objects of earlier renders that are no longer part of the stack. */
  readonly gone: readonly string[];
  readonly changed: number;
}

/**
 * Makes a folder hold exactly these files. Files of an earlier render that are not among them are removed; a folder that
 * something else was put into is refused.
 */
export function writeFolder(
  folder: string,
  stack: string,
  files: ReadonlyMap<string, string>,
  objects: readonly string[],
  volumes?: unknown,
): Written {
  const earlier = readList(folder, stack);
  const stale = earlier.files.filter((file) => !files.has(file));
  fs.mkdirSync(folder, { recursive: true });
  // both lists while files come and go, so that an interrupted render is still ours
  writeList(folder, { ...earlier, files: [...new Set([...earlier.files, ...files.keys()])] });
  for (const file of stale) fs.rmSync(path.join(folder, file), { force: true });
  let changed = stale.length;
  for (const [file, text] of files) {
    const target = path.join(folder, file);
    if (fs.existsSync(target) && fs.readFileSync(target, "utf8") === text) continue;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
    changed++;
  }
  for (const directory of new Set(stale.map((file) => path.dirname(file)))) {
    const target = path.join(folder, directory);
    if (directory !== "." && fs.existsSync(target) && fs.readdirSync(target).length === 0) fs.rmdirSync(target);
  }
  const once = new Set([...(earlier.gone ?? []), ...earlier.objects]);
  const gone = [...once].filter((object) => !objects.includes(object)).sort();
  writeList(folder, {
    stack,
    files: [...files.keys()],
    objects,
    ...(gone.length > 0 ? { gone } : {}),
    ...(volumes ? { volumes } : {}),
  });
  return { gone, changed };
}

/** Outputs of the stack as the last render into this folder left them. */
export function earlierOutputs(folder: string, stack: string): { readonly volumes?: unknown } {
  const { volumes } = readList(folder, stack);
  return volumes ? { volumes } : {};
}

function readList(folder: string, stack: string): List {
  const present = entries(folder);
  if (present.length === 0) return { stack, files: [], objects: [] };
  if (!present.includes(LIST)) {
    throw new UserError(`${folder} is not empty and was not written by render. Give an empty folder, or a new one.`);
  }
  const list = parseList(path.join(folder, LIST));
  if (list.stack !== stack) {
    throw new UserError(`${folder} holds the manifests of stack ${list.stack}, not of ${stack}. Give another folder.`);
  }
  // kubectl applies whole folders
  const foreign = present.filter((file) => /^\d+\//.test(file) && !list.files.includes(file));
  if (foreign.length > 0) {
    throw new UserError(`${folder} has files that render did not write: ${foreign.join(", ")}. Move them elsewhere.`);
  }
  return list;
}

function parseList(file: string): List {
  try {
    const list = JSON.parse(fs.readFileSync(file, "utf8")) as List;
    const inside = (name: unknown): boolean => typeof name === "string" && /^(\d+\/)?[a-z0-9.-]+$/.test(name);
    const objects = [list.objects, list.gone ?? []].every(Array.isArray);
    if (typeof list.stack === "string" && list.files.every(inside) && objects) return list;
  } catch {
    // said below
  }
  throw new UserError(`${file} is damaged. Remove the folder ${path.dirname(file)} and render again.`);
}

function writeList(folder: string, list: List): void {
  const sorted = { ...list, files: [...list.files].sort(), objects: [...list.objects].sort() };
  fs.writeFileSync(path.join(folder, LIST), `${JSON.stringify(sorted, null, 2)}\n`);
}

/** Files below a folder, as relative paths. */
function entries(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  if (!fs.statSync(folder).isDirectory()) throw new UserError(`${folder} is a file. Give a folder.`);
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
}
