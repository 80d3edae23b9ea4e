import { nearest } from "../core/nearest";
import type { Problem } from "../core/problems";
import type { Setting } from "./settings";

/**
 * Settings by their Kafka name: known ones, with a value, that no argument of ours stands for. Kafka ignores a name that it does
 * not know without a word.
 */
export function checkSettings(
  path: string,
  settings: Readonly<Record<string, Setting | undefined>>,
  known: readonly string[],
  own: Readonly<Record<string, string>>,
): Problem[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const at = `${path}[${JSON.stringify(key)}]`;
    const instead = own[key];
    if (instead) return [{ path: at, value, rule: "is set by the component", fix: instead }];
    if (/^(ssl|sasl|delegation\.token|security|listener\.name)\./.test(key)) {
      return [
        { path: at, rule: "is about transport security, which this component does not set up yet", fix: "Remove it" },
      ];
    }
    if (!known.includes(key)) return [unknown(at, key, known)];
    const valid = typeof value === "boolean" || Number.isFinite(value) || (typeof value === "string" && isText(value));
    return valid ? [] : [{ path: at, value, rule: "must be a text of one line, a number or a boolean" }];
  });
}

/** Tabs and line ends would end a value in the files that carry it. */
function isText(value: string): boolean {
  return value.trim() !== "" && ![...value].some((character) => character < " ");
}

function unknown(path: string, key: string, known: readonly string[]): Problem {
  const close = nearest(key, known);
  const fix = close ? `The nearest is ${close}` : "See Kafka's documentation for the names";
  return { path, rule: "is no setting that Kafka 4.3 knows; it would be ignored", fix };
}
