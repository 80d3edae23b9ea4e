import { Grafana } from "../../components/grafana";
import { backupName as archiveName } from "../../components/grafana/backup";
import * as grafana from "../../components/grafana/backup-scripts";
import { settings } from "../../components/grafana/settings";
import { TimescaleDB } from "../../components/timescaledb";
import * as timescaledb from "../../components/timescaledb/backup-scripts";
import { backupName, migrated } from "../../components/timescaledb/plan";
import { catchUpCalls } from "../../components/timescaledb/schema/job";
import type { Declaration } from "../check/declared";
import { UserError } from "../core/errors";
import { DATABASE_DUMP, type Dump, GRAFANA_ARCHIVE, type NamePattern } from "./dumps";
import { jobsOf } from "./jobs";

/** Something that can be restored: a database from its dumps, or what people made in Grafana from its archives. */
export interface Subject {
  /** Of the component. */
  readonly name: string;
  /** What people call what is restored. */
  readonly title: string;
  readonly schedule: string;
  /** Path of the restore script in the container of the schedule, and seconds that it may take. */
  readonly script: string;
  readonly timeout: number;
  readonly pattern: NamePattern;
  /** Heading of the detail that a dump's name has. */
  readonly detail: string;
  /** By which a dump is compared with one before it. */
  readonly weight: (dump: Dump) => number;
  /** What restoring it does, after "With --yes, …". */
  readonly consequences: (dump: Dump) => string;
  /** What sets something up in it, such as the schema or a user with today's password, in the order in which that is done. */
  readonly jobs: readonly string[];
  /** SQL for a database's aggregates, since the time (ISO 8601) of a dump that was restored. */
  catchUp(since: string): string[];
}

type Declared = Pick<Declaration, "stack" | "all" | "plans">;

/** What is meant, or what to say about that. A database comes first: Grafana's content is asked for by its name. */
export function select(declaration: Declared, name?: string): Subject {
  const [databases, all] = [databasesOf(declaration), [...databasesOf(declaration), ...grafanasOf(declaration)]];
  const names = all.map((subject) => subject.name).join(", ");
  if (all.length === 0)
    throw new UserError(
      `Stack ${declaration.stack} has nothing to restore: give TimescaleDB or Grafana a backup in its arguments.`,
    );
  if (name !== undefined) {
    const found = all.find((subject) => subject.name === name);
    if (found) return found;
    throw new UserError(`${name} has no dumps in stack ${declaration.stack}. These have: ${names}.`);
  }
  const [only] = databases.length > 0 ? databases : all;
  if (only && (databases.length === 1 || all.length === 1)) return only;
  throw new UserError(`Several of stack ${declaration.stack} can be restored: add --component, one of ${names}.`);
}

function databasesOf({ all, plans }: Declared): Subject[] {
  const jobs = plans.flatMap((plan) => plan.jobs ?? []);
  return all(TimescaleDB)
    .filter(({ args }) => args.backup && !args.existing)
    .map(({ name, args }): Subject => {
      const made = migrated(name, args);
      const own = jobsOf(name, jobs);
      return {
        name,
        title: args.database,
        schedule: backupName(name),
        script: timescaledb.RESTORE_SCRIPT,
        timeout: timescaledb.BACKUP_TIMEOUT,
        pattern: DATABASE_DUMP,
        detail: "TIMESCALEDB",
        weight: ({ bytes }) => bytes,
        consequences: (dump) => exchanged(args.database, dump, own),
        jobs: own,
        catchUp: (since) => (made ? catchUpCalls(made, since) : []),
      };
    });
}

function grafanasOf({ all }: Declared): Subject[] {
  return all(Grafana)
    .filter(({ args }) => args.backup && settings(args).deploy)
    .map(
      ({ name }): Subject => ({
        name,
        title: `${name}'s content`,
        schedule: archiveName(name),
        script: grafana.RESTORE_SCRIPT,
        timeout: grafana.BACKUP_TIMEOUT,
        pattern: GRAFANA_ARCHIVE,
        detail: "DASHBOARDS",
        weight: ({ detail }) => Number(detail),
        consequences: (dump) => saved(name, dump),
        jobs: [],
        catchUp: () => [],
      }),
    );
}

function exchanged(database: string, { name, time }: Dump, jobs: readonly string[]): string {
  return `${database} becomes what it was at ${time} UTC:

  1. ${name} is restored into a database beside it. Clients work on meanwhile.
  2. When that has succeeded, the two are exchanged. Connections are ended, and clients that connect again find the restored one.
     What was written since that time is in it no more.${jobs.length === 0 ? "" : `\n     Then its jobs run once more: ${jobs.join(", ")}.`}
  3. The one before is kept as ${database}_before_restore, closed to everybody, until the next restore. It needs its room on the volume.
     The one of a restore before is dropped; first of all, if there is no room for the three.`;
}

function saved(grafana: string, { name, time, detail }: Dump): string {
  return `${grafana} has again what people had made in it at ${time} UTC:

  1. Folders of ${name} that are gone are made.
  2. Each of its ${detail} dashboards is saved. Where one is there by now, it becomes a new version of that; those before are in its history.
  3. What was made since, and the stack's own dashboards, stay as they are.`;
}
