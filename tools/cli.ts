import type { Command } from "./core/command";
import { UserError } from "./core/errors";
import { CommandError } from "./core/exec";

interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Loaded only when the command is used, so that `--help` and quick commands stay quick. */
  readonly load: () => Promise<{ register(program: Command): void | Promise<void> }>;
}

const COMMANDS: readonly Entry[] = [
  {
    name: "up",
    summary: "Bring a stack up: everything it needs, then pulumi up",
    load: () => import("./commands/up.js"),
  },
  { name: "preview", summary: "Show what up would change", load: () => import("./commands/preview.js") },
  { name: "down", summary: "Take a stack down; its volumes are kept", load: () => import("./commands/down.js") },
  { name: "restore", summary: "List a database's dumps, or restore one", load: () => import("./commands/restore.js") },
  { name: "check", summary: "Check a running stack: pass, fail or not-run", load: () => import("./commands/check.js") },
  { name: "secret", summary: "Print a generated password", load: () => import("./commands/secret.js") },
  { name: "render", summary: "Write the manifests of a Kubernetes stack", load: () => import("./commands/render.js") },
  { name: "cluster", summary: "A Kubernetes node on this machine", load: () => import("./commands/cluster.js") },
  {
    name: "toolchain",
    summary: "Pulumi, its providers and other programs",
    load: () => import("./commands/toolchain.js"),
  },
  { name: "images", summary: "Build or list the container images", load: () => import("./commands/images.js") },
  { name: "test", summary: "Unit, contract and identity tests", load: () => import("./commands/test.js") },
  { name: "e2e", summary: "End-to-end tests on the real engines", load: () => import("./commands/e2e.js") },
  { name: "bench", summary: "Benchmarks", load: () => import("./commands/bench.js") },
  { name: "docs", summary: "Generate the reference", load: () => import("./commands/docs.js") },
];

async function main(argv: readonly string[]): Promise<void> {
  const { Command } = await import("commander");
  const program = new Command("datastack")
    .description("Data platforms that are monitored from the first minute, on Docker and on Kubernetes")
    .helpCommand(false)
    .showHelpAfterError("(add --help for the options)");
  const wanted = COMMANDS.find((entry) => entry.name === argv[0]);
  if (wanted) await (await wanted.load()).register(program);
  else for (const { name, summary } of COMMANDS) program.command(name).description(summary);
  await program.parseAsync(argv, { from: "user" });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // anything else is a defect of ours, of which the stack is the useful part
  const expected = error instanceof UserError || error instanceof CommandError;
  const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = 1;
});
