import * as fs from "node:fs";
import * as path from "node:path";
import type { KafkaLibrary, KafkaRole } from "./args";

/** One setting as the library itself describes it. */
export interface KnownSetting {
  readonly roles: readonly KafkaRole[];
  /** `flags`: a comma-separated list of `values` · `code`: a function or an object, which no text can be. */
  readonly type: "boolean" | "integer" | "float" | "enum" | "flags" | "string" | "code";
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
  readonly default?: string;
}

/** What a version of a library knows; written by tools/kafka-clients/settings.py from the library. */
export interface SettingsTable {
  readonly library: KafkaLibrary;
  readonly version: string;
  readonly source: string;
  readonly settings: Readonly<Record<string, KnownSetting>>;
}

const loaded = new Map<KafkaLibrary, SettingsTable>();

/** Read when the first client of that library is checked: most programs have none. */
export function settingsTable(library: KafkaLibrary): SettingsTable {
  const known = loaded.get(library);
  if (known) return known;
  const table = JSON.parse(fs.readFileSync(path.join(__dirname, `${library}.json`), "utf8")) as SettingsTable;
  loaded.set(library, table);
  return table;
}

export const LIBRARIES: readonly KafkaLibrary[] = ["librdkafka", "java"];
