import { formatProblems } from "../../components/core/problems";
import { parseConfig } from "../../stacks/config";
import { checksOf } from "../check";
import { declare } from "../check/declared";
import { allGood, runChecks } from "../check/runner";
import { formatRow, formatSummary, layoutOf } from "../check/table";
import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { readConfig, readProject } from "../engine/project";
import { copiedConfig } from "../pulumi/home";
import { type Passwords, readPasswords } from "../pulumi/passwords";
import { lastConfig, lastImages } from "../pulumi/stack-config";

interface CheckOptions {
  readonly config: Readonly<Record<string, string>>;
  readonly configFile?: string;
  readonly once: boolean;
}

export function register(program: Command): void {
  program
    .command("check")
    .description("check a running stack against its code: pass, fail or not-run; exit code 1 unless all is well")
    .argument("[stack]", "stack to check", "dev")
    .option("-c, --config <key=value...>", "configuration in place of the stack's own", keyValues, {})
    .option("--once", "do not give a stack that has just come up the time to settle", false)
    .option("--config-file <file>", "configuration file in place of the stack's own")
    .action(async (stack: string, options: CheckOptions) => {
      if (!(await check(stack, options))) process.exitCode = 1;
    });
}

/** Prints one row for each check as it comes, then how many passed; returns whether all is well. */
async function check(stack: string, options: CheckOptions): Promise<boolean> {
  const begun = Date.now();
  const project = readProject(ROOT);
  const file = lastConfig(stack, options.configFile);
  const overrides = { ...lastImages(copiedConfig(stack)), ...options.config };
  const { values } = readConfig(project, stack, { overrides, ...(file ? { file } : {}) });
  const { config, problems } = parseConfig(values);
  if (problems.length > 0) throw new UserError(formatProblems(problems));
  let passwords: Promise<Passwords> | undefined;
  const { running, checks } = checksOf(declare(stack, config), () => {
    passwords ??= readPasswords(stack, new Progress(process.stderr, true), options.configFile);
    return passwords;
  });
  const layout = layoutOf(checks, process.stdout.isTTY && !process.env.NO_COLOR);
  process.stdout.write(`${stack} on ${running.where}\n\n`);
  const results = await runChecks(checks, {
    once: options.once,
    onResult: (result) => process.stdout.write(`${formatRow(result, layout)}\n`),
  });
  process.stdout.write(`\n${formatSummary(results, Date.now() - begun)}\n`);
  return allGood(results);
}

function keyValues(given: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  const at = given.indexOf("=");
  if (at < 1) throw new UserError(`--config ${given}: must be <key>=<value>, such as kafkaBrokers=1.`);
  return { ...earlier, [given.slice(0, at)]: given.slice(at + 1) };
}
