import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { Progress } from "../core/progress";
import { readPasswords } from "../pulumi/passwords";

export function register(program: Command): void {
  program
    .command("secret")
    .description("print a generated password of a stack, or the names of all")
    .argument("[stack]", "stack that was brought up or rendered", "dev")
    .argument("[name]", "name of the password, such as grafana-admin")
    .option("--config-file <file>", "configuration file in place of the stack's own")
    .action(async (stack: string, name: string | undefined, options: { readonly configFile?: string }) => {
      const passwords = await readPasswords(stack, new Progress(), options.configFile);
      process.stdout.write(`${select(stack, passwords, name)}\n`);
    });
}

/** The value of one, or the names of all, a line each. */
export function select(stack: string, passwords: Readonly<Record<string, string>>, name: string | undefined): string {
  const names = Object.keys(passwords).sort();
  if (name === undefined) return names.length > 0 ? names.join("\n") : `Stack ${stack} has no generated passwords.`;
  const value = passwords[name];
  if (value !== undefined) return value;
  throw new UserError(`${name} is no generated password of stack ${stack}. There are: ${names.join(", ") || "none"}.`);
}
