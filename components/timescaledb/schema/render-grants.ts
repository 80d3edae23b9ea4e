import { ident, json, literal, relation } from "./names";
import { all, queryHash } from "./render-aggregates";
import { type DatabaseSchema, type Edition, type Grant, MONITORING, relationsOf, tablesOf } from "./schema";
import { LEDGER, type Step, step } from "./step";

const WRITE = "SELECT, INSERT, UPDATE";

/** Nobody may do anything but what is granted. */
export function denyStep(): Step {
  return step("base:deny", ["REVOKE ALL ON SCHEMA public FROM PUBLIC"]);
}

export function grantSteps(schema: DatabaseSchema, edition: Edition): Step[] {
  // What is made again has lost its grants.
  const made = all(schema).map((of) => [of.name, queryHash(of, edition)]);
  const grants = Object.entries(schema.grants ?? {});
  const others = grants.filter(([role]) => role !== MONITORING);
  return [
    revokeStep([...others.map(([role]) => role), MONITORING].sort(), schema),
    ...others.map(([role, grant]) => grantStep(role, grant, schema, made)),
    monitoringStep(schema, made),
  ];
}

/** One transaction: nobody sees the moment in between. Objects that the job did not make are not touched. */
function grantStep(role: string, grant: Grant, schema: DatabaseSchema, made: unknown): Step {
  const statements = [
    `GRANT USAGE ON SCHEMA public TO ${ident(role)}`,
    ...rights(role, grant, schema),
    ...own(role, grant.owns),
  ];
  return step(`grants:${role}`, statements, [statements, made]);
}

function rights(role: string, { read, write }: Grant, schema: DatabaseSchema): string[] {
  const everything = relationsOf(schema);
  const readable = read === "all" ? everything : (read ?? []);
  const writable = write === "all" ? tablesOf(schema) : (write ?? []);
  return [
    ...on(everything, (names) => `REVOKE ALL ON ${names} FROM ${ident(role)}`),
    ...on(readable, (names) => `GRANT SELECT ON ${names} TO ${ident(role)}`),
    ...on(writable, (names) => `GRANT ${WRITE} ON ${names} TO ${ident(role)}`),
  ];
}

function on(names: readonly string[], statement: (names: string) => string): string[] {
  return names.length === 0 ? [] : [statement(`TABLE ${names.map((name) => relation(name)).join(", ")}`)];
}

function own(role: string, schema: string | undefined): string[] {
  const path = (value: string) => `DO $datastack$
BEGIN
  EXECUTE format('ALTER ROLE %I IN DATABASE %I ${value}', ${literal(role)}, current_database());
END
$datastack$`;
  if (schema === undefined) return [path("RESET search_path")];
  return [
    `CREATE SCHEMA IF NOT EXISTS ${ident(schema)}`,
    `ALTER SCHEMA ${ident(schema)} OWNER TO ${ident(role)}`,
    path(`SET search_path = ${ident(schema)}, public`),
  ];
}

/** Aggregates, to see how old their newest bucket is, and the ledger. Statistics come with `pg_monitor`, which the server grants. */
function monitoringStep(schema: DatabaseSchema, made: unknown): Step {
  const aggregates = Object.keys(schema.aggregates ?? {});
  const { read = [], ...grant } = schema.grants?.[MONITORING] ?? {};
  const all = read === "all" ? "all" : [...new Set([...aggregates, ...read])];
  const role = ident(MONITORING);
  const statements = [
    `GRANT USAGE ON SCHEMA public, datastack, timescaledb_information TO ${role}`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA timescaledb_information TO ${role}`,
    `GRANT SELECT ON TABLE ${LEDGER} TO ${role}`,
    ...rights(MONITORING, { ...grant, read: all }, schema),
    ...(grant.owns === undefined ? [] : own(MONITORING, grant.owns)),
  ];
  return step(`grants:${MONITORING}`, statements, [statements, made]);
}

/** Roles that had rights and are no longer declared lose them. */
function revokeStep(roles: readonly string[], schema: DatabaseSchema): Step {
  return step(
    "base:revoke",
    [
      `DO $datastack$
DECLARE
  r text;
  t text;
BEGIN
  FOR r IN
    SELECT DISTINCT split_part(m.step, ':', 2) FROM ${LEDGER} m
    WHERE m.step LIKE 'grants:%' AND NOT ${json(roles)} ? split_part(m.step, ':', 2)
  LOOP
    INSERT INTO ${LEDGER} (step, hash, duration) VALUES ('grants:' || r, '', '0');
    CONTINUE WHEN to_regrole(quote_ident(r)) IS NULL;
    FOR t IN SELECT jsonb_array_elements_text(${json(relationsOf(schema))}) LOOP
      EXECUTE format('REVOKE ALL ON TABLE public.%I FROM %I', t, r);
    END LOOP;
    EXECUTE format('REVOKE ALL ON SCHEMA public FROM %I', r);
    RAISE WARNING '% is no longer granted anything; what it owns is kept', r;
  END LOOP;
END
$datastack$`,
    ],
    roles,
  );
}
