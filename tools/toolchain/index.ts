import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture, which } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { buildGo, fetchGo, type GoProgram, recipeHash } from "./go";
import { officialPlugin, officialPulumi } from "./official";
import {
  ALERTMANAGER,
  AMTOOL,
  KUBE_SCORE,
  LANGUAGE_NODEJS,
  MIN_PULUMI,
  type Plugin,
  PROMTOOL,
  PULUMI,
  PULUMI_VERSION,
  plugins,
} from "./programs";

export type PluginName = Plugin["name"];

/** Where a program came from. */
export type Source = "PATH" | "official" | "built";

export interface Toolchain {
  /** Full path of `pulumi`. */
  readonly pulumi: string;
  readonly source: Source;
  /** PULUMI_HOME, with the plugins. */
  readonly home: string;
  /** The plugins that are there. */
  readonly plugins: readonly { name: PluginName; version: string; source: Source }[];
  /** What programs of this toolchain have to find in their environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** PULUMI_HOME as the user set it, else our own, so that what we build never stands in for the user's own plugins. */
export function pulumiHome(): string {
  return process.env.PULUMI_HOME || cacheDir("pulumi-home");
}

/**
 * Pulumi and the wanted plugins: suitable ones on PATH, else the official downloads, else built from Go modules.
 * A plugin that cannot be built (Kubernetes) and cannot be downloaded is left out: the caller says what that means.
 */
export function ensureToolchain(progress: Progress, wanted: readonly PluginName[]): Promise<Toolchain> {
  return withLock(
    cacheDir("locks", "toolchain.lock"),
    () => assemble(progress, wanted),
    waitingFor(progress, "the toolchain"),
  );
}

/** The toolchain if it is complete, without getting anything. */
export async function presentToolchain(wanted: readonly PluginName[]): Promise<Toolchain | undefined> {
  const cli = await presentPulumi();
  if (!cli) return undefined;
  const have = await presentPlugins(wanted);
  return have.length === wanted.length ? describe(cli, have) : undefined;
}

/** Programs that check what is rendered, and the one that tests run with theirs. */
const TOOLS = { alertmanager: ALERTMANAGER, amtool: AMTOOL, "kube-score": KUBE_SCORE, promtool: PROMTOOL } as const;

/** Full path of a tool: one on PATH, else built. */
export async function ensureTool(name: keyof typeof TOOLS, progress: Progress): Promise<string> {
  return which(name) ?? buildGo(TOOLS[name], progress);
}

interface Cli {
  readonly pulumi: string;
  readonly source: Source;
}

interface Present {
  readonly name: PluginName;
  readonly version: string;
  readonly source: Source;
}

async function assemble(progress: Progress, wanted: readonly PluginName[]): Promise<Toolchain> {
  let cli = await presentPulumi();
  const have = await presentPlugins(wanted);
  const missing = plugins().filter((p) => wanted.includes(p.name) && !have.some((h) => h.name === p.name));
  cli ??= await officialCli(progress);
  const built = cli ? [] : [PULUMI, LANGUAGE_NODEJS];
  const toBuild: Plugin[] = [];
  for (const plugin of missing) {
    if (cli && (await officialPlugin(cli.pulumi, pulumiHome(), plugin, progress))) {
      have.push({ name: plugin.name, version: plugin.version, source: "official" });
    } else if (plugin.build) {
      toBuild.push(plugin);
    }
  }
  const programs = [...built, ...toBuild.flatMap((p) => (p.build ? [p.build] : []))];
  // modules of the next program come while the present one compiles; compiling two at once would do the shared half twice
  const fetched = inOrder(programs, (program) => fetchGo(program, progress));
  const files = await inOrderAfter(programs, fetched, (program) => buildGo(program, progress));
  const fileOf = (program: GoProgram): string => files.get(program.name) ?? "";
  if (!cli) cli = placeCli(fileOf(PULUMI), fileOf(LANGUAGE_NODEJS));
  for (const plugin of toBuild) {
    if (plugin.build) have.push(placePlugin(plugin, fileOf(plugin.build), "built"));
  }
  return describe(cli, have);
}

function describe(cli: Cli, have: readonly Present[]): Toolchain {
  const bin = path.dirname(cli.pulumi);
  const searchPath = process.env.PATH ?? "";
  return {
    ...cli,
    home: pulumiHome(),
    plugins: have,
    env: {
      PATH: searchPath.split(path.delimiter).includes(bin) ? searchPath : `${bin}${path.delimiter}${searchPath}`,
      PULUMI_HOME: pulumiHome(),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // the plugins are where they have to be; a missing one is a clear error, not a long wait
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
      // types are checked by npm test; here they would cost seconds at each run
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    },
  };
}

async function presentPulumi(): Promise<Cli | undefined> {
  const onPath = which("pulumi");
  if (onPath && (await isSuitable(onPath))) return { pulumi: onPath, source: "PATH" };
  const official = cacheDir(`pulumi-${PULUMI_VERSION}-official`, "pulumi");
  if (fs.existsSync(official)) return { pulumi: official, source: "official" };
  const built = path.join(builtCliDir(), "pulumi");
  return fs.existsSync(built) ? { pulumi: built, source: "built" } : undefined;
}

async function officialCli(progress: Progress): Promise<Cli | undefined> {
  const dir = await officialPulumi(progress);
  return dir ? { pulumi: path.join(dir, "pulumi"), source: "official" } : undefined;
}

/** New enough, of the same major version, and with the language host that belongs to it. */
async function isSuitable(pulumi: string): Promise<boolean> {
  if (!fs.existsSync(path.join(path.dirname(fs.realpathSync(pulumi)), "pulumi-language-nodejs"))) return false;
  try {
    const version = await capture(pulumi, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" }, timeout: 10_000 });
    return isAtLeast(version, MIN_PULUMI);
  } catch {
    return false;
  }
}

/** Whether `v3.260.1` is at least `3.259.0` and below the next major version. */
export function isAtLeast(version: string, wanted: string): boolean {
  const parse = (text: string): number[] => (/(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1) ?? []).map(Number);
  const [have, want] = [parse(version), parse(wanted)];
  if (have.length !== 3 || have[0] !== want[0]) return false;
  return have[1] !== want[1] ? (have[1] ?? 0) > (want[1] ?? 0) : (have[2] ?? 0) >= (want[2] ?? 0);
}

function builtCliDir(): string {
  return cacheDir(`pulumi-${PULUMI_VERSION}-${recipeHash([PULUMI, LANGUAGE_NODEJS])}`);
}

/** The engine looks for its language host beside its own real path. */
function placeCli(pulumi: string, languageHost: string): Cli {
  const dir = ensureDir(builtCliDir());
  place(languageHost, path.join(dir, "pulumi-language-nodejs"));
  place(pulumi, path.join(dir, "pulumi"));
  return { pulumi: path.join(dir, "pulumi"), source: "built" };
}

/** Where the engine looks first: one folder per plugin and version. */
export function pluginDir(plugin: { name: string; version: string }, home = pulumiHome()): string {
  return path.join(home, "plugins", `resource-${plugin.name}-v${plugin.version}`);
}

/** Written into the folder of a plugin that we built, so that a changed recipe is noticed. */
const RECIPE = "datastack-recipe";

async function presentPlugins(wanted: readonly PluginName[]): Promise<Present[]> {
  const have: Present[] = [];
  for (const plugin of plugins().filter((p) => wanted.includes(p.name))) {
    const source = await presentPlugin(plugin);
    if (source) have.push({ name: plugin.name, version: plugin.version, source });
  }
  return have;
}

async function presentPlugin(plugin: Plugin): Promise<Source | undefined> {
  const program = `pulumi-resource-${plugin.name}`;
  const dir = pluginDir(plugin);
  if (fs.existsSync(path.join(dir, program)) && !fs.existsSync(`${dir}.partial`)) {
    const recipe = path.join(dir, RECIPE);
    if (!fs.existsSync(recipe)) return "official";
    if (plugin.build && fs.readFileSync(recipe, "utf8") === recipeHash([plugin.build])) return "built";
  }
  const onPath = which(program);
  if (!onPath) return undefined;
  // only the very version: an older one may lack inputs that the SDK sends
  const version = await capture(onPath, ["--version"], { timeout: 10_000 }).catch(() => "");
  if (version.replace(/^v/, "") !== plugin.version) return undefined;
  placePlugin(plugin, fs.realpathSync(onPath), "PATH");
  return "PATH";
}

function placePlugin(plugin: Plugin, file: string, source: Source): Present {
  const dir = ensureDir(pluginDir(plugin));
  if (source === "built" && plugin.build) fs.writeFileSync(path.join(dir, RECIPE), recipeHash([plugin.build]));
  place(file, path.join(dir, `pulumi-resource-${plugin.name}`));
  return { name: plugin.name, version: plugin.version, source };
}

/** Replaces `target` by the same file (or a copy, on another file system) in one step. */
function place(file: string, target: string): void {
  const next = `${target}.${process.pid}`;
  fs.rmSync(next, { force: true });
  try {
    fs.linkSync(file, next);
  } catch {
    fs.copyFileSync(file, next);
  }
  fs.renameSync(next, target);
}

/** Starts the next when the one before has ended; each has a promise of its own. */
function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Map<T, Promise<R>> {
  const results = new Map<T, Promise<R>>();
  let last: Promise<unknown> = Promise.resolve();
  for (const item of items) {
    const result = last.then(() => work(item));
    // whoever needs the result handles its failure
    last = result.catch(() => undefined);
    results.set(item, result);
  }
  return results;
}

async function inOrderAfter(
  programs: readonly GoProgram[],
  before: ReadonlyMap<GoProgram, Promise<unknown>>,
  work: (program: GoProgram) => Promise<string>,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const program of programs) {
    await before.get(program);
    files.set(program.name, await work(program));
  }
  return files;
}

function waitingFor(progress: Progress, what: string): (pid: number) => void {
  return (pid) => progress.note(`Waiting for process ${pid}, which is getting ${what} too.`);
}

/** What a stack on Kubernetes needs, said where the plugin is missing. */
export function missingPluginError(name: PluginName, stack: string): UserError {
  const plugin = plugins().find((p) => p.name === name);
  return new UserError(
    `The ${name} provider ${plugin?.version ?? ""} is not installed, and Pulumi's download site cannot be reached from ` +
      `here. Write the manifests instead and apply them with kubectl: npm run render -- ${stack} --out manifests`,
  );
}
