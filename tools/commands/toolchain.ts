import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { interactive } from "../core/exec";
import { ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { table } from "../core/terminal";
import { configCopy, ensureHome, stateEnv } from "../pulumi/home";
import { ensureTool, ensureToolchain, type PluginName, presentToolchain, type Toolchain } from "../toolchain";
import { PULUMI_VERSION, plugins } from "../toolchain/programs";

/** What every stack needs, whatever its target. */
const ALWAYS: readonly PluginName[] = ["random"];

/** Those that every stack on Docker needs, and that can be had everywhere. */
const USUAL: readonly PluginName[] = ["docker", "random"];

export function register(program: Command): void {
  // what follows `pulumi` is Pulumi's, options and all
  program.enablePositionalOptions();
  const toolchain = program
    .command("toolchain")
    .description("Pulumi, its providers, promtool and amtool")
    .enablePositionalOptions();
  toolchain
    .command("install", { isDefault: true })
    .description("find, download or build them, and say where each comes from")
    .action(install);
  toolchain
    .command("env")
    .description('print what plain pulumi needs in its environment: eval "$(npm run --silent toolchain -- env)"')
    .argument("[stack]", "stack whose configuration is named", "dev")
    .action(printEnvironment);
  toolchain
    .command("pulumi")
    .description("run pulumi with that environment, such as: pulumi stack output --show-secrets --stack dev")
    .argument("[args...]")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => {
      const { pulumi, env } = await present();
      process.exitCode = await interactive(pulumi, args, { cwd: ROOT, env });
    });
}

async function install(): Promise<void> {
  const progress = new Progress();
  const toolchain = await ensureToolchain(progress, [...USUAL, "kubernetes"]);
  const promtool = await ensureTool("promtool", progress);
  const amtool = await ensureTool("amtool", progress);
  const rows = plugins().map(({ name, version }) => {
    const have = toolchain.plugins.find((plugin) => plugin.name === name);
    return [`provider ${name}`, version, have?.source ?? "not to be had here", have ? toolchain.home : ""];
  });
  process.stdout.write(
    `${table([
      ["PROGRAM", "VERSION", "FROM", "WHERE"],
      ["pulumi", PULUMI_VERSION, toolchain.source, toolchain.pulumi],
      ...rows,
      ["promtool", "", "", promtool],
      ["amtool", "", "", amtool],
    ])}\n`,
  );
}

async function printEnvironment(stack: string): Promise<void> {
  const { env } = await present();
  const lines = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`);
  lines.push(`# for example: pulumi preview --stack ${stack} --config-file ${quote(configCopy(stack))}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function present(): Promise<{ pulumi: string; env: Record<string, string> }> {
  const toolchain: Toolchain | undefined = await presentToolchain(ALWAYS);
  if (!toolchain) throw new UserError("Pulumi or one of its providers is not there yet. Run: npm run toolchain");
  ensureHome();
  return { pulumi: toolchain.pulumi, env: { ...toolchain.env, ...stateEnv() } };
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
