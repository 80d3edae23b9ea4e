import { createHash } from "node:crypto";
import type { Problem } from "./problems";

/** Longest name of a component: leaves room for `-<ordinal>`, a part and a hash within DNS's 63 characters. */
export const MAX_NAME = 40;

const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** Names become DNS labels on both targets (RFC 1123, beginning with a letter). */
export function checkName(path: string, name: string): Problem[] {
  if (NAME.test(name) && name.length <= MAX_NAME) return [];
  return [
    {
      path,
      value: name,
      rule: `must be a DNS label of at most ${MAX_NAME} characters: lower-case letters, digits and "-", beginning with a letter`,
    },
  ];
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** JSON with sorted keys, so that equal values are equal text. */
export function stableJson(value: unknown, indent?: number): string {
  return JSON.stringify(sortKeys(value), null, indent);
}

export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sortKeys(v)]),
  );
}
