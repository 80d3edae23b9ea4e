import type { Problem } from "../../core/problems";
import type { DatabaseSchema, Edition } from "./schema";
import { checkAggregates } from "./validate-aggregates";
import { checkChanges } from "./validate-changes";
import { checkGrants } from "./validate-grants";
import { checkNames } from "./validate-names";
import { checkTables } from "./validate-tables";

/**
 * All problems of a declaration, before anything reaches the database. `path` is that of the argument it was given in; `roles`
 * are those that the server has beside `monitoring`, or left out if they are somebody else's.
 */
export function validateSchema(
  path: string,
  schema: DatabaseSchema,
  edition: Edition,
  roles?: readonly string[],
): Problem[] {
  return [
    ...checkNames(path, schema),
    ...checkTables(path, schema, edition),
    ...checkAggregates(path, schema),
    ...checkGrants(path, schema, roles),
    ...checkChanges(path, schema),
  ];
}
