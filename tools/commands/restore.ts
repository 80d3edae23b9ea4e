import type { Command } from "../core/command";
import { type RestoreOptions, restore } from "../restore";

export function register(program: Command): void {
  program
    .command("restore")
    .description("list the dumps of a stack's database or of its Grafana's content, or restore one of them")
    .argument("[stack]", "stack that is running", "dev")
    .option(
      "--from <dump>",
      "dump to restore: its name, or latest, which is refused when an older one is more than 5 times as large",
    )
    .option("--component <name>", "what to restore, where the stack has several with dumps, such as grafana")
    .option("--yes", "restore; without it, only say what that would do", false)
    .option("--jobs", "only run the jobs that follow a restore, for one that went on without this command", false)
    .option("--config-file <file>", "configuration file in place of the stack's own")
    .action((stack: string, options: RestoreOptions) => restore(stack, options));
}
