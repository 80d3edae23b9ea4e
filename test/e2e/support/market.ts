import type { KafkaTools } from "../../../tools/check/kafka/tools";
import type { Psql } from "../../../tools/check/timescaledb/psql";

/** What each topic's messages become, one row each. */
export const TABLES: Readonly<Record<string, string>> = {
  rawticker: "ticker_data",
  rawtrade: "trade_data",
  rawarticle: "article_data",
  rawalert: "alert_data",
};

/** Symbols whose sequence has holes or repetitions in a table, one line each; nothing when each message is there exactly once. */
export async function irregular(psql: Psql): Promise<string[]> {
  const found = await Promise.all(
    Object.values(TABLES).map((table) =>
      psql.rows(`
        select '${table}', symbol, count(*), count(distinct sequence), max(sequence) - min(sequence) + 1
        from ${table} group by symbol
        having count(*) <> max(sequence) - min(sequence) + 1 or count(*) <> count(distinct sequence)`),
    ),
  );
  return found
    .flat()
    .map(
      ([table, symbol, rows, distinct, span]) =>
        `${table} ${symbol}: ${rows} rows, ${distinct} sequence numbers of ${span}`,
    );
}

/** Rows by table. */
export async function rows(psql: Psql): Promise<Record<string, number>> {
  const counts = await Promise.all(
    Object.values(TABLES).map(
      async (table): Promise<[string, number]> => [table, await psql.number(`select count(*) from ${table}`)],
    ),
  );
  return Object.fromEntries(counts);
}

/** Messages that a topic ever had, by its table: the sum of the ends of its partitions. */
export async function produced(tools: KafkaTools): Promise<Record<string, number>> {
  const text = await tools.run("kafka-get-offsets", ["--time", "latest"]);
  const ends: Record<string, number> = {};
  for (const [, topic = "", end] of text.matchAll(/^([\w-]+):\d+:(\d+)$/gm)) {
    const table = TABLES[topic];
    if (table) ends[table] = (ends[table] ?? 0) + Number(end);
  }
  return ends;
}

/** Messages that the sink has not come to yet. */
export async function behind(psql: Psql, tools: KafkaTools): Promise<number> {
  const passed = await psql.number("select coalesce(sum(next_offset), 0) from sink_offsets");
  return Object.values(await produced(tools)).reduce((sum, end) => sum + end, 0) - passed;
}
