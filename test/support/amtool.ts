import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import type { TestContext } from "vitest";
import { which } from "../../tools/core/exec";
import { Progress } from "../../tools/core/progress";
import { builtGo } from "../../tools/toolchain/go";
import { AMTOOL } from "../../tools/toolchain/programs";

const execute = promisify(execFile);
const MISSING = "amtool is neither on PATH nor built yet; npm start builds it";

/** One on PATH, else the one that this project built earlier. Tests do not build it; in CI a missing one is a failure. */
export async function amtool(context: TestContext): Promise<string> {
  const found = which("amtool") ?? (await builtGo(AMTOOL, new Progress(process.stderr, true)).catch(() => undefined));
  if (!found && process.env.CI) throw new Error(MISSING);
  context.skip(!found, MISSING);
  return found ?? "";
}

/** Files by their paths in the container, written to a folder, with these paths in them made to lie there. */
export async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (at: (path: string) => string) => Promise<T>,
): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amtool-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(
        path.join(folder, name),
        content.replaceAll("/etc/alertmanager/", `${folder}/etc/alertmanager/`),
      );
    }
    return await use((name) => path.join(folder, name));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** What it prints; rejects with that when it fails. */
export async function runAmtool(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await execute(program, [...args]);
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`amtool ${args.slice(0, 2).join(" ")} FAILED:\n${stdout}${stderr}`);
  }
}
