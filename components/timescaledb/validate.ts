import { checkName, MAX_NAME } from "../core/names";
import type { Problem } from "../core/problems";
import { bytes } from "../core/units";
import { checkTime } from "../target/every";
import { checkTimescaleDBTuning } from "./alerts";
import type { TimescaleDBArgs } from "./args";
import { ownSettings } from "./config";
import { LEAST_CONNECTIONS, LEAST_MEMORY, mostConnections, RESERVED } from "./memory";
import { checkIdentifier } from "./schema/names";
import { MONITORING } from "./schema/schema";
import { validateSchema } from "./schema/validate";
import { ADMIN, DEFAULT_RESOURCES, editionOf, secretOf, spec } from "./spec";
import { checkExisting } from "./validate-existing";

/** Every problem that the args have by themselves. */
export function validateTimescaleDB(name: string, args: TimescaleDBArgs): Problem[] {
  const common = [
    ...checkName("name", name),
    ...checkDatabase(args),
    ...checkEdition(args),
    ...checkRoles(name, args),
    ...checkSchema(args),
  ];
  if (args.existing) return [...common, ...checkExisting(args)];
  return [
    ...common,
    ...checkMemory(args),
    ...checkStorage("storage.size", args.storage?.size),
    ...checkBackup(args),
    ...checkSettings(name, args),
    ...checkTimescaleDBTuning("alerts", args.alerts),
  ];
}

/** Databases that are there already, or that restoring makes. */
const TAKEN = /^(postgres|template[01]|all|sameuser|samerole|samegroup|replication)$|_(before_)?restore$/;

/** The longest that leaves room for "_before_restore" in PostgreSQL's 63 bytes. */
const LONGEST = 48;

function checkDatabase({ database }: TimescaleDBArgs): Problem[] {
  const path = "database";
  if (!/^[a-z_][a-z0-9_]*$/.test(database) || database.length > LONGEST) {
    const rule = `must be at most ${LONGEST} lower-case letters, digits and "_", not beginning with a digit`;
    return [{ path, value: database, rule }];
  }
  if (!TAKEN.test(database)) return [];
  return [
    { path, value: database, rule: "is a name that the server or a restore has a use for", fix: "Choose another" },
  ];
}

function checkEdition({ edition, images, existing }: TimescaleDBArgs): Problem[] {
  if (edition === undefined || edition === "apache") return [];
  if (edition !== "community") {
    return [{ path: "edition", value: edition, rule: "must be community or apache" }];
  }
  if (existing || images.timescaledb.source === "registry") return [];
  return [
    {
      path: "edition",
      value: edition,
      rule: "is not in an image that was built from Debian's packages, which have the Apache edition only",
      fix: "Leave it out, or take upstream's image from a registry",
    },
  ];
}

function checkRoles(name: string, args: TimescaleDBArgs): Problem[] {
  const roles = Object.entries(args.roles ?? {});
  const memory = args.existing ? undefined : spec(name, args).memory;
  const most = memory ? memory.connections - RESERVED.superuser - RESERVED.monitoring : Number.MAX_SAFE_INTEGER;
  return roles.flatMap(([role, { connectionLimit: limit }]) => {
    const path = `roles.${role}`;
    if (role === ADMIN || role === "admin") {
      const rule = "is the component's own administrator, whom no client can be";
      return [{ path, value: role, rule, fix: "Give the client a role of its own" }];
    }
    const named = checkIdentifier(path, role, "role");
    if (named.length === 0 && checkName("", secretOf(name, role)).length > 0) {
      const rule = `must not end with "_", and be at most ${MAX_NAME - name.length - 1} characters: ${name}-<role> is the name of its password`;
      return [{ path, value: role, rule }];
    }
    if (named.length > 0 || limit === undefined || (Number.isInteger(limit) && limit >= 1 && limit <= most))
      return named;
    const rule = `must be a whole number from 1 to ${most}: ${memory?.connections} connections without the server's reserve`;
    return [{ path: `${path}.connectionLimit`, value: limit, rule, fix: "Lower it, or raise maxConnections" }];
  });
}

/** A grant names a role, and a role without one could log in and see nothing. */
function checkSchema(args: TimescaleDBArgs): Problem[] {
  const { schema, roles = {}, existing } = args;
  if (!schema) return [];
  const known = existing ? Object.keys(existing.credentials).filter((role) => role !== "admin") : Object.keys(roles);
  return validateSchema(
    "schema",
    schema,
    editionOf(args),
    known.filter((role) => role !== MONITORING),
  );
}

function checkMemory(args: TimescaleDBArgs): Problem[] {
  const { cpu, memory } = args.resources ?? DEFAULT_RESOURCES;
  const problems: Problem[] = [];
  if (!(cpu > 0)) problems.push({ path: "resources.cpu", value: cpu, rule: "must be a number of cores above 0" });
  const limit = bytes(memory);
  if (limit === undefined) return [...problems, notASize("resources.memory", memory)];
  if (limit < LEAST_MEMORY) {
    const rule = "must be at least 256Mi: below that nothing is left for clients beside the server's own processes";
    return [...problems, { path: "resources.memory", value: memory, rule }];
  }
  const { maxConnections } = args;
  if (maxConnections === undefined || !(cpu > 0)) return problems;
  const most = mostConnections(limit, { cpu });
  if (!Number.isInteger(maxConnections) || maxConnections < LEAST_CONNECTIONS) {
    const rule = `must be a whole number of at least ${LEAST_CONNECTIONS}: ${RESERVED.superuser + RESERVED.monitoring} are reserved, and jobs and exporters need some`;
    return [...problems, { path: "maxConnections", value: maxConnections, rule }];
  }
  if (maxConnections <= most) return problems;
  return [
    ...problems,
    {
      path: "maxConnections",
      value: maxConnections,
      rule: `must be at most ${most} with resources.memory ${memory}: each takes 5Mi, and at least 2Mi for what it sorts and hashes, of the memory that shared buffers and workers leave`,
      fix: `Lower it, share connections in the clients, or raise the limit to ${enough(maxConnections, cpu)}`,
    },
  ];
}

/** The least memory, in steps of 256Mi, that has room for so many connections. */
function enough(connections: number, cpu: number): string {
  const step = 256;
  let memory = step;
  while (memory < 2 ** 20 && mostConnections(memory * 2 ** 20, { cpu }) < connections) memory += step;
  return `${memory}Mi`;
}

function checkStorage(path: string, size: string | undefined): Problem[] {
  if (size === undefined) return [];
  const value = bytes(size);
  if (value === undefined) return [notASize(path, size)];
  if (value >= 2 ** 30) return [];
  return [{ path, value: size, rule: "must be at least 1Gi: the write-ahead log alone may take 128Mi" }];
}

function checkBackup({ backup }: TimescaleDBArgs): Problem[] {
  if (!backup) return [];
  const { dailyAt, keep, storage } = backup;
  const problems: Problem[] = [];
  if (dailyAt !== undefined) problems.push(...checkTime("backup", { dailyAt }));
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1 && keep <= 366)) {
    problems.push({ path: "backup.keep", value: keep, rule: "must be a whole number of dumps from 1 to 366" });
  }
  const size = storage && bytes(storage.size);
  if (storage && size === undefined) problems.push(notASize("backup.storage.size", storage.size));
  return problems;
}

/** Settings with an argument of their own, in place of which they would be given. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  max_connections: "Use maxConnections",
  shared_buffers: "Use resources.memory, from which it is computed",
  work_mem: "Use resources.memory and maxConnections, from which it is computed",
};

/** Files and directories are the component's, whether it sets them or not. */
const OURS = /^(config_file|data_directory|external_pid_file|ident_file|include(_dir|_if_exists)?|ssl(_.*)?)$/;

function checkSettings(name: string, args: TimescaleDBArgs): Problem[] {
  const own = new Set(Object.keys(ownSettings(spec(name, args))));
  return Object.entries(args.settings ?? {}).flatMap(([setting, value]) => {
    const path = /^\w+$/.test(setting) ? `settings.${setting}` : `settings[${JSON.stringify(setting)}]`;
    if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/.test(setting)) {
      return [{ path, rule: "must be a setting of postgresql.conf in lower case" }];
    }
    if (own.has(setting) || OURS.test(setting)) {
      return [{ path, value, rule: "is set by the component", fix: ARGUMENTS[setting] ?? "Remove it" }];
    }
    if (typeof value === "string" && /[\n\r]/.test(value)) return [{ path, rule: "must be one line" }];
    return [];
  });
}

function notASize(path: string, value: unknown): Problem {
  return { path, value, rule: "must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti" };
}
