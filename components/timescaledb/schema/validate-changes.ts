import type { Problem } from "../../core/problems";
import { type DatabaseSchema, relationsOf } from "./schema";

/** What asks for a change that is refused otherwise has to be spelled right. */
export function checkChanges(path: string, schema: DatabaseSchema): Problem[] {
  const { rebuild = [], discardHistory = [] } = schema;
  const known = relationsOf(schema);
  const aggregates = Object.keys(schema.aggregates ?? {});
  return [
    ...rebuild.flatMap((name, i) =>
      known.includes(name)
        ? []
        : [unknown(`${path}.rebuild[${i}]`, name, "is no table or aggregate of this schema", known)],
    ),
    ...discardHistory.flatMap((name, i) => {
      const at = `${path}.discardHistory[${i}]`;
      if (!aggregates.includes(name)) return [unknown(at, name, "is no aggregate of this schema", aggregates)];
      if (rebuild.includes(name)) return [];
      return [
        { path: at, value: name, rule: "must be in rebuild, too", fix: `Add "${name}" there, or take it out here` },
      ];
    }),
  ];
}

function unknown(path: string, value: string, rule: string, known: readonly string[]): Problem {
  return { path, value, rule, fix: `There are: ${known.join(", ") || "none"}` };
}
