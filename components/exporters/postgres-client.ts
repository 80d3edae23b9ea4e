import type { Problem } from "../core/problems";
import type { Connection, Credentials } from "../target/connection";
import { checkClient } from "./client";

/** Who the exporters are on a server: may read statistics, and nothing of the data. */
const USER = "monitoring";

/** How a connection to a managed server is protected. `verify-full` needs its certificate to be signed by an authority that the image knows. */
export type SslMode = "disable" | "require" | "verify-full";

export interface DatabaseArgs {
  readonly database: Connection;
  readonly sslMode?: SslMode;
}

export interface DatabaseClient {
  /** As postgres_exporter reads them; the password is in a file. */
  readonly env: Readonly<Record<string, string>>;
  readonly password: Credentials["password"];
}

/**
 * One connection, under the exporter's name, that gives up early: figures are not worth holding up a server that is busy.
 * `statement` in seconds.
 */
export function databaseClient(
  name: string,
  { database, sslMode }: DatabaseArgs,
  { passwordFile, statement }: { readonly passwordFile: string; readonly statement: number },
): DatabaseClient {
  const { user, password } = database.credentials?.[USER] ?? { user: USER, password: "" };
  const parameters = {
    sslmode: sslMode ?? ("workload" in database.peer ? "disable" : "require"),
    connect_timeout: "5",
    statement_timeout: `${statement * 1000}`,
    lock_timeout: "1000",
    application_name: name,
  };
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return {
    env: {
      DATA_SOURCE_URI: `${database.host}:${database.port}/${database.database ?? "postgres"}?${query.join("&")}`,
      DATA_SOURCE_USER: user,
      DATA_SOURCE_PASS_FILE: passwordFile,
    },
    password,
  };
}

export function checkDatabase({ database, sslMode }: DatabaseArgs): Problem[] {
  const problems = checkClient("database", database, "postgres", USER);
  if (sslMode !== undefined && !["disable", "require", "verify-full"].includes(sslMode)) {
    problems.push({ path: "sslMode", value: sslMode, rule: "must be one of disable, require, verify-full" });
  }
  return problems;
}
