import { beforeAll, describe, expect, it } from "vitest";
import { type CommandError, succeeds } from "../../tools/core/exec";
import { Progress } from "../../tools/core/progress";
import { PROGRAM } from "../../tools/images/recipes/files";
import { cargo } from "../../tools/toolchain/cargo";
import { type Rust, rustToolchain } from "../../tools/toolchain/rust-install";

/** The back end of gauzian by its own tests: the compiler is the real one, and so are crates, sockets and signals. */
describe("apps/files", () => {
  let rust: Rust;
  beforeAll(async () => {
    rust = await rustToolchain(new Progress());
  });

  it("passes its own tests", async () => {
    const { stdout } = await cargo(PROGRAM, rust, ["test"]);
    const passed = [...stdout.matchAll(/^test result: ok\. (\d+) passed; 0 failed; 0 ignored/gm)].map(([, n]) =>
      Number(n),
    );
    expect(passed.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(40);
  });

  it("gives clippy nothing to say", async (context) => {
    if (!(await succeeds(rust.cargo, ["clippy", "--version"]))) return context.skip("needs clippy beside cargo");
    const said = await cargo(PROGRAM, rust, ["clippy", "--all-targets"]).then(
      ({ stderr }) => stderr,
      (error: CommandError) => error.stderr,
    );
    expect(said.split("\n").filter((line) => /^(warning|error)/.test(line))).toEqual([]);
    expect(said).toContain("Finished");
  });
});
