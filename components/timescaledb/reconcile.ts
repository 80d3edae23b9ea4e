import { ident, literal } from "./schema/names";
import { MONITORING } from "./schema/schema";
import { ADMIN, FILES, SECRETS, type Spec } from "./spec";

export const OWN_JOBS_FILE = `${FILES}/jobs.sql`;

/** Roles that are ours carry it as their comment: only those lose their login when they are no longer declared. */
const MARK = "datastack";

const ORDINARY = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT";

/**
 * For psql, in the database `postgres`: roles, their passwords and the database, as declared. Passwords come from their files into
 * variables of psql, so that they are in no text, on no command line and, as the session logs nothing, in no log.
 */
export function reconcileServer({ roles, database }: Spec): string {
  const known = [ADMIN, ...roles.map(({ name }) => name)];
  return `\\set ON_ERROR_STOP on
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET client_min_messages = 'warning';
${role(ADMIN, `LOGIN SUPERUSER CONNECTION LIMIT -1`)}
${roles.map(({ name, connectionLimit }) => role(name, `${ORDINARY} CONNECTION LIMIT ${connectionLimit ?? -1}`)).join("\n")}
-- What is no longer declared keeps what it owns, and does not log in any more.
SELECT format('ALTER ROLE %I NOLOGIN PASSWORD NULL', rolname) FROM pg_roles
  WHERE rolcanlogin AND shobj_description(oid, 'pg_authid') = ${literal(MARK)}
    AND rolname NOT IN (${known.map(literal).join(", ")}) \\gexec
GRANT pg_monitor, pg_use_reserved_connections TO ${ident(MONITORING)};
SELECT 'CREATE DATABASE ${ident(database).replaceAll("'", "''")} TEMPLATE template0 OWNER ${ADMIN}'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)}) \\gexec
-- A restore that was killed may have closed it.
ALTER DATABASE ${ident(database)} ALLOW_CONNECTIONS true;
REVOKE ALL ON DATABASE ${ident(database)} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE ${ident(database)} TO ${roles.map(({ name }) => ident(name)).join(", ")};
`;
}

function role(name: string, attributes: string): string {
  return `\\set password \`cat '${SECRETS}/${name}'\`
SELECT 'CREATE ROLE ${ident(name)}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) \\gexec
ALTER ROLE ${ident(name)} ${attributes} PASSWORD :'password';
COMMENT ON ROLE ${ident(name)} IS ${literal(MARK)};`;
}

/**
 * One row: what has to be done about the extension (create, keep, update or refuse), its version in the database, and the one that
 * the image brings. Asked without loading it, because an image that lacks the database's version cannot.
 */
export const EXTENSION_STATE = `SELECT CASE
    WHEN e.extversion IS NULL THEN 'create'
    WHEN e.extversion = a.default_version THEN 'keep'
    WHEN string_to_array(split_part(e.extversion, '-', 1), '.')::int[]
      < string_to_array(split_part(a.default_version, '-', 1), '.')::int[] THEN 'update'
    ELSE 'refuse'
  END, coalesce(e.extversion, ''), a.default_version
FROM pg_available_extensions a LEFT JOIN pg_extension e ON e.extname = a.name WHERE a.name = 'timescaledb';
`;

/**
 * The extension's own job that trims the history of jobs is of the community edition: in the other one it would fail every hour.
 * Its functions to change a job are of that edition, too.
 */
export const OWN_JOBS = `DO $$
DECLARE jobs regclass;
BEGIN
  -- Which of the two schemas has the table, and which a view of it, depends on the version.
  SELECT c.oid INTO jobs FROM pg_class c WHERE c.relname = 'bgw_job' AND c.relkind = 'r'
    AND c.relnamespace::regnamespace::text IN ('_timescaledb_catalog', '_timescaledb_config');
  EXECUTE format($sql$UPDATE %s SET scheduled = $1
    WHERE proc_name = 'policy_job_stat_history_retention' AND scheduled <> $1$sql$, jobs)
    USING current_setting('timescaledb.license') = 'timescale';
END $$;
`;
