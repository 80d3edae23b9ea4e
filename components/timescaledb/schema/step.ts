import { sha256 } from "../../core/names";
import { literal } from "./names";

/** Where the job keeps what it has done. */
export const LEDGER = "datastack.migrations";

/** The step of the whole declaration, which is recorded when all others are done. */
export const WHOLE = "base:schema";

/** One change. Each is done again by itself when its hash is not the last one that the ledger has for it. */
export interface Step {
  /** `kind:object`, as it stands in the ledger. */
  readonly id: string;
  readonly hash: string;
  readonly statements: readonly string[];
  /** Outside a transaction, with no limit of time: what PostgreSQL refuses inside one. Idempotent by itself. @default false */
  readonly alone?: boolean;
  /** SQL condition in place of the ledger's. */
  readonly when?: string;
}

/** A step whose hash is that of all its text, or of `of` where that says it better. */
export function step(id: string, statements: readonly string[], of?: unknown): Step {
  return { id, hash: hash(of === undefined ? statements : of), statements };
}

export function hash(of: unknown): string {
  return sha256(JSON.stringify(of)).slice(0, 16);
}

/** The last hash of a step, as SQL; null: it was never done. */
export function applied(id: string): string {
  return `(SELECT m.hash FROM ${LEDGER} m WHERE m.step = ${literal(id)} ORDER BY m.id DESC LIMIT 1)`;
}

/** Whether a step is to be done, as SQL. */
export function pending({ id, hash: wanted, when }: Step): string {
  return when ?? `${applied(id)} IS DISTINCT FROM ${literal(wanted)}`;
}

/** What the ledger says of a step that is done. `begun` is set by whoever runs it: now() stands still in a transaction. */
export function recorded({ id, hash: done }: Pick<Step, "id" | "hash">): string {
  return `INSERT INTO ${LEDGER} (step, hash, duration)
  VALUES (${literal(id)}, ${literal(done)}, clock_timestamp() - current_setting('datastack.begun')::timestamptz)`;
}

/** Before a step: what `recorded` counts from. */
export const BEGIN_CLOCK = "set_config('datastack.begun', clock_timestamp()::text, false)";

/** The ledger itself. Rows are only ever added. */
export const LEDGER_STATEMENTS: readonly string[] = [
  "CREATE SCHEMA IF NOT EXISTS datastack",
  "REVOKE ALL ON SCHEMA datastack FROM PUBLIC",
  `CREATE TABLE IF NOT EXISTS ${LEDGER} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step text NOT NULL,
  hash text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  duration interval NOT NULL
)`,
  `CREATE INDEX IF NOT EXISTS migrations_step_idx ON ${LEDGER} (step, id)`,
];
