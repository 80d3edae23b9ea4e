import { TimescaleDB, type TimescaleDBArgs } from "../../../components/timescaledb";
import { images, local } from "../../support/timescaledb";
import { type Case, component } from "./case";

/** As a configuration that was read could be: not what the types allow. */
type Loose = { readonly [K in keyof TimescaleDBArgs]?: unknown };

const database = (title: string, args: Loose) =>
  component(title, TimescaleDB, { images, database: "market", ...args } as unknown as Omit<TimescaleDBArgs, "target">);

const existing = (title: string, changes: object, args: Loose = {}) => {
  const credentials = { admin: { user: "owner", password: "o" } };
  const server = { host: "db.example.com", cidrs: ["192.0.2.10/32"], credentials, ...changes };
  return database(title, { existing: server, ...args });
};

const schema = { hypertables: { trades: { columns: { time: "timestamptz" } } } };

/** The server: memory, connections, roles, dumps, and one that somebody else runs. */
export const CASES: readonly Case[] = [
  database("max connections above what memory allows", {
    maxConnections: 200,
    resources: { cpu: 1, memory: "512Mi" },
  }),
  database("too few connections for anybody", { maxConnections: 5 }),
  database("memory below what the server needs", { resources: { cpu: 1, memory: "128Mi" } }),
  database("the community edition on an image of Debian's packages", { images: local, edition: "community" }),
  database("an edition that there is not", { edition: "enterprise" }),
  database("a database that is there already", { database: "postgres" }),
  database("a database named in capitals", { database: "Market" }),
  database("the administrator as a client", { roles: { admin: {} } }),
  database("a role that PostgreSQL has already", { roles: { postgres: {} } }),
  database("a role with a hyphen", { roles: { "market-sink": {} } }),
  database("a role with a name too long for its password", { roles: { a_role_with_a_very_long_name_indeed: {} } }),
  database("a role with more connections than the server", { roles: { sink: { connectionLimit: 100 } } }),
  database("rights for a role that nobody is", { schema: { ...schema, grants: { api: { read: "all" } } } }),
  database("a volume without room for the write-ahead log", { storage: { size: "512Mi" } }),
  database("a setting with an argument of its own", { settings: { max_connections: 500 } }),
  database("a setting that would let everybody in", { settings: { hba_file: "/tmp/open.conf" } }),
  database("a setting of two lines", { settings: { search_path: "public\nfsync = off" } }),
  database("no dumps kept", { backup: { keep: 0 } }),
  database("a dump at a time that does not exist", { backup: { dailyAt: "25:00" } }),
  database("a threshold of dumps below an hour", { alerts: { TimescaleDBBackupOld: { threshold: 60 } } }),
  existing("an existing server without an owner for the schema", { credentials: {} }, { schema }),
  existing("an existing server and a role without a password", {}, { roles: { sink: {} } }),
  existing("an existing server with a port in its name", { host: "db.example.com:5432" }),
  existing("an existing server and dumps", {}, { backup: {} }),
  existing("an existing server nowhere", { cidrs: [] }),
];
