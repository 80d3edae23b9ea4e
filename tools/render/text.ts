import { stringify } from "yaml";

/** First in their object, because that is how people read manifests; the rest is in alphabetical order. */
const FIRST = ["apiVersion", "kind", "metadata", "name", "namespace"];

/** A manifest as text: equal objects are equal text. */
export function manifestText(object: unknown): string {
  // 1.1 is what kubectl reads, where "yes" and "on" are booleans unless quoted
  return stringify(ordered(object), { lineWidth: 0, version: "1.1", aliasDuplicateObjects: false, directives: false });
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined && v !== null);
  return Object.fromEntries(entries.sort(([a], [b]) => compare(a, b)).map(([k, v]) => [k, ordered(v)]));
}

function compare(a: string, b: string): number {
  const rank = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}
