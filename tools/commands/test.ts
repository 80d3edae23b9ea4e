import * as path from "node:path";
import type { Command } from "../core/command";
import { interactive } from "../core/exec";
import { inRoot, ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { ensureTool } from "../toolchain";

/** vitest's entry, run by the Node that runs us. */
export const VITEST = inRoot("node_modules", "vitest", "vitest.mjs");

export function register(program: Command): void {
  program
    .command("test")
    .description("unit, contract and identity tests; needs no engine. Everything after -- goes to vitest")
    .argument("[args...]", "arguments of vitest, such as a file or -t <name>")
    .allowUnknownOption()
    .action(async (args: string[]) => {
      process.exitCode = await test(args);
    });
}

async function test(args: readonly string[]): Promise<number> {
  // rules and routes are tested by Prometheus's and Alertmanager's own programs, without which those tests would only be skipped
  const progress = new Progress();
  const tools: string[] = [];
  for (const tool of ["promtool", "amtool", "alertmanager"] as const) tools.push(await ensureTool(tool, progress));
  const PATH = [...tools.map((tool) => path.dirname(tool)), process.env.PATH ?? ""].join(path.delimiter);
  return interactive(process.execPath, [VITEST, "run", ...args], { cwd: ROOT, env: { ...ENV, PATH } });
}

/** The loader of this program's own files must not get between vitest and its. */
export const ENV = { NODE_OPTIONS: undefined, TSX_TSCONFIG_PATH: undefined };
