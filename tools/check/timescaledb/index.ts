import { TimescaleDB, type TimescaleDBArgs } from "../../../components/timescaledb";
import { type Declaration, type DeclaredComponent, instancesOf } from "../declared";
import { type Check, count, fail, nothingToCheck, pass, some, verdict } from "../outcome";
import type { Running } from "../running";
import { rowsArrive } from "./arrival";
import { Psql } from "./psql";

const FAMILY = "timescaledb";

export function psqlOf(
  running: Running,
  declaration: Declaration,
  { name, args }: DeclaredComponent<TimescaleDBArgs>,
): Psql {
  const [instance] = instancesOf(declaration, name);
  return new Psql(running, instance ?? { workload: name, replica: undefined }, args.database);
}

/** Checks of every TimescaleDB that the stack runs itself. */
export function timescaledbChecks(running: Running, declaration: Declaration): Check[] {
  const own = declaration.all(TimescaleDB).filter(({ args }) => !args.existing);
  return own.flatMap((component) => serverChecks(psqlOf(running, declaration, component), declaration, component.args));
}

function serverChecks(psql: Psql, declaration: Declaration, args: TimescaleDBArgs): Check[] {
  const answers = "the database answers in its container";
  const { hypertables = {}, aggregates = {} } = args.schema ?? {};
  const edition = TimescaleDB.edition(args);
  return [
    {
      family: FAMILY,
      title: answers,
      settle: 30,
      run: async () => {
        const [row = []] = await psql.rows(
          "select current_setting('server_version'), extversion from pg_extension where extname = 'timescaledb'",
        );
        if (row.length < 2) return fail(`the database ${args.database} has no extension timescaledb`);
        return pass(`PostgreSQL ${row[0]?.split(" ")[0]}, TimescaleDB ${row[1]}, ${edition} edition`);
      },
    },
    {
      family: FAMILY,
      title: "hypertables are as declared",
      after: answers,
      run: async () => {
        const declared = Object.keys(hypertables);
        if (declared.length === 0) return nothingToCheck("no hypertable is declared");
        const found = await psql.column(
          "select hypertable_name from timescaledb_information.hypertables where hypertable_schema = 'public'",
        );
        return verdict(missing(declared, found, "hypertable"), some(declared));
      },
    },
    {
      family: FAMILY,
      title: "aggregates are as declared",
      after: answers,
      run: async () => {
        const declared = Object.keys(aggregates);
        if (declared.length === 0) return nothingToCheck("no aggregate is declared");
        return verdict(missing(declared, await psql.column(AGGREGATES[edition]), "aggregate"), some(declared));
      },
    },
    {
      family: FAMILY,
      title: "policies are the database's own",
      after: answers,
      run: async () => {
        if (edition === "apache")
          return nothingToCheck(
            "the image has the Apache edition, which has no continuous aggregates, compression or policies: schedules do their work",
          );
        const failed = await psql.column(
          "select job_id || ' ' || hypertable_name from timescaledb_information.job_stats where last_run_status = 'Failed'",
        );
        return verdict(
          failed.map((job) => `job ${job} has failed`),
          "no job has failed",
        );
      },
    },
    {
      family: FAMILY,
      title: "rows arrive",
      after: answers,
      settle: 60,
      run: () => rowsArrive(psql, declaration, args),
    },
    {
      family: FAMILY,
      title: "a wrong password is refused",
      after: answers,
      run: async () => {
        const roles = [...Object.keys(args.roles ?? {}), "monitoring"];
        const problems = await Promise.all(
          roles.map(async (role) => {
            const said = await psql.refusal(role, "not-the-password");
            if (/password authentication failed/.test(said)) return [];
            return [`${role} with a wrong password: ${said || "was let in"}`];
          }),
        );
        return verdict(problems.flat(), count(roles.length, "role"));
      },
    },
  ];
}

/** Where each edition has what is declared as an aggregate. */
const AGGREGATES = {
  community: "select view_name from timescaledb_information.continuous_aggregates where view_schema = 'public'",
  apache: "select tablename from pg_tables where schemaname = 'public'",
} as const;

function missing(declared: readonly string[], found: readonly string[], what: string): string[] {
  return declared.filter((name) => !found.includes(name)).map((name) => `the ${what} ${name} does not exist`);
}
