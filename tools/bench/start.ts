import * as fs from "node:fs";
import * as path from "node:path";
import { inRoot, ROOT } from "../core/paths";
import { readConfig, readProject } from "../engine/project";
import { seededRandom } from "../engine/random";
import { runProgram } from "../engine/run-program";
import { localReferences } from "../images";
import { inTurn, median, ratio } from "./measure";
import type { Row } from "./report";

/** A program that uses the SDK and registers nothing: what any Pulumi program costs. */
export const EMPTY = 'import * as pulumi from "@pulumi/pulumi";\n\nexport const stack = pulumi.getStack();\n';

/** Start of our program against an empty one, by the SDK's runner as `pulumi up` starts them, without an engine. */
export async function programStart(rounds: number): Promise<Row[]> {
  const projects = { empty: emptyProject(EMPTY), bare: emptyProject("export {};\n") };
  try {
    const { cold, warm } = await inTurn(
      {
        ours: () => start(ROOT),
        kafka: () => start(ROOT, { system: "kafka" }),
        empty: () => start(projects.empty),
        bare: () => start(projects.bare),
      },
      rounds,
    );
    const { ours, kafka, empty, bare } = warm;
    if (!ours || !kafka || !empty || !bare) throw new Error("a benchmark needs at least one round");
    const pair = (one = 0, other = 0) => `${(one / 1000).toFixed(2)} s against ${(other / 1000).toFixed(2)} s`;
    return [
      {
        benchmark: "program start, first round",
        measured: pair(cold.ours, cold.empty),
        ratio: (cold.ours ?? Number.NaN) / (cold.empty ?? Number.NaN),
      },
      {
        benchmark: "program start, warm",
        measured: pair(median(ours.ms), median(empty.ms)),
        ratio: ratio(ours, empty),
        target: 1.5,
      },
      {
        benchmark: "program start, warm, the monitored Kafka by itself",
        measured: pair(median(kafka.ms), median(empty.ms)),
        ratio: ratio(kafka, empty),
        target: 1.5,
      },
      {
        benchmark: "program start, warm, against one that does not even load the SDK",
        measured: pair(median(ours.ms), median(bare.ms)),
        ratio: ratio(ours, bare),
      },
    ];
  } finally {
    for (const root of Object.values(projects)) fs.rmSync(root, { recursive: true });
  }
}

function start(root: string, given: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const project = readProject(root);
  const overrides = { images: JSON.stringify(localReferences(["market"])), ...given };
  const config = readConfig(project, "dev", { overrides });
  return runProgram({ project, config, stack: "dev", random: seededRandom("bench") });
}

/** The same project with another program. Inside the checkout, for the same SDK. */
export function emptyProject(program: string): string {
  fs.mkdirSync(inRoot(".datastack"), { recursive: true });
  const root = fs.mkdtempSync(inRoot(".datastack", "bench-"));
  fs.mkdirSync(path.join(root, "stacks"));
  for (const file of ["Pulumi.yaml", "Pulumi.dev.yaml", "tsconfig.json"]) {
    fs.copyFileSync(path.join(ROOT, file), path.join(root, file));
  }
  fs.writeFileSync(path.join(root, "stacks/index.ts"), program);
  return root;
}
