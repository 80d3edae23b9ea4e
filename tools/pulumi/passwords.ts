import { declareStack } from "../../stacks/systems";
import type { Progress } from "../core/progress";
import { isLeaf, plain } from "../engine/values";
import { recordStack } from "../render/render";
import { RandomStore } from "../render/store";
import { ensureToolchain } from "../toolchain";
import { isDeployedHere } from "./home";
import { deployedImages } from "./prepare";
import { imageValues, lastConfig, readSubject, type Subject, textsOf } from "./stack-config";
import { isInUse } from "./state";
import { existing, Workspace } from "./workspace";

export type Passwords = Readonly<Record<string, string>>;

/** The generated passwords of a stack: of its state where that has deployed it, else what render keeps for its manifests. */
export async function readPasswords(stack: string, progress: Progress, configFile?: string): Promise<Passwords> {
  const subject = readSubject(stack, lastConfig(stack, configFile));
  const store = new RandomStore(stack);
  if (subject.config.target === "kubernetes" && store.used && !(await isDeployed(subject, progress))) {
    return renderedPasswords(subject, store);
  }
  const workspace = await workspaceOf(subject, progress);
  await existing(workspace);
  return ((await workspace.output("passwords")) ?? {}) as Passwords;
}

/** Whether anything is in the stack's state. That is there, and empty, of a stack that was taken down or only previewed. */
export async function isDeployed(subject: Subject, progress: Progress): Promise<boolean> {
  const here = isDeployedHere(subject.project, subject.stack);
  if (here !== undefined) return here;
  const state = await (await workspaceOf(subject, progress)).find();
  return state !== undefined && isInUse(state);
}

async function renderedPasswords(subject: Subject, { source: random }: RandomStore): Promise<Passwords> {
  const { stack, source } = subject;
  const plans = declareStack(stack, subject.config).blueprint.plans();
  const config = textsOf(imageValues(subject.config, deployedImages(subject, plans)));
  const recording = await recordStack({ stack, config, configFile: source }, random);
  const passwords = plain(recording.outputs.passwords ?? {});
  return isLeaf(passwords) ? {} : (passwords as Passwords);
}

/** To read a state, Pulumi needs no provider. */
async function workspaceOf({ project, stack }: Subject, progress: Progress): Promise<Workspace> {
  return new Workspace(project, stack, await ensureToolchain(progress, []));
}
