import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { withLock } from "../core/lock";
import { inRoot } from "../core/paths";
import { Progress } from "../core/progress";
import { type PrepareOptions, prepare } from "../e2e/prepare";
import { formatCounts, runSuite, type SuiteResult } from "../e2e/run";
import { needIngress, type Suite, selectSuites, suitesOf } from "../e2e/suites";
import { sweepEngine } from "../e2e/sweep";

export function register(program: Command): void {
  program
    .command("e2e")
    .description("end-to-end tests on the real engines; brings what they need and removes what they leave")
    .argument("[suites...]", "docker, kubernetes, or one file such as docker-stack; all when none is named")
    .option("--yes", "install a Docker engine and packages without asking", false)
    .option("--keep-cluster", "leave the Kubernetes node up", false)
    .action(async (names: string[], options: Options) => {
      process.exitCode = await e2e(names, options);
    });
}

type Options = Omit<PrepareOptions, "ingress">;

async function e2e(names: readonly string[], options: Options): Promise<number> {
  const all = suitesOf(fs.readdirSync(inRoot("test", "e2e")));
  const suites = selectSuites(all, names);
  if (suites.length === 0) {
    throw new UserError(
      `No end-to-end suite is called ${names.join(", ")}. There are: ${all.map((s) => s.name).join(", ")}.`,
    );
  }
  const progress = new Progress();
  // stacks of two runs would have the same names on one engine, whatever checkouts they come from
  return withLock(
    path.join(os.tmpdir(), "datastack-e2e.lock"),
    () => runAll(suites, options, progress),
    (pid) => progress.note(`Waiting for process ${pid}, which runs end-to-end tests on this machine.`),
  );
}

async function runAll(suites: readonly Suite[], options: Options, progress: Progress): Promise<number> {
  const engines = [...new Set(suites.map((suite) => suite.engine))];
  const { cluster, cleanUp } = await prepare(engines, { ...options, ingress: needIngress(suites) }, progress);
  process.once("exit", sweepEngine);
  const results: SuiteResult[] = [];
  try {
    for (const suite of suites) {
      if (suite.engine === "kubernetes") await cluster();
      results.push(await runSuite(suite));
    }
  } finally {
    process.off("exit", sweepEngine);
    sweepEngine();
    await cleanUp();
  }
  process.stdout.write(`\n${formatCounts(results)}\n`);
  return results.every((result) => result.code === 0) ? 0 : 1;
}
