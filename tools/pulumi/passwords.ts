import type { Progress } from "../core/progress";
import { isLeaf, plain } from "../engine/values";
import { recordStack } from "../render/render";
import { RandomStore } from "../render/store";
import { copiedConfig } from "./home";
import { toolchainOf } from "./prepare";
import { lastImages, readSubject } from "./stack-config";
import { existing, Workspace } from "./workspace";

export type Passwords = Readonly<Record<string, string>>;

/** The generated passwords of a stack: from its state, or, where its manifests were rendered, from what render keeps. */
export async function readPasswords(stack: string, progress: Progress, configFile?: string): Promise<Passwords> {
  const subject = readSubject(stack, configFile);
  const store = new RandomStore(stack);
  if (subject.config.target === "kubernetes" && store.used) {
    const config = lastImages(copiedConfig(stack));
    const recording = await recordStack({ stack, config, ...(configFile ? { configFile } : {}) }, store.source);
    const passwords = plain(recording.outputs.passwords ?? {});
    return isLeaf(passwords) ? {} : (passwords as Passwords);
  }
  const workspace = new Workspace(subject.project, stack, await toolchainOf(subject, progress));
  await existing(workspace);
  return ((await workspace.output("passwords")) ?? {}) as Passwords;
}
