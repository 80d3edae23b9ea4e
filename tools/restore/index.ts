import { SHRUNK } from "../../components/core/archives";
import { formatProblems } from "../../components/core/problems";
import { parseConfig } from "../../stacks/config";
import { type Declaration, declare } from "../check/declared";
import { DockerStack } from "../check/docker/engine";
import { KubernetesStack } from "../check/kubernetes/cluster";
import { UserError } from "../core/errors";
import { ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { table } from "../core/terminal";
import { readConfig, readProject } from "../engine/project";
import { lastConfig } from "../pulumi/stack-config";
import { DockerPlace } from "./docker";
import { type Dump, dumpRows, parseDumps } from "./dumps";
import { KubernetesPlace } from "./kubernetes";
import type { Place } from "./place";
import { type Subject, select } from "./subjects";

export interface RestoreOptions {
  /** Name of a dump, or `latest`. @default only list them */
  readonly from?: string;
  /** Name of the component. @default the only database of the stack that has dumps, or else the only one that has */
  readonly component?: string;
  readonly yes: boolean;
  /** Only run the jobs that follow a restore, for one that went on alone. @default false */
  readonly jobs?: boolean;
  readonly configFile?: string;
}

/** Lists the dumps of a database or of Grafana's content, or restores one of them. */
export async function restore(stack: string, options: RestoreOptions): Promise<void> {
  const declaration = declared(stack, options.configFile);
  const subject = select(declaration, options.component);
  const place = placeOf(declaration, subject);
  const progress = new Progress();
  const again = `npm run restore -- ${stack}${componentOption(subject.name, options)} --jobs`;
  if (options.jobs) return repeatJobs(place, subject, progress, again);
  const dumps = await progress.step(
    `Dumps of ${subject.title}`,
    () => list(place, subject),
    (found) => String(found.length),
  );
  if (options.from === undefined) {
    process.stdout.write(
      dumps.length > 0 ? `${table(dumpRows(dumps, subject.detail))}\n` : `There is no dump of ${subject.title} yet.\n`,
    );
    return;
  }
  const dump = choose(dumps, options.from, subject);
  if (!options.yes) throw new UserError(consequences(stack, subject, dump, options));
  await progress.step(`Restore ${dump.name}`, async (step) => {
    const { code, stdout, stderr } = await waitFor(place.script(["restore", dump.name]), () =>
      step.note(unattended(subject, place, again)),
    );
    for (const line of `${stdout}${stderr}`.split("\n").filter(Boolean)) step.note(`    ${line}`);
    if (code !== 0) throw new UserError(`${dump.name} was not restored. What was said is above.`);
  });
  await repeatJobs(place, subject, progress, again);
  progress.note(`${subject.title}: restored as of ${dump.time} UTC (${progress.total}).`);
  const calls = subject.catchUp(`${dump.time.replace(" ", "T")}Z`);
  if (calls.length > 0) progress.note(aggregatesBehind(calls, place.psql(subject.name, subject.title)));
}

/** Tells people who end this command that what they waited for does not end with it. */
async function waitFor<T>(work: Promise<T>, left: () => void): Promise<T> {
  let waiting = true;
  const leave = (): void => {
    waiting = false;
    left();
  };
  // Before the listener that ends this process.
  process.prependOnceListener("SIGINT", leave);
  const [outcome] = await Promise.allSettled([work]);
  process.removeListener("SIGINT", leave);
  // What its client says of its own end is not what became of the work.
  if (!waiting) throw new UserError("This command has stopped waiting.");
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** Runs the jobs that use what was restored. When one fails, or is no longer waited for, it says how to run them `again`. */
export async function repeatJobs(
  place: Pick<Place, "repeat">,
  { title, jobs }: Pick<Subject, "title" | "jobs">,
  progress: Progress,
  again: string,
): Promise<void> {
  const rest = `${title} is restored, but not all jobs that use it have run since. To run them: ${again}`;
  const runAll = async (): Promise<void> => {
    for (const job of jobs) await progress.step(`Run ${job} once more`, () => place.repeat(job));
  };
  const failed = (error: Error): never => {
    throw new UserError(`${error.message}\n\n${rest}`);
  };
  await waitFor(runAll().catch(failed), () => progress.note(`\n${rest}`));
}

/** Rows since the dump that clients write again come too late for the windows of the aggregates. */
function aggregatesBehind(calls: readonly string[], psql: string): string {
  return `Aggregates are not computed anew by themselves for what clients write again since then. When they have caught up, in

  ${psql}

${calls.map((call) => `  ${call}`).join("\n")}`;
}

function unattended({ jobs }: Subject, place: Place, again: string): string {
  const after = jobs.length === 0 ? "" : `, then: ${again}`;
  return `\nThe restore goes on ${place.goesOn}; another one is refused until its end. Wait for that${after}.`;
}

function componentOption(name: string, { component }: RestoreOptions): string {
  return component === undefined ? "" : ` --component ${name}`;
}

export function choose(dumps: readonly Dump[], from: string, subject: Subject): Dump {
  const { title, detail } = subject;
  const [latest] = dumps;
  if (!latest) throw new UserError(`There is no dump of ${title} yet.`);
  if (from === "latest") return plausible(latest, dumps, subject);
  const dump = dumps.find(({ name }) => name === from);
  if (dump) return dump;
  throw new UserError(`${from} is no dump of ${title}. There are:\n${table(dumpRows(dumps, detail))}`);
}

/** After a loss the nightly dump is one of what was left. */
function plausible(latest: Dump, dumps: readonly Dump[], { title, detail, weight }: Subject): Dump {
  const larger = dumps.find((dump) => weight(dump) > SHRUNK * weight(latest));
  if (!larger) return latest;
  throw new UserError(`The latest dump of ${title} is much smaller than one before it, so it may have been made after a loss:
${table(dumpRows([latest, larger], detail))}
Nothing was changed. Restore one of them by its name: --from ${larger.name}`);
}

function consequences(stack: string, subject: Subject, dump: Dump, options: RestoreOptions): string {
  return `Nothing was changed. With --yes, ${subject.consequences(dump)}

  npm run restore -- ${stack}${componentOption(subject.name, options)} --from ${dump.name} --yes`;
}

async function list(place: Place, { pattern }: Subject): Promise<Dump[]> {
  const { code, stdout, stderr } = await place.script(["list"]);
  if (code !== 0) throw new UserError(`The dumps cannot be listed:\n${stderr || stdout}`);
  return parseDumps(stdout, pattern);
}

function placeOf({ stack, config }: Declaration, subject: Subject): Place {
  return config.target === "docker"
    ? new DockerPlace(new DockerStack(stack, config), subject)
    : new KubernetesPlace(new KubernetesStack(stack, config), subject);
}

function declared(stack: string, configFile?: string): Declaration {
  const file = lastConfig(stack, configFile);
  const { values } = readConfig(readProject(ROOT), stack, file ? { file } : {});
  const { config, problems } = parseConfig(values);
  if (problems.length > 0) throw new UserError(formatProblems(problems));
  return declare(stack, config);
}
