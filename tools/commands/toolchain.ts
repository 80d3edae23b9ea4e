import type { Command } from "../core/command";

export function register(program: Command): void {
  program
    .command("toolchain")
    .description("Pulumi, its providers and other programs")
    .action(() => undefined);
}
