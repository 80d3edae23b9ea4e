import type { Plan } from "../../components/target/workload";
import { declareStack } from "../../stacks/systems";
import { both } from "../core/both";
import { elapsed, Progress } from "../core/progress";
import { table } from "../core/terminal";
import { consentToEngine, engineHindrance, runningEngine } from "../docker/engine";
import type { ImageSource } from "../images";
import { presentToolchain } from "../toolchain";
import { clusterDemand, lookAtCluster } from "./cluster-facts";
import { refuseWrongCluster } from "./cluster-guard";
import { judgeCluster } from "./cluster-preflight";
import { lookAtEngine } from "./engine-facts";
import { refuseWrongEngine, rememberEngine } from "./engine-guard";
import { backupAdvice, ensureHome, writeConfigCopy } from "./home";
import { AS_IT_IS, type Outcome, operate } from "./operation";
import { type Demand, inspect, judge, memoryOf, publishedPorts, refuseProblems } from "./preflight";
import { engineOf, imagesOf, toolchainOf, useEngineOf } from "./prepare";
import { recover } from "./recover";
import { readSubject, recoverNodes, runValues, type Subject } from "./stack-config";
import { Workspace } from "./workspace";

export interface UpOptions {
  readonly yes: boolean;
  readonly images?: ImageSource;
  readonly recover: readonly string[];
  readonly configFile?: string;
}

/** Bytes that a cold build of the toolchain and the images leaves in caches. */
const COLD_CACHE = 12 * 2 ** 30;
/** What a run that builds nothing may still write. */
const WARM_CACHE = 2 ** 30;

/** Everything from an empty machine to a stack that runs. */
export async function bringUp(stack: string, options: UpOptions): Promise<void> {
  const progress = new Progress();
  const subject = readSubject(stack, options.configFile);
  const recovered = recoverNodes(options.recover);
  useEngineOf(subject);
  const { created } = ensureHome();

  const plans = declareStack(stack, subject.config).blueprint.plans();
  await preflight(subject, plans);
  if (subject.config.target === "docker") await consentToEngine(options);

  // installing the engine and building images goes on beside the toolchain; neither is left at work behind a failure
  const [toolchain, { engine, images }] = await both(
    toolchainOf(subject, progress),
    engineAndImages(subject, plans, options, progress),
  );
  const workspace = new Workspace(subject.project, stack, toolchain, engine ? { DOCKER_HOST: engine.host } : {});
  const content = engine && (await lookAtEngine(stack, engine.host));
  const state = await workspace.find();
  await (content ? refuseWrongEngine(workspace, content, state) : refuseWrongCluster(subject, state));
  if (state) await workspace.unlock(progress);
  // not before: check and restore go by the copy, to whatever engine or cluster it names
  writeConfigCopy(stack, subject.source, runValues(subject, images, recovered));
  if (content) rememberEngine(stack, content.engine);
  if (state) await recover(workspace, progress, state, content);
  else await progress.step(`New Pulumi stack ${stack}`, () => workspace.create());

  const begun = Date.now();
  const outcome = await operate("up", workspace, progress, engine ? [] : AS_IT_IS);
  progress.note(
    `Stack ${stack}: ${outcome.changes} (pulumi up took ${elapsed(Date.now() - begun)}, all ${progress.total}).`,
  );
  process.stdout.write(`\n${summary(stack, outcome)}\n`);
  if (created) process.stdout.write(`\n${backupAdvice()}\n`);
}

async function engineAndImages(subject: Subject, plans: readonly Plan[], options: UpOptions, progress: Progress) {
  // already agreed to
  const engine = await engineOf(subject, progress, { yes: true });
  return { engine, images: await imagesOf(subject, plans, options, progress) };
}

/** Everything that stands in the way, in one message, before anything is installed or changed. */
async function preflight(subject: Subject, plans: readonly Plan[]): Promise<void> {
  const running = subject.config.target === "docker" ? await runningEngine() : undefined;
  const hindrance = subject.config.target === "docker" ? await engineHindrance(running) : undefined;
  const demand = await demandOf(subject, plans);
  refuseProblems(subject.stack, [
    ...(hindrance ? [hindrance] : []),
    ...judge(demand, await inspect(demand, running)),
    ...(subject.config.target === "kubernetes" ? await clusterProblems(subject, plans) : []),
  ]);
}

async function clusterProblems({ stack, config }: Subject, plans: readonly Plan[]): Promise<string[]> {
  const demand = clusterDemand(stack, config, plans);
  return judgeCluster(demand, await lookAtCluster(demand));
}

async function demandOf({ stack, config }: Subject, plans: readonly Plan[]): Promise<Demand> {
  const onDocker = config.target === "docker";
  const warm = (await presentToolchain(onDocker ? ["docker", "random"] : ["random"])) !== undefined;
  return {
    stack,
    ports: onDocker ? publishedPorts(plans) : [],
    memory: onDocker ? memoryOf(plans) : 0,
    cache: warm ? WARM_CACHE : COLD_CACHE,
  };
}

/** The services of a stack and how its generated passwords are read. */
export function summary(stack: string, { outputs }: Pick<Outcome, "outputs">): string {
  const services = Array.isArray(outputs.services) ? (outputs.services as Record<string, unknown>[]) : [];
  const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
  const rows = services.map((row) => [text(row.service), text(row.url), text(row.note)]);
  const lines = [rows.length > 0 ? table([["SERVICE", "URL", ""], ...rows]) : `Stack ${stack} names no services.`];
  if ("passwords" in outputs)
    lines.push("", `Generated passwords: npm run secret -- ${stack}, and a name for its value.`);
  return lines.join("\n");
}
