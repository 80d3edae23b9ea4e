import type { Command } from "../core/command";
import { preview } from "../pulumi/preview";

interface Options {
  readonly yes: boolean;
  readonly configFile?: string;
}

export function register(program: Command): void {
  program
    .command("preview")
    .description("show what up would change, with the differences of files; changes nothing")
    .argument("[stack]", "stack to look at", "dev")
    .option("--yes", "install and start a Docker engine without asking", false)
    .option("--config-file <file>", "configuration file in place of the stack's own")
    .action((stack: string, options: Options) => preview(stack, options));
}
