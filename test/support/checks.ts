import { isDeepStrictEqual } from "node:util";
import type { Recording, Registration } from "../../tools/engine/recording";

/** What state is kept under, and what each of it is protected by: a change loses or replaces something. */
export function lockText(recording: Recording): string {
  const lines = recording.resources.map((r) => {
    const { protect, retainOnDelete, aliases } = r.options;
    const marks = [protect ? "protected" : "", retainOnDelete ? "retained" : "", aliases ? "aliased" : ""];
    return [r.urn, ...marks.filter((mark) => mark !== "")].join(" ");
  });
  return `${lines.join("\n")}\n`;
}

/** How a run in which nothing computed is known differs from one in which everything is. Empty when a preview is complete. */
export function incompleteness(unknown: Recording, known: Recording): string[] {
  const before = new Map(unknown.resources.map((r) => [r.urn, r]));
  const after = new Map(known.resources.map((r) => [r.urn, r]));
  return [
    ...[...after.keys()].filter((urn) => !before.has(urn)).map((urn) => `${urn} is not in the preview`),
    ...[...before.keys()].filter((urn) => !after.has(urn)).map((urn) => `${urn} is only in the preview`),
    // even with values that are always known: the next change of them may not be
    ...known.resources.filter((r) => r.inApply).map((r) => `${r.urn} is constructed inside an apply`),
    ...unknown.resources.flatMap((r) => differences(r, after.get(r.urn))),
  ];
}

const SHAPE = ["type", "parent", "custom", "options", "dependencies", "propertyDependencies"] as const;

function differences(unknown: Registration, known: Registration | undefined): string[] {
  if (!known) return [];
  const changed = SHAPE.filter((key) => !isDeepStrictEqual(shapeOf(unknown, key), shapeOf(known, key))).map(
    (key) => `${unknown.urn}: ${key}`,
  );
  const keys = (r: Registration): string[] => Object.keys(r.inputs).sort();
  const inputs = isDeepStrictEqual(keys(unknown), keys(known)) ? [] : [`${unknown.urn}: names of inputs`];
  return [...changed, ...inputs].map((text) => `${text} differ with unknown values`);
}

/** A trigger is a value, which may be unknown; that there is one is shape. */
function shapeOf(registration: Registration, key: (typeof SHAPE)[number]): unknown {
  if (key !== "options") return registration[key];
  const { replacementTrigger, ...options } = registration.options;
  return { ...options, triggered: replacementTrigger !== undefined };
}

/** Everything that was sent to the engine, as text: two runs have to agree to the byte. */
export function transcript(recording: Recording): string {
  return JSON.stringify(recording, null, 1);
}

/** The lines in which two transcripts differ, for a failure that can be read. */
export function textDifferences(a: string, b: string): string[] {
  const [left, right] = [a.split("\n"), b.split("\n")];
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [left[i] ?? "", right[i] ?? ""]);
  return lines.filter(([x, y]) => x !== y).map(([x, y]) => `${x?.trim()} / ${y?.trim()}`);
}
