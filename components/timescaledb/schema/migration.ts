import { sortKeys } from "../../core/names";
import { preflight } from "./preflight";
import { aggregateSteps, retentionSteps, retireSteps } from "./render-aggregates";
import { denyStep, grantSteps } from "./render-grants";
import { tableSteps } from "./render-tables";
import type { DatabaseSchema, Edition } from "./schema";
import { hash, LEDGER_STATEMENTS, type Step, step, WHOLE } from "./step";

/** A declaration as SQL: what `script.ts` writes for psql. */
export interface Migration {
  /** Always done, in this order, before the steps. */
  readonly before: readonly string[];
  /** In their order. */
  readonly steps: readonly Step[];
}

/** Of a declaration that is valid. */
export function migration(schema: DatabaseSchema, edition: Edition): Migration {
  const whole = step(WHOLE, [], declared(schema, edition));
  return {
    before: [
      "CREATE EXTENSION IF NOT EXISTS timescaledb",
      ...LEDGER_STATEMENTS,
      preflight(schema, edition, whole.hash),
    ],
    steps: [
      denyStep(),
      ...retireSteps(schema, edition),
      ...tableSteps(schema, edition),
      ...aggregateSteps(schema, edition),
      ...(edition === "community" ? retentionSteps(schema) : []),
      ...grantSteps(schema, edition),
      whole,
    ],
  };
}

/** What is wanted; how a change may be made is no part of it, nor is the order of names. */
function declared(
  { rebuild: _, discardHistory: __, goBack: ___, ...wanted }: DatabaseSchema,
  edition: Edition,
): string {
  return hash([edition, sortKeys(wanted)]);
}
