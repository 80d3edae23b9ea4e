import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Progress } from "../../tools/core/progress";
import { buildCargo, type CargoProgram, sources } from "../../tools/toolchain/cargo";
import { isNewEnough, parseVersion, rustOnPath } from "../../tools/toolchain/rust-install";

const HOST = "x86_64-unknown-linux-gnu";
const quiet = new Progress(process.stderr, true);

let dir: string;
let program: CargoProgram;

/** A program of this name on the search path. */
function stub(name: string, script: string): void {
  fs.writeFileSync(path.join(dir, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-rust-"));
  program = { name: "demo", dir: path.join(dir, "app") };
  fs.mkdirSync(path.join(dir, "bin"));
  fs.mkdirSync(path.join(program.dir, "src/part"), { recursive: true });
  for (const name of ["Cargo.toml", "Cargo.lock", "README.md", "src/main.rs", "src/part/mod.rs"])
    fs.writeFileSync(path.join(program.dir, name), name);
  stub("rustc", `printf 'rustc 1.90.0 (abc 2025-09-14)\\nbinary: rustc\\nhost: ${HOST}\\nrelease: 1.90.0\\n'`);
  stub("cc", "exit 1");
  // writes down how it was called, and makes of the sources what would be a program
  stub(
    "cargo",
    `echo "$RUSTFLAGS | $*" >> "${dir}/calls"
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/${HOST}/release" && cat src/main.rs > "$2/${HOST}/release/demo"`,
  );
  vi.stubEnv("PATH", `${path.join(dir, "bin")}:/usr/bin:/bin`);
  vi.stubEnv("DATASTACK_CACHE", path.join(dir, "cache"));
  vi.stubEnv("CARGO_HOME", "/somewhere/cargo");
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(dir, { recursive: true });
});

describe("the Rust that is taken", () => {
  it("is new enough for the applications", () => {
    expect(["1.85.0", "1.95.0", "1.97.0-nightly", "2.0.0"].map(isNewEnough)).toEqual([true, true, true, true]);
    expect(["1.84.1", "0.99.0", "", "1"].map(isNewEnough)).toEqual([false, false, false, false]);
    expect(parseVersion("rustc 1.95.0\nhost: a\nrelease: 1.95.0\n")).toEqual({ release: "1.95.0", host: "a" });
    expect(parseVersion("error: no default toolchain")).toEqual({});
  });

  it("is the one on PATH, when it works", async () => {
    expect(await rustOnPath()).toEqual({ cargo: path.join(dir, "bin/cargo"), version: "1.90.0", host: HOST });
    stub("rustc", "echo 'error: rustup could not choose a version' >&2; exit 1");
    expect(await rustOnPath()).toBeUndefined();
    stub("rustc", `printf 'host: ${HOST}\\nrelease: 1.63.0\\n'`);
    expect(await rustOnPath()).toBeUndefined();
    expect(await rustOnPath("/nowhere")).toBeUndefined();
  });
});

describe("a program of Rust", () => {
  const calls = () => fs.readFileSync(path.join(dir, "calls"), "utf8").trim().split("\n");

  it("is built from its sources and locked crates, static, once", async () => {
    expect(sources(program).map(([name]) => name)).toEqual([
      "Cargo.lock",
      "Cargo.toml",
      "src/main.rs",
      "src/part/mod.rs",
    ]);
    const built = await buildCargo(program, quiet);
    expect(fs.readFileSync(built, "utf8")).toBe("src/main.rs");
    expect(fs.statSync(built).mode & 0o777).toBe(0o755);
    expect(await buildCargo(program, quiet)).toBe(built);
    fs.writeFileSync(path.join(program.dir, "README.md"), "of no consequence");
    expect(await buildCargo(program, quiet)).toBe(built);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(
      /^-C target-feature=\+crt-static --remap-path-prefix=\/somewhere\/cargo=\/cargo \| build /,
    );
    expect(calls()[0]).toContain(`--release --locked --target ${HOST} --target-dir ${dir}/cache/cargo/demo-1.90.0`);
  });

  it("is built again when one of them has changed, and where crates are compiled already", async () => {
    const first = await buildCargo(program, quiet);
    fs.writeFileSync(path.join(program.dir, "src/main.rs"), "changed");
    const second = await buildCargo(program, quiet);
    expect(second).not.toBe(first);
    expect(fs.readFileSync(second, "utf8")).toBe("changed");
    fs.writeFileSync(path.join(program.dir, "Cargo.lock"), "another crate");
    expect(await buildCargo(program, quiet)).not.toBe(second);
    const folders = calls().map((call) => /--target-dir (\S+)/.exec(call)?.[1]);
    expect(new Set(folders).size).toBe(1);
    expect(fs.existsSync(first)).toBe(true);
  });

  it("leaves nothing that could be taken for it when it cannot be built", async () => {
    stub("cargo", "echo 'error: could not compile `demo`' >&2; exit 101");
    await expect(buildCargo(program, quiet)).rejects.toThrow("could not compile `demo`");
    expect(fs.existsSync(path.join(dir, "cache/programs"))).toBe(false);
  });
});
