import type { Command } from "../core/command";
import { type DownOptions, takeDown } from "../pulumi/down";

export function register(program: Command): void {
  program
    .command("down")
    .description("take a stack down; its volumes are kept, and the next up finds its data again")
    .argument("[stack]", "stack to take down", "dev")
    .option("--volumes", "remove its volumes too: all its data is gone", false)
    .option("--yes", "do not ask before volumes are removed", false)
    .option("--destroy-production", "needed for a stack with datastack:production", false)
    .option("--config-file <file>", "configuration file in place of the stack's own")
    .action((stack: string, options: DownOptions) => takeDown(stack, options));
}
