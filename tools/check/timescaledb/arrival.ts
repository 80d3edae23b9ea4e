import { setTimeout as sleep } from "node:timers/promises";
import { App } from "../../../components/app";
import type { TimescaleDBArgs } from "../../../components/timescaledb";
import type { Declaration } from "../declared";
import { nothingToCheck, type Outcome, verdict } from "../outcome";
import type { Psql } from "./psql";

/** Seconds in which something has to arrive: a feed pauses, and statistics are written with a delay. */
const WINDOW = 10;

/** Rows inserted since the server began to count, by hypertable. Counting the rows themselves would read all of them. */
const INSERTED = `
  select c.hypertable_name, sum(s.n_tup_ins)
  from timescaledb_information.chunks c
  join pg_stat_all_tables s on s.schemaname = c.chunk_schema and s.relname = c.chunk_name
  where c.hypertable_schema = 'public' group by 1`;

/** Whether applications that may write do so. */
export async function rowsArrive(psql: Psql, declaration: Declaration, args: TimescaleDBArgs): Promise<Outcome> {
  const { hypertables = {}, grants = {} } = args.schema ?? {};
  const writers = declaration.all(App).filter((app) => {
    const user = app.args.uses?.database?.user;
    return user !== undefined && grants[user]?.write !== undefined;
  });
  if (writers.length === 0 || Object.keys(hypertables).length === 0)
    return nothingToCheck("no application of the stack writes into a hypertable");
  const before = await inserted(psql);
  await sleep(WINDOW * 1000);
  const after = await inserted(psql);
  const grown = [...after].flatMap(([table, rows]) => {
    const more = rows - (before.get(table) ?? 0);
    return more > 0 ? [`${table} +${more}`] : [];
  });
  const names = writers.map(({ name }) => name).join(", ");
  return verdict(
    grown.length > 0 ? [] : [`${names}: no hypertable has got a row within ${WINDOW} s`],
    `${grown.join(", ")} in ${WINDOW} s`,
  );
}

async function inserted(psql: Psql): Promise<Map<string, number>> {
  return new Map((await psql.rows(INSERTED)).map(([table = "", rows]) => [table, Number(rows)]));
}
