import type { Image } from "../../core/images";
import type { Connection, Credentials } from "../../target/connection";
import type { Every, File, Job, Need, Resources, Schedule } from "../../target/workload";
import { migration } from "./migration";
import { literal, relation } from "./names";
import { all, refreshProcedure } from "./render-aggregates";
import type { DatabaseSchema, Edition } from "./schema";
import { FILES, migrationSql, RUN_SCRIPT } from "./script";
import { interval, spanSeconds } from "./span";

/** Whose schema is migrated, and by whom. */
export interface Migrated {
  /** Name of the component: jobs and schedules begin with it. */
  readonly name: string;
  /** The image of the server: it has `bash` and `psql`. */
  readonly image: Image;
  readonly server: Connection;
  readonly database: string;
  /** Owner of everything that is made; a superuser, or on somebody else's server the owner of the database. */
  readonly admin: Credentials;
  /** Valid; see `validateSchema`. */
  readonly schema: DatabaseSchema;
  readonly edition: Edition;
  /** Workloads with whose volumes the schema is lost: the job runs again. @default none */
  readonly restores?: readonly string[];
  /** Of each process. @default 0.5 cores, 64Mi */
  readonly resources?: Resources;
}

/** Seconds, of which the first filling of an aggregate may take most. */
const TIMEOUT = 3600;

/** The job that makes the database as declared. */
export function migrationJob(of: Migrated): Job {
  const { restores = [] } = of;
  return {
    ...process(of, "migrate.sql", migrationSql(migration(of.schema, of.edition))),
    name: `${of.name}-migrate`,
    needs: needs(of),
    timeout: TIMEOUT,
    ...(restores.length > 0 ? { restores } : {}),
  };
}

/** What the policies of the community edition do, where there are none: roll-ups are computed and old chunks dropped. */
export function schemaSchedules(of: Migrated): Schedule[] {
  if (of.edition === "community") return [];
  return [...rollups(of), ...retention(of)];
}

/**
 * SQL that computes what no schedule or policy computes any more when rows of that time come late, such as after a restore: from what was
 * not computed yet at `since` (ISO 8601) to now. Only aggregates whose window does not reach back that far.
 */
export function catchUpCalls(
  { schema, edition }: Pick<Migrated, "schema" | "edition">,
  since: string,
  now = Date.now(),
) {
  const age = (now - Date.parse(since)) / 1000;
  return all(schema).flatMap(({ name, aggregate: { bucket, refresh } }) => {
    const { start, end, every } = refresh;
    const behind = [end, every, bucket].reduce((sum, span) => sum + (spanSeconds(span) ?? 0), age);
    if (behind <= (spanSeconds(start) ?? 0)) return [];
    const times = `TIMESTAMPTZ '${since}' - ${interval(start)}, now() - ${interval(end)}`;
    return edition === "community"
      ? [`CALL refresh_continuous_aggregate(${literal(relation(name))}, ${times});`]
      : [`CALL ${refreshProcedure(name)}(${times});`];
  });
}

/** One schedule for all aggregates that are refreshed at the same times. */
function rollups(of: Migrated): Schedule[] {
  const calls = new Map<number, string[]>();
  for (const { name, aggregate } of all(of.schema)) {
    const { start, end, every } = aggregate.refresh;
    const minutes = (spanSeconds(every) ?? 0) / 60;
    const procedure = refreshProcedure(name);
    const call = onceMade(
      `to_regprocedure(${literal(`${procedure}(timestamptz, timestamptz)`)})`,
      `aggregate ${name} is not there yet: nothing to compute before the migration`,
      `CALL ${procedure}(now() - ${interval(start)}, now() - ${interval(end)});`,
    );
    calls.set(minutes, [...(calls.get(minutes) ?? []), call]);
  }
  return [...calls].map(([minutes, sql]) => schedule(of, `rollup-${minutes}m`, { minutes }, sql.join("")));
}

/** Daily, as the community edition's policy. */
function retention(of: Migrated): Schedule[] {
  const kept = Object.entries({ ...of.schema.hypertables, ...of.schema.aggregates });
  const drops = kept.flatMap(([name, declared]) => {
    if (declared.retention === undefined) return [];
    const table = literal(relation(name));
    return [
      onceMade(
        `to_regclass(${table})`,
        `table ${name} is not there yet: nothing to drop before the migration`,
        `SELECT drop_chunks(${table}, older_than => ${interval(declared.retention)});`,
      ),
    ];
  });
  if (drops.length === 0) return [];
  return [schedule(of, "retention", { dailyAt: "03:30" }, `\\o /dev/null\n${drops.join("")}`)];
}

/** For psql. Schedules do not wait for the job: a run before its first success has nothing to do, and says so. */
function onceMade(object: string, otherwise: string, statement: string): string {
  return `SELECT ${object} IS NOT NULL AS made \\gset
\\if :made
${statement}
\\else
\\warn '${otherwise}'
\\endif
`;
}

function schedule(of: Migrated, part: string, every: Every, sql: string): Schedule {
  return {
    ...process(of, `${part}.sql`, `\\set ON_ERROR_STOP on\n${sql}`),
    name: `${of.name}-${part}`,
    needs: needs(of),
    every,
    timeout: TIMEOUT,
  };
}

function needs({ server }: Migrated): Need[] {
  return [{ to: server, start: true }];
}

function process(of: Migrated, file: string, sql: string) {
  const { server, admin, database } = of;
  const files: File[] = [
    { path: `${FILES}/run.sh`, content: RUN_SCRIPT, executable: true },
    { path: `${FILES}/${file}`, content: sql },
    { path: `${FILES}/password`, content: admin.password, secret: true },
  ];
  return {
    image: of.image,
    command: ["bash", `${FILES}/run.sh`, `${FILES}/${file}`],
    env: {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGDATABASE: database,
      PGUSER: admin.user,
      PGAPPNAME: `datastack ${file.replace(/\.sql$/, "")}`,
    },
    files,
    scratch: { "/tmp": "16Mi" as const },
    resources: of.resources ?? { cpu: 0.5, memory: "64Mi" as const },
  };
}
