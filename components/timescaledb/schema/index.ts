export { type Migrated, migrationJob, schemaSchedules } from "./job";
export {
  type Aggregate,
  type Column,
  type Compression,
  type DatabaseSchema,
  type Edition,
  type Grant,
  type Hypertable,
  type Index,
  type Measure,
  MONITORING,
  type Refresh,
  type Table,
} from "./schema";
export type { Span } from "./span";
export type { ColumnType } from "./types";
export { validateSchema } from "./validate";
