import type { Problem } from "../../core/problems";
import { checkIdentifier } from "./names";
import { type DatabaseSchema, type Grant, MONITORING, relationsOf, tablesOf } from "./schema";
import { member } from "./validate-names";

export function checkGrants(path: string, schema: DatabaseSchema, roles: readonly string[] | undefined): Problem[] {
  const at = `${path}.grants`;
  const grants = Object.entries(schema.grants ?? {});
  return [
    ...grants.flatMap(([role, grant]) => [
      ...checkRole(member(at, role), role, roles),
      ...checkGrant(member(at, role), grant, schema),
    ]),
    ...checkOwners(at, grants),
  ];
}

function checkRole(path: string, role: string, roles: readonly string[] | undefined): Problem[] {
  const problems = checkIdentifier(path, role, "role");
  if (problems.length > 0 || role === MONITORING || roles === undefined || roles.includes(role)) return problems;
  return [
    {
      path,
      value: role,
      rule: "is no role of this database",
      fix: `Its roles are ${[...roles, MONITORING].join(", ")}`,
    },
  ];
}

function checkGrant(path: string, { read, write, owns }: Grant, schema: DatabaseSchema): Problem[] {
  return [
    ...checkRelations(`${path}.read`, read, relationsOf(schema), "is no table or aggregate of this schema"),
    ...checkRelations(`${path}.write`, write, tablesOf(schema), "is no table of this schema", schema.aggregates),
    ...(owns === undefined ? [] : checkIdentifier(`${path}.owns`, owns, "schema")),
  ];
}

function checkRelations(
  path: string,
  given: Grant["read"],
  known: readonly string[],
  rule: string,
  aggregates: DatabaseSchema["aggregates"] = {},
): Problem[] {
  if (given === undefined || given === "all") return [];
  return given.flatMap((name, i) => {
    if (Object.hasOwn(aggregates, name)) {
      return [
        {
          path: `${path}[${i}]`,
          value: name,
          rule: "is an aggregate, which only the database writes",
          fix: "Use read",
        },
      ];
    }
    return known.includes(name)
      ? []
      : [{ path: `${path}[${i}]`, value: name, rule, fix: `There are: ${known.join(", ") || "none"}` }];
  });
}

function checkOwners(path: string, grants: readonly (readonly [string, Grant])[]): Problem[] {
  const owners = new Map<string, string>();
  return grants.flatMap(([role, { owns }]) => {
    const other = owns === undefined ? undefined : owners.get(owns);
    if (owns !== undefined && other === undefined) owners.set(owns, role);
    if (other === undefined) return [];
    return [{ path: `${member(path, role)}.owns`, value: owns, rule: `is owned by ${other} already` }];
  });
}
