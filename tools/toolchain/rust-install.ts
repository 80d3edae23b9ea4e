import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture, which } from "../core/exec";
import type { Progress } from "../core/progress";
import { installPackages, isRootOnDebian } from "../core/system";

/** Oldest Rust that builds the applications: that of Debian 13, which their Cargo.toml names too. */
export const MIN_RUST = [1, 85] as const;

export interface Rust {
  /** Full path of `cargo`. */
  readonly cargo: string;
  /** Such as `1.95.0`. */
  readonly version: string;
  /** What it builds for by itself, such as `x86_64-unknown-linux-gnu`. */
  readonly host: string;
}

/** Debian's names for it: releases keep one current for browsers, beside the one that they were released with. */
const PACKAGES: readonly (readonly string[])[] = [
  ["cargo-web", "rustc-web"],
  ["cargo", "rustc"],
];
/** What links a program. */
const LINKER = ["gcc", "libc6-dev"];

const NEEDED = `Rust ${MIN_RUST.join(".")} or newer and a C linker (cc) are needed to build images of Rust applications`;

/** A Rust that is new enough: the one on PATH, else Debian's. */
export async function rustToolchain(progress: Progress): Promise<Rust> {
  const there = await rustOnPath();
  if (there && which("cc")) return there;
  if (!isRootOnDebian()) {
    const what = there ? "There is no cc" : "There is none on PATH";
    throw new UserError(
      `${NEEDED}. ${what}: install it (https://rustup.rs, or your system's packages), then run again.`,
    );
  }
  return progress.step(`Install ${there ? "a linker" : "Rust"} from Debian`, () => (there ? link(there) : install()));
}

async function link(rust: Rust): Promise<Rust> {
  await installPackages(LINKER);
  return rust;
}

async function install(): Promise<Rust> {
  for (const packages of PACKAGES) {
    try {
      await installPackages([...packages, ...LINKER]);
    } catch {
      // this release has no such package
      continue;
    }
    const rust = await rustOnPath();
    if (rust) return rust;
  }
  throw new UserError(
    `${NEEDED}. This release's packages are older: install it from https://rustup.rs and put it on PATH, then run again.`,
  );
}

/** The Rust on a search path, when it is new enough and works. */
export async function rustOnPath(searchPath = process.env.PATH): Promise<Rust | undefined> {
  const [cargo, rustc] = [which("cargo", searchPath), which("rustc", searchPath)];
  if (!cargo || !rustc) return undefined;
  try {
    // rustup chooses by folder; that of the program says nothing
    const text = await capture(rustc, ["--version", "--verbose"], { cwd: path.dirname(rustc) });
    const { release, host } = parseVersion(text);
    return release && host && isNewEnough(release) ? { cargo, version: release, host } : undefined;
  } catch {
    // rustup without a toolchain
    return undefined;
  }
}

/** What `rustc --version --verbose` says. */
export function parseVersion(text: string): { readonly release?: string; readonly host?: string } {
  const field = (name: string) => new RegExp(`^${name}: (\\S+)$`, "m").exec(text)?.[1];
  const [release, host] = [field("release"), field("host")];
  return { ...(release ? { release } : {}), ...(host ? { host } : {}) };
}

/** `1.95.0` and `1.97.0-nightly` alike; the fix level does not count. */
export function isNewEnough(version: string): boolean {
  const match = /^(\d+)\.(\d+)\./.exec(version);
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > MIN_RUST[0] || (major === MIN_RUST[0] && minor >= MIN_RUST[1]);
}
