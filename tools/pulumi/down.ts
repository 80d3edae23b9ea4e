import { STACK } from "../../components/target/kubernetes/labels";
import { declareStack } from "../../stacks/systems";
import { UserError } from "../core/errors";
import { capture, run } from "../core/exec";
import { Progress } from "../core/progress";
import { confirm } from "../core/terminal";
import { ensureEngine } from "../docker/engine";
import { refuseWrongCluster } from "./cluster-guard";
import { kubectlOf } from "./cluster-preflight";
import { lookAtEngine } from "./engine-facts";
import { refuseWrongEngine } from "./engine-guard";
import { writeConfigCopy } from "./home";
import { BY_PROGRAM, operate } from "./operation";
import { deployedImages, toolchainOf, useEngineOf } from "./prepare";
import { recover } from "./recover";
import { imageValues, readSubject, type Subject } from "./stack-config";
import { existing, Workspace } from "./workspace";

export interface DownOptions {
  readonly volumes: boolean;
  readonly yes: boolean;
  readonly destroyProduction: boolean;
  readonly configFile?: string;
}

/** Destroys what a stack runs; its volumes only when asked to. */
export async function takeDown(stack: string, options: DownOptions): Promise<void> {
  const progress = new Progress();
  const subject = readSubject(stack, options.configFile);
  refuseProduction(subject, options);
  useEngineOf(subject);
  const onDocker = subject.config.target === "docker";
  if (options.volumes && !onDocker) {
    throw new UserError(
      `--volumes is for Docker. On Kubernetes: ${kubectlOf(subject.config)} -n ${subject.config.namespace ?? stack} delete pvc -l ${STACK}=${stack}`,
    );
  }
  const engine = onDocker ? await ensureEngine(progress, options) : undefined;
  const workspace = new Workspace(
    subject.project,
    stack,
    await toolchainOf(subject, progress),
    engine ? { DOCKER_HOST: engine.host } : {},
  );
  const state = await existing(workspace);
  const content = engine && (await lookAtEngine(stack, engine.host));
  await (content ? refuseWrongEngine(workspace, content, state, options.volumes) : refuseWrongCluster(subject, state));
  const question = `Remove the volumes of stack ${stack}, with all its data?`;
  if (options.volumes && !options.yes && !(await confirm(question, "no"))) throw new UserError("Nothing was changed.");
  await workspace.unlock(progress);
  // what was checked is what is gone by; the images are those that run
  const plans = declareStack(stack, subject.config).blueprint.plans();
  writeConfigCopy(stack, subject.source, imageValues(subject.config, deployedImages(subject, plans)));
  await recover(workspace, progress, state, content);
  const { changes } = await operate("destroy", workspace, progress, onDocker ? [] : BY_PROGRAM);
  progress.note(`Stack ${stack}: ${changes} (${progress.total}).`);
  const volumes = onDocker ? await volumesOf(stack) : [];
  if (options.volumes && volumes.length > 0) {
    await progress.step(`Remove volumes (${volumes.join(", ")})`, () => run("docker", ["volume", "rm", ...volumes]));
  } else if (volumes.length > 0) {
    progress.note(
      `Kept: the volumes ${volumes.join(", ")}. npm start -- ${stack} takes them up again; npm run down -- ${stack} --volumes removes them.`,
    );
  }
}

/** A production stack goes down only on purpose. */
export function refuseProduction({ stack, config }: Pick<Subject, "stack" | "config">, options: DownOptions): void {
  if (!config.production || options.destroyProduction) return;
  throw new UserError(
    `Stack ${stack} is a production stack (datastack:production). To take it down all the same, add --destroy-production; what is ` +
      "protected has to be released first: set datastack:production to false and run npm start.",
  );
}

/** Names of the volumes that carry the stack's label. */
async function volumesOf(stack: string): Promise<string[]> {
  const names = await capture("docker", ["volume", "ls", "--quiet", "--filter", `label=datastack.stack=${stack}`]);
  return names.split("\n").filter(Boolean).sort();
}
