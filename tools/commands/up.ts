import type { Command } from "../core/command";
import { IMAGE_SOURCES, type ImageSource } from "../images";
import { bringUp } from "../pulumi/up";

interface Options {
  readonly yes: boolean;
  readonly images?: ImageSource;
  readonly recover: readonly string[];
  readonly configFile?: string;
}

export async function register(program: Command): Promise<void> {
  const { Option } = await import("commander");
  program
    .command("up")
    .description("bring a stack up: everything that it needs, then pulumi up; run again, it changes only what differs")
    .argument("[stack]", "stack to bring up", "dev")
    .option("--yes", "install and start a Docker engine without asking", false)
    .addOption(
      new Option(
        "--images <source>",
        "where images come from: their registries, built on this machine, or built only where no registry can be reached " +
          "(default: as in the last run, at first auto)",
      ).choices([...IMAGE_SOURCES]),
    )
    .option("--recover <broker...>", "brokers whose volume was lost, such as kafka-0: they join the others anew", [])
    .option("--config-file <file>", "configuration file in place of the stack's own")
    .action((stack: string, options: Options) => bringUp(stack, options));
}
