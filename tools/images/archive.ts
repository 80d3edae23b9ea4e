import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture, run } from "../core/exec";

/** What a file or folder of an image is like. */
export interface Entry {
  /** Absolute path in the image. */
  readonly path: string;
  /** Text, bytes, a file of this machine, or nothing for a folder. */
  readonly from?: { readonly text: string } | { readonly file: string } | { readonly link: string };
  /** @default 0644, 0755 for folders */
  readonly mode?: number;
  /** @default 0, root */
  readonly owner?: number;
}

/** Settings of an image. */
export interface Settings {
  readonly user: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly command?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Adds entries to an archive (made when missing): staged in `stage`, owned as they say, without times, so that equal
 * content is an equal image.
 */
export async function addToArchive(archive: string, entries: readonly Entry[], stage: string): Promise<void> {
  const fresh = await notThere(archive, entries);
  const owners = new Set(fresh.map((entry) => entry.owner ?? 0));
  for (const owner of [...owners].sort((a, b) => a - b)) {
    const dir = path.join(stage, String(owner));
    const own = fresh.filter((entry) => (entry.owner ?? 0) === owner);
    for (const entry of own) write(dir, entry);
    const names = own.map((entry) => entry.path.replace(/^\//, ""));
    const args = [
      ...["--append", "--file", archive, "--directory", dir, "--sort=name", "--mtime=@0", "--no-recursion"],
      ...["--numeric-owner", `--owner=${owner}`, `--group=${owner}`, "--verbatim-files-from", "--files-from=-"],
    ];
    // a command line is too short for all of them
    await run("tar", args, { input: names.map((name) => `${name}\n`).join("") });
  }
}

/** An image's archive must not name a path twice: plain folders that are there stay as they are, and nothing else may be. */
async function notThere(archive: string, entries: readonly Entry[]): Promise<Entry[]> {
  if (!fs.existsSync(archive)) return [...entries];
  const listing = (await capture("tar", ["--list", "--file", archive])).split("\n");
  const there = new Set(listing.map((name) => `/${name.replace(/^\.?\//, "").replace(/\/$/, "")}`));
  const particular = (entry: Entry) => entry.from ?? entry.mode ?? entry.owner;
  const twice = entries.find((entry) => particular(entry) !== undefined && there.has(entry.path));
  if (twice) throw new Error(`${twice.path} is in the root file system already; change it where that is made.`);
  return entries.filter((entry) => !there.has(entry.path));
}

function write(root: string, entry: Entry): void {
  const file = path.join(root, entry.path);
  if (!entry.from) {
    fs.mkdirSync(file, { recursive: true });
    fs.chmodSync(file, entry.mode ?? 0o755);
    return;
  }
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if ("link" in entry.from) {
    fs.symlinkSync(entry.from.link, file);
    return;
  }
  if ("text" in entry.from) fs.writeFileSync(file, entry.from.text);
  else fs.copyFileSync(entry.from.file, file);
  fs.chmodSync(file, entry.mode ?? 0o644);
}

/** Every folder above these entries, as entries, so that none is left to the archiver's taste. */
export function withFolders(entries: readonly Entry[]): Entry[] {
  const known = new Set(entries.map((entry) => entry.path));
  const folders = new Set<string>();
  for (const entry of entries) {
    for (let dir = path.dirname(entry.path); dir !== "/"; dir = path.dirname(dir)) {
      if (!known.has(dir)) folders.add(dir);
    }
  }
  return [...[...folders].sort().map((dir) => ({ path: dir })), ...entries];
}

/** Makes an image of an archive. */
export async function importImage(archive: string, reference: string, settings: Settings): Promise<void> {
  const changes = changesOf(settings).flatMap((change) => ["--change", change]);
  await pipeFile(archive, "docker", ["import", ...changes, "-", reference]);
}

/** Settings as Dockerfile instructions. */
export function changesOf(settings: Settings): string[] {
  return [
    `USER ${settings.user}`,
    ...Object.entries(settings.env ?? {}).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
    ...(settings.workdir ? [`WORKDIR ${settings.workdir}`] : []),
    ...(settings.command ? [`CMD ${JSON.stringify(settings.command)}`] : []),
    ...Object.entries(settings.labels ?? {}).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
  ];
}

/** A file as a program's standard input, without reading it into memory. */
function pipeFile(file: string, program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const input = fs.openSync(file, "r");
    const child = spawn(program, [...args], { stdio: [input, "ignore", "pipe"] });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      fs.closeSync(input);
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args[0]} ended with exit code ${code}:\n${stderr.trim()}`));
    });
  });
}
