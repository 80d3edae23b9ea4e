import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CommandError, run } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir, inRoot } from "../core/paths";
import type { Progress } from "../core/progress";
import { Slots } from "../core/slots";
import { type Go, goToolchain } from "./go-install";
import { downloaded, overlaid } from "./go-overlay";

/** A program that is built from Go modules by a committed wrapper module. */
export interface GoProgram {
  /** Name of the binary. */
  readonly name: string;
  /** Folder of the wrapper module (go.mod, go.sum, perhaps its own code). @default tools/toolchain/go/<name without "pulumi-"> */
  readonly dir?: string;
  /** Import path of the main package. @default "." (the wrapper's own code) */
  readonly package?: string;
  /**
   * Module that is built in a copy of its source, with the files of the wrapper's folder `overlay` in it; `package` is then a
   * folder of that module. @default none: dependencies are built as they are
   */
  readonly overlay?: string;
  /** Build tags. */
  readonly tags?: readonly string[];
  /** `-X name=value` settings of the linker; debug information is left out always. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Modules whose build is under way in this process, so that two callers share it. */
const building = new Map<string, Promise<string>>();

/**
 * Path of the built program; builds it when this wrapper, these settings and this Go version have not been built yet.
 * Concurrent runs wait for each other, and a killed one leaves nothing half-made.
 */
export function buildGo(program: GoProgram, progress: Progress): Promise<string> {
  const key = `${program.dir ?? ""}|${program.name}`;
  let build = building.get(key);
  if (!build) {
    build = buildOnce(program, progress).finally(() => building.delete(key));
    building.set(key, build);
  }
  return build;
}

/** The program as an earlier run built it, if it did. */
export async function builtGo(program: GoProgram, progress: Progress): Promise<string | undefined> {
  const file = binary(program, await goToolchain(progress));
  return fs.existsSync(file) ? file : undefined;
}

/** Fetches what the program's build will need, so that the download can overlap with another program's compilation. */
export async function fetchGo(program: GoProgram, progress: Progress): Promise<void> {
  const go = await goToolchain(progress);
  if (fs.existsSync(binary(program, go))) return;
  await progress.step(`Go modules of ${program.name}`, () =>
    run(go.path, ["list", "-deps", "-f", " ", ...tags(program), program.package ?? "."], {
      cwd: wrapperDir(program),
      env: goEnv(),
    }),
  );
}

/** Folder with the source of a module (`path@version`) that the program's go.sum names: for the files in it that are no code. */
export async function moduleSource(program: GoProgram, module: string, progress: Progress): Promise<string> {
  const go = await goToolchain(progress);
  return downloaded(go.path, wrapperDir(program), module, goEnv());
}

async function buildOnce(program: GoProgram, progress: Progress): Promise<string> {
  const go = await goToolchain(progress);
  const target = binary(program, go);
  if (fs.existsSync(target)) return target;
  return withLock(
    cacheDir("locks", `${path.basename(path.dirname(target))}.lock`),
    async () => {
      if (!fs.existsSync(target)) await compile(program, go, target, progress);
      return target;
    },
    (pid) => progress.note(`Waiting for process ${pid}, which builds ${program.name} too.`),
  );
}

/**
 * Builds at a time: the first has the machine to itself and leaves the standard library in Go's cache, which builds side by
 * side would each compile; after it two fill the gaps that linking leaves, where there is memory for two.
 */
const slots = new Slots(1);

async function compile(program: GoProgram, go: Go, target: string, progress: Progress): Promise<void> {
  await slots.use(() => compileNow(program, go, target, progress));
  slots.widen(os.totalmem() >= 6 * 2 ** 30 ? 2 : 1);
}

async function compileNow(program: GoProgram, go: Go, target: string, progress: Progress): Promise<void> {
  const parent = ensureDir(path.dirname(path.dirname(target)));
  const work = fs.mkdtempSync(path.join(parent, `.${program.name}-`));
  try {
    await progress.step(`Build ${program.name} from Go modules`, async (step) => {
      const done = new Set<string>();
      const wrapper = wrapperDir(program);
      const cwd = program.overlay ? await overlaid(go.path, wrapper, program.overlay, work, goEnv()) : wrapper;
      return run(
        go.path,
        ["build", "-v", "-trimpath", "-o", path.join(work, program.name), ...flags(program), program.package ?? "."],
        {
          cwd,
          env: goEnv(),
          background: true,
          // `-v` names each package as it is compiled
          onLine: (line) => {
            if (isPackage(line)) done.add(line);
            step.detail(isPackage(line) ? `${done.size} packages, ${line}` : line);
          },
        },
      ).catch(onlyErrors);
    });
    fs.rmSync(path.join(work, "source"), { recursive: true, force: true });
    fs.rmSync(path.dirname(target), { recursive: true, force: true });
    fs.renameSync(work, path.dirname(target));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** `go build -v` mixes the packages that it compiles with what is wrong. */
function isPackage(line: string): boolean {
  return /^[\w./~+-]+$/.test(line);
}

function onlyErrors(error: unknown): never {
  if (!(error instanceof CommandError)) throw error;
  const lines = error.stderr.split("\n").filter((line) => !isPackage(line) && !line.startsWith("go: downloading "));
  throw new CommandError(error.command, error.code, "", lines.join("\n"), error.how);
}

function binary(program: GoProgram, go: Go): string {
  return cacheDir(
    "programs",
    `${program.name}-${recipeHash([program], `${go.version} ${process.arch}`)}`,
    program.name,
  );
}

/** Twelve hex digits that change with the wrapper modules and settings of these programs (and with `salt`). */
export function recipeHash(programs: readonly GoProgram[], salt = ""): string {
  const hash = createHash("sha256").update(salt);
  for (const program of programs) {
    hash.update(`\n${program.package ?? "."} ${JSON.stringify(flags(program))}\n`);
    const dir = wrapperDir(program);
    for (const file of fs.readdirSync(dir, { recursive: true, encoding: "utf8" }).sort()) {
      const full = path.join(dir, file);
      if (fs.statSync(full).isFile()) hash.update(`${file}\n`).update(fs.readFileSync(full));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

function wrapperDir(program: GoProgram): string {
  return program.dir ?? inRoot("tools/toolchain/go", program.name.replace(/^pulumi-/, ""));
}

function flags(program: GoProgram): string[] {
  const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  return [...tags(program), "-ldflags", ["-s", "-w", ...variables].join(" ")];
}

function tags(program: GoProgram): string[] {
  return program.tags?.length ? ["-tags", program.tags.join(",")] : [];
}

/** Static binaries (they run in any image, and need no C compiler), nothing of the caller's workspace or flags. */
function goEnv(): Record<string, string> {
  return { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "-buildvcs=false", GO111MODULE: "on" };
}
