import * as fs from "node:fs";
import * as path from "node:path";
import { inRoot, ROOT } from "../core/paths";
import { readConfig, readProject } from "../engine/project";
import { seededRandom } from "../engine/random";
import { runProgram } from "../engine/run-program";
import { inTurn, ratio } from "./measure";
import type { Row } from "./report";

/** Start of our program against an empty one, both by the SDK's runner as `pulumi up` starts them. */
export async function programStart(rounds: number): Promise<Row[]> {
  const empty = emptyProject();
  try {
    const works = { ours: () => start(ROOT, "dev"), empty: () => start(empty, "dev") };
    const { cold, warm } = await inTurn(works, rounds);
    if (!warm.ours || !warm.empty) throw new Error("a benchmark needs at least one round");
    const pair = (ours: number, other: number) =>
      `${(ours / 1000).toFixed(2)} s against ${(other / 1000).toFixed(2)} s`;
    const [first, second] = [warm.ours.ms[0] ?? 0, warm.empty.ms[0] ?? 0];
    return [
      {
        benchmark: "program start, first run in this process's caches",
        measured: pair(cold.ours ?? 0, cold.empty ?? 0),
        ratio: (cold.ours ?? Number.NaN) / (cold.empty ?? Number.NaN),
      },
      {
        benchmark: "program start, warm",
        measured: pair(first, second),
        ratio: ratio(warm.ours, warm.empty),
        target: 1.5,
      },
    ];
  } finally {
    fs.rmSync(empty, { recursive: true });
  }
}

function start(root: string, stack: string): Promise<unknown> {
  const project = readProject(root);
  return runProgram({ project, config: readConfig(project, stack), stack, random: seededRandom("bench") });
}

/** The same project with a program that does nothing. Inside the checkout, for the same SDK. */
export function emptyProject(): string {
  fs.mkdirSync(inRoot(".datastack"), { recursive: true });
  const root = fs.mkdtempSync(inRoot(".datastack", "bench-"));
  fs.mkdirSync(path.join(root, "stacks"));
  for (const file of ["Pulumi.yaml", "Pulumi.dev.yaml", "tsconfig.json"]) {
    fs.copyFileSync(path.join(ROOT, file), path.join(root, file));
  }
  fs.writeFileSync(path.join(root, "stacks/index.ts"), "export {};\n");
  return root;
}
