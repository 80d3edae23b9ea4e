import * as fs from "node:fs";
import { formatProblems } from "../../components/core/problems";
import { TimescaleDB } from "../../components/timescaledb";
import { SHRUNK } from "../../components/timescaledb/backup-scripts";
import { backupName, migrated } from "../../components/timescaledb/plan";
import { catchUpCalls } from "../../components/timescaledb/schema/job";
import { parseConfig } from "../../stacks/config";
import { type Declaration, declare } from "../check/declared";
import { DockerStack } from "../check/docker/engine";
import { KubernetesStack } from "../check/kubernetes/cluster";
import { UserError } from "../core/errors";
import { ROOT, userPath } from "../core/paths";
import { Progress } from "../core/progress";
import { table } from "../core/terminal";
import { readConfig, readProject } from "../engine/project";
import { configCopy } from "../pulumi/home";
import { DockerPlace } from "./docker";
import { type Dump, dumpRows, parseDumps } from "./dumps";
import { jobsOf } from "./jobs";
import { KubernetesPlace } from "./kubernetes";
import type { Place } from "./place";

export interface RestoreOptions {
  /** Name of a dump, or `latest`. @default only list them */
  readonly from?: string;
  /** Name of the component. @default the only one of the stack that has dumps */
  readonly component?: string;
  readonly yes: boolean;
  /** Only run the jobs that follow a restore, for one that went on alone. @default false */
  readonly jobs?: boolean;
  readonly configFile?: string;
}

/** Lists the dumps of a stack's database, or puts one of them in its place. */
export async function restore(stack: string, options: RestoreOptions): Promise<void> {
  const declaration = declared(stack, options.configFile);
  const subject = select(declaration, options.component);
  const place = placeOf(declaration, subject.schedule);
  const progress = new Progress();
  if (options.jobs) return repeatJobs(place, subject, progress);
  const dumps = await progress.step(
    `Dumps of ${subject.database}`,
    () => list(place),
    (found) => String(found.length),
  );
  if (options.from === undefined) {
    process.stdout.write(
      dumps.length > 0 ? `${table(dumpRows(dumps))}\n` : `There is no dump of ${subject.database} yet.\n`,
    );
    return;
  }
  const dump = choose(dumps, options.from, subject.database);
  if (!options.yes) throw new UserError(consequences(stack, subject, dump, options));
  await progress.step(`Restore ${dump.name}`, async (step) => {
    const { code, stdout, stderr } = await waitFor(place.script(["restore", dump.name]), () =>
      step.note(unattended(stack, subject, options, place)),
    );
    for (const line of `${stdout}${stderr}`.split("\n").filter(Boolean)) step.note(`    ${line}`);
    if (code !== 0) throw new UserError(`${dump.name} was not restored. What was said is above.`);
  });
  await repeatJobs(place, subject, progress);
  progress.note(`${subject.database} is as it was at ${dump.time} UTC (${progress.total}).`);
  const calls = subject.catchUp(`${dump.time.replace(" ", "T")}Z`);
  if (calls.length > 0) progress.note(aggregatesBehind(calls, place.psql(subject.name, subject.database)));
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

async function repeatJobs(place: Place, { jobs }: Subject, progress: Progress): Promise<void> {
  for (const job of jobs) await progress.step(`Run ${job} once more`, () => place.repeat(job));
}

/** Rows since the dump that clients write again come too late for the windows of the aggregates. */
function aggregatesBehind(calls: readonly string[], psql: string): string {
  return `Aggregates are not computed anew by themselves for what clients write again since then. When they have caught up, in

  ${psql}

${calls.map((call) => `  ${call}`).join("\n")}`;
}

function unattended(stack: string, { name, jobs }: Subject, options: RestoreOptions, place: Place): string {
  const after = jobs.length === 0 ? "" : `, then: npm run restore -- ${stack}${componentOption(name, options)} --jobs`;
  return `\nThe restore goes on ${place.goesOn}; another one is refused until its end. Wait for that${after}.`;
}

function componentOption(name: string, { component }: RestoreOptions): string {
  return component === undefined ? "" : ` --component ${name}`;
}

/** One database with dumps. */
export interface Subject {
  readonly name: string;
  readonly database: string;
  readonly schedule: string;
  /** What sets something up in it, such as the schema or a user with today's password, in the order in which that is done. */
  readonly jobs: readonly string[];
  /** SQL for its aggregates, since the time (ISO 8601) of a dump that was restored. */
  catchUp(since: string): string[];
}

/** The database that is meant, or what to say about that. */
export function select(declaration: Pick<Declaration, "stack" | "all" | "plans">, name?: string): Subject {
  const jobs = declaration.plans.flatMap((plan) => plan.jobs ?? []);
  const found = declaration
    .all(TimescaleDB)
    .filter(({ args }) => args.backup && !args.existing)
    .map(({ name, args }): Subject => {
      const made = migrated(name, args);
      return {
        name,
        database: args.database,
        schedule: backupName(name),
        jobs: jobsOf(name, jobs),
        catchUp: (since) => (made ? catchUpCalls(made, since) : []),
      };
    });
  const names = found.map((subject) => subject.name).join(", ");
  const wanted = name === undefined ? found : found.filter((subject) => subject.name === name);
  const [only] = wanted;
  if (only && wanted.length === 1) return only;
  if (found.length === 0) {
    throw new UserError(
      `Stack ${declaration.stack} has no database with dumps: give TimescaleDB a backup in its arguments.`,
    );
  }
  if (name === undefined)
    throw new UserError(`Stack ${declaration.stack} has several databases: add --component, one of ${names}.`);
  throw new UserError(`${name} is no database with dumps of stack ${declaration.stack}. There are: ${names}.`);
}

export function choose(dumps: readonly Dump[], from: string, database: string): Dump {
  const [latest] = dumps;
  if (!latest) throw new UserError(`There is no dump of ${database} yet.`);
  if (from === "latest") return plausible(latest, dumps, database);
  const dump = dumps.find(({ name }) => name === from);
  if (dump) return dump;
  throw new UserError(`${from} is no dump of ${database}. There are:\n${table(dumpRows(dumps))}`);
}

/** After a loss the nightly dump is one of the database without its rows. */
function plausible(latest: Dump, dumps: readonly Dump[], database: string): Dump {
  const larger = dumps.find(({ bytes }) => bytes > SHRUNK * latest.bytes);
  if (!larger) return latest;
  throw new UserError(`The latest dump of ${database} is much smaller than one before it, so it may be one of an emptied database:
${table(dumpRows([latest, larger]))}
Nothing was changed. Restore one of them by its name: --from ${larger.name}`);
}

function consequences(stack: string, { name, database, jobs }: Subject, dump: Dump, options: RestoreOptions): string {
  const component = componentOption(name, options);
  return `Nothing was changed. With --yes, ${database} becomes what it was at ${dump.time} UTC:

  1. ${dump.name} is restored into a database beside it. Clients work on meanwhile.
  2. When that has succeeded, the two are exchanged. Connections are ended, and clients that connect again find the restored one.
     What was written since that time is in it no more.${jobs.length === 0 ? "" : `\n     Then its jobs run once more: ${jobs.join(", ")}.`}
  3. The one before is kept as ${database}_before_restore, closed to everybody, until the next restore. It needs its room on the volume.
     The one of a restore before is dropped; first of all, if there is no room for the three.

  npm run restore -- ${stack}${component} --from ${dump.name} --yes`;
}

async function list(place: Place): Promise<Dump[]> {
  const { code, stdout, stderr } = await place.script(["list"]);
  if (code !== 0) throw new UserError(`The dumps cannot be listed:\n${stderr || stdout}`);
  return parseDumps(stdout);
}

function placeOf({ stack, config }: Declaration, schedule: string): Place {
  return config.target === "docker"
    ? new DockerPlace(new DockerStack(stack, config), schedule)
    : new KubernetesPlace(new KubernetesStack(stack, config), schedule);
}

/** As the last `npm start` deployed it, or by the stack's own file. */
function declared(stack: string, configFile?: string): Declaration {
  const copy = configCopy(stack);
  const file = configFile ? userPath(configFile) : fs.existsSync(copy) ? copy : undefined;
  const { values } = readConfig(readProject(ROOT), stack, file ? { file } : {});
  const { config, problems } = parseConfig(values);
  if (problems.length > 0) throw new UserError(formatProblems(problems));
  return declare(stack, config);
}
