import { access, addIngress, type Choice, down, kubectl, load, restart, status, up } from "../cluster/cluster";
import { DEFAULT_NAME, type Layout, layoutOf } from "../cluster/settings";
import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { Progress } from "../core/progress";

interface Named {
  readonly name?: string;
}

export function register(program: Command): void {
  const cluster = program
    .command("cluster")
    .description(
      "A Kubernetes node on this machine, for tests: kind where its image can be had, else a node of our own",
    )
    .option("--name <name>", "name of the cluster", DEFAULT_NAME)
    .enablePositionalOptions();
  const layout = (own: Named = {}): Layout => layoutOf(own.name ?? cluster.opts<{ name: string }>().name);
  // the name may stand before and after the action
  const action = (name: string, description: string): Command =>
    cluster
      .command(name)
      .description(description)
      .option("--name <name>", `name of the cluster (default: "${DEFAULT_NAME}")`);

  action("up", "create it or bring it up again, and load the Docker engine's datastack.local images")
    .option("--use <way>", "kind, node (our own) or auto", "auto")
    .option("--yes", "install missing packages without asking", false)
    .action(async (options: Named & { use: string; yes: boolean }) => {
      const progress = new Progress();
      await up(layout(options), choiceOf(options.use), options.yes, progress);
      process.stdout.write(`The cluster is up (${progress.total}).\n${access(layout(options))}\n`);
    });
  action("down", "stop and remove it with all of its data")
    .option("--keep-volumes", "keep the volumes; the next cluster gives them to the claims of the same name", false)
    .action(async (options: Named & { keepVolumes: boolean }) => {
      const progress = new Progress();
      const removed = await down(layout(options), options.keepVolumes, progress);
      process.stdout.write(removed ? `The cluster is removed (${progress.total}).\n` : "There is no such cluster.\n");
    });
  action("status", "nodes and pods; exit code 1 when it does not run").action(async (options: Named) => {
    const result = await status(layout(options));
    process.stdout.write(`${result.text}\n`);
    if (!result.up) process.exitCode = 1;
  });
  action("load", "load images of the Docker engine that are new or changed")
    .argument("[images...]", "which ones; all of datastack.local when none is named")
    .action(async (images: string[], options: Named) => {
      const { loaded } = await load(layout(options), images, new Progress());
      for (const image of loaded) process.stdout.write(`${image}\n`);
    });
  action("add", "add what comes with most clusters, and not with this one")
    .argument("<what>", "traefik: an ingress controller, with its kinds of objects and those of the Gateway API")
    .action(async (what: string, options: Named) => {
      if (what !== "traefik") throw new UserError(`cluster add ${what}: the only one that can be added is traefik.`);
      const progress = new Progress();
      await addIngress(layout(options), progress);
      process.stdout.write(`Traefik runs, with the ingress class and the gateway class traefik (${progress.total}).\n`);
    });
  action("node", "act on the node")
    .argument("<action>", "restart: stop every process and pod of it, and start it again with its data")
    .action(async (what: string, options: Named) => {
      if (what !== "restart") throw new UserError(`cluster node ${what}: the only action is restart.`);
      const progress = new Progress();
      await restart(layout(options), progress);
      process.stdout.write(`The node is up again (${progress.total}).\n`);
    });
  cluster
    .command("kubectl")
    .description("run kubectl on the cluster; the cluster's --name stands before it")
    .argument("[args...]", "arguments of kubectl")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => {
      process.exitCode = await kubectl(layout(), args);
    });
}

function choiceOf(text: string): Choice {
  if (text === "auto" || text === "kind" || text === "node") return text;
  throw new UserError(`--use ${text}: must be kind, node or auto.`);
}
