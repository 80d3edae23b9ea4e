import * as fs from "node:fs";
import { stableJson } from "../../components/core/names";
import { type ImageLock, LOCK_FILE } from "../../stacks/images-lock";
import { messageOf, UserError } from "../core/errors";
import { digestOf, Unreachable } from "./registry";

/** The digests of these references, by name: all of them, or one error that names every one that cannot be had. */
export async function pin(references: Readonly<Record<string, string>>): Promise<ImageLock> {
  const failures: unknown[] = [];
  const pins = await Promise.all(
    Object.entries(references).map(async ([name, reference]) => {
      try {
        return [name, { reference, digest: await digestOf(reference) }] as const;
      } catch (error) {
        failures.push(error);
        return [name, { reference, digest: "" }] as const;
      }
    }),
  );
  if (failures.length > 0) throw refusal(failures, pins.length);
  return Object.fromEntries(pins);
}

function refusal(failures: readonly unknown[], asked: number): UserError {
  const lines = [...new Set(failures.map(messageOf))].sort().map((line) => `  - ${line}`);
  const closed = failures.length === asked && failures.every((failure) => failure instanceof Unreachable);
  if (!closed)
    return new UserError([`${LOCK_FILE} was left as it is: not every image has a digest.`, ...lines].join("\n"));
  return new UserError(
    [
      `No registry answers, so nothing can be pinned; ${LOCK_FILE} was left as it is.`,
      ...lines,
      "Run it where the registries can be reached, and commit the file: it is used everywhere.",
    ].join("\n"),
  );
}

/** Writes the lock, and says what became of each image. */
export function writeLock(file: string, lock: ImageLock): string[] {
  const before = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as ImageLock) : {};
  fs.writeFileSync(file, `${stableJson(lock, 2)}\n`);
  const changes = Object.entries(lock).flatMap(([name, { reference, digest }]) => {
    if (before[name]?.digest === digest && before[name].reference === reference) return [];
    return [`${name}: ${reference}@${digest}${before[name] ? ` (was ${before[name].digest})` : ""}`];
  });
  const gone = Object.keys(before).filter((name) => !(name in lock));
  return [...changes, ...gone.map((name) => `${name}: no longer in the catalogue`)];
}
