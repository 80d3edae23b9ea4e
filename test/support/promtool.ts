import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { which } from "../../tools/core/exec";
import { Progress } from "../../tools/core/progress";
import { builtGo } from "../../tools/toolchain/go";
import { PROMTOOL } from "../../tools/toolchain/programs";

const execute = promisify(execFile);

/** One on PATH, else the one that this project built earlier. Tests do not build it. */
export async function findPromtool(): Promise<string | undefined> {
  return which("promtool") ?? (await builtGo(PROMTOOL, new Progress(process.stderr, true)).catch(() => undefined));
}

/** Files by name, written to a folder of their own; `promtool` runs in it. Rejects with what it printed when it fails. */
export async function promtool(
  program: string,
  files: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
    const { stdout, stderr } = await execute(program, [...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool ${args.slice(0, 2).join(" ")} FAILED:\n${stderr || stdout}`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
