import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type RunOptions, run } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { type Rust, rustToolchain } from "./rust-install";

/** A program that is built from a package of ours and the crates that its Cargo.lock names. */
export interface CargoProgram {
  /** Name of the binary. */
  readonly name: string;
  /** Folder of Cargo.toml. */
  readonly dir: string;
}

/** What a build reads, besides crates. */
const PARTS = ["Cargo.lock", "Cargo.toml", "src"];

/**
 * Path of the built program, static as those from Go modules are; it is built when its sources have not been yet. What Cargo needs
 * comes from where its own configuration says, and from nowhere once it is there.
 */
export async function buildCargo(program: CargoProgram, progress: Progress): Promise<string> {
  const rust = await rustToolchain(progress);
  const hash = createHash("sha256").update(JSON.stringify([sources(program), rust.version, rust.host, flags("")]));
  const target = cacheDir("programs", `${program.name}-${hash.digest("hex").slice(0, 12)}`, program.name);
  if (fs.existsSync(target)) return target;
  return withLock(cacheDir("locks", `cargo-${program.name}.lock`), async () => {
    if (!fs.existsSync(target)) await compile(program, rust, target, progress);
    return target;
  });
}

/** Path and content of each file that the program is made of, in order. */
export function sources({ dir }: CargoProgram): [name: string, content: string][] {
  const names = PARTS.flatMap((part) => {
    const full = path.join(dir, part);
    if (!fs.statSync(full).isDirectory()) return [part];
    const inside = fs.readdirSync(full, { recursive: true, encoding: "utf8" }).map((name) => path.join(part, name));
    return inside.filter((name) => fs.statSync(path.join(dir, name)).isFile()).sort();
  });
  return names.map((name) => [name, fs.readFileSync(path.join(dir, name), "utf8")]);
}

/** Everything is in the binary, and nothing tells where it was built. */
function flags(cargoHome: string): string {
  return `-C target-feature=+crt-static --remap-path-prefix=${cargoHome}=/cargo`;
}

/** Runs a command of Cargo as the program is built: crates that were compiled for either are not compiled again. */
export function cargo(program: CargoProgram, rust: Rust, command: readonly string[], onLine?: RunOptions["onLine"]) {
  const cargoHome = process.env.CARGO_HOME || path.join(os.homedir(), ".cargo");
  // with a target of its own, so that the flags are not those of programs that only take part in the build
  const settings = ["--release", "--locked", "--target", rust.host, "--target-dir", built(program, rust)];
  return run(rust.cargo, [...command, ...settings], {
    cwd: program.dir,
    background: true,
    env: {
      RUSTFLAGS: flags(cargoHome),
      CARGO_ENCODED_RUSTFLAGS: undefined,
      CARGO_TERM_COLOR: "never",
      CARGO_TERM_PROGRESS_WHEN: "never",
    },
    ...(onLine ? { onLine } : {}),
  });
}

/** Where Cargo keeps what it compiled, whatever changes in the program. */
function built(program: CargoProgram, rust: Rust): string {
  return ensureDir(cacheDir("cargo", `${program.name}-${rust.version}`));
}

async function compile(program: CargoProgram, rust: Rust, target: string, progress: Progress): Promise<void> {
  await progress.step(`Build ${program.name} with Rust ${rust.version}`, (step) =>
    cargo(program, rust, ["build"], (line) => step.detail(line.trim().slice(0, 60))),
  );
  ensureDir(path.dirname(target));
  const partial = `${target}.${process.pid}.partial`;
  fs.copyFileSync(path.join(built(program, rust), rust.host, "release", program.name), partial);
  fs.chmodSync(partial, 0o755);
  fs.renameSync(partial, target);
}
