import type { Problem } from "../core/problems";
import type { SecretContent } from "../core/secrets";
import type { Connection, Credentials } from "../target/connection";
import type { File, Need } from "../target/workload";
import type { AppArgs, AppSettings, AppUses, UsedServer } from "./args";
import { clientConfig } from "./kafka-client/config";

/** Where an app finds what is laid into its container for it. */
export const FILES = "/opt/datastack/app";
export const SECRETS = "/run/secrets";

/** What an app learns from its surroundings. */
export interface Environment {
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly File[];
  readonly needs: readonly Need[];
}

/** Who says what a variable is. */
interface Variable {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

type Source = Pick<AppArgs, "uses" | "secrets" | "settings" | "needs" | "files" | "http" | "metrics">;

export function environment(app: string, args: Source): Environment {
  const variables = [...settingVariables(args.settings), ...derived(app, args)];
  return {
    env: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
    files: [...secretFiles(args), ...clientFiles(app, args.uses), ...(args.files ?? [])],
    needs: [...usedNeeds(args.uses), ...(args.needs ?? [])],
  };
}

/** Names that two sides want to set: neither would know which won. */
export function checkEnvironment(app: string, args: Source): Problem[] {
  const derivations = derived(app, args);
  return [
    ...settingVariables(args.settings).flatMap(({ name }) => {
      const other = derivations.find((variable) => variable.name === name);
      const from = RESERVED[name] ?? other?.from;
      if (from === undefined) return [];
      return [{ path: `settings.${name}`, rule: `is set by ${from}`, fix: "Remove it, or rename it in the app" }];
    }),
    ...derivations.flatMap(({ name, from }, i) => {
      const other = derivations.slice(0, i).find((variable) => variable.name === name);
      return other
        ? [{ path: from, rule: `sets ${name}, which ${other.from} sets too`, fix: "Rename one of them" }]
        : [];
    }),
    ...Object.keys({ ...args.settings, ...args.secrets })
      .filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      .map((name) => ({ path: "settings", value: name, rule: "must be a name of letters, digits and _" })),
  ];
}

const RESERVED: Readonly<Record<string, string>> = { DATASTACK_REPLICA: "the stack, for apps of several replicas" };

function settingVariables(settings: AppSettings = {}): Variable[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value: String(value), from: "settings" }));
}

/** What follows from the ports, `uses` and `secrets`. */
function derived(app: string, { uses = {}, secrets = {}, http, metrics }: Source): Variable[] {
  const { database, redis, kafka } = uses;
  const variables = (from: string, prefix: string, values: Readonly<Record<string, string | undefined>>): Variable[] =>
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name: `${prefix}_${name}`, value, from }],
    );
  return [
    ...(http ? [{ name: "PORT", value: String(http.port), from: "http.port" }] : []),
    ...(metrics?.port === undefined || metrics.port === http?.port
      ? []
      : [{ name: "METRICS_PORT", value: String(metrics.port), from: "metrics.port" }]),
    ...(database
      ? variables("uses.database", "DATABASE", {
          ...server(database, "DATABASE"),
          NAME: database.name ?? database.connection.database,
        })
      : []),
    ...(redis ? variables("uses.redis", "REDIS", server(redis, "REDIS")) : []),
    ...(kafka
      ? variables("uses.kafka", "KAFKA", {
          BOOTSTRAP_SERVERS: kafka.connection.endpoints.join(","),
          CLIENT_CONFIG: kafka.client ? clientConfig(FILES, app, kafka.client).path : undefined,
        })
      : []),
    ...Object.keys(secrets).map((name) => ({
      name: `${name}_FILE`,
      value: secretPath(name),
      from: `secrets.${name}`,
    })),
  ];
}

function server(used: UsedServer, prefix: string): Record<string, string | undefined> {
  const { host, port } = used.connection;
  const who = credentialsOf(used);
  return {
    HOST: host,
    PORT: String(port),
    USER: who?.user,
    PASSWORD_FILE: who ? secretPath(`${prefix}_PASSWORD`) : undefined,
  };
}

/** The user that is asked for, or the only one. */
export function credentialsOf({ connection, user }: UsedServer): Credentials | undefined {
  const { credentials = {} } = connection;
  const only = Object.keys(credentials).length === 1 ? Object.values(credentials)[0] : undefined;
  return user === undefined ? only : credentials[user];
}

function secretPath(name: string): string {
  return `${SECRETS}/${name.toLowerCase()}`;
}

function secretFiles({ uses = {}, secrets = {} }: Source): File[] {
  const passwords = [
    ["DATABASE_PASSWORD", uses.database ? credentialsOf(uses.database)?.password : undefined],
    ["REDIS_PASSWORD", uses.redis ? credentialsOf(uses.redis)?.password : undefined],
  ] as const;
  const all: (readonly [string, SecretContent | undefined])[] = [...passwords, ...Object.entries(secrets)];
  return all.flatMap(([name, content]): File[] =>
    content === undefined ? [] : [{ path: secretPath(name), content, secret: true }],
  );
}

function clientFiles(app: string, uses: AppUses = {}): File[] {
  return uses.kafka?.client ? [clientConfig(FILES, app, uses.kafka.client)] : [];
}

function usedNeeds({ database, redis, kafka }: AppUses = {}): Need[] {
  return [database, redis, kafka].flatMap((used) => (used ? [{ to: used.connection, start: used.start ?? true }] : []));
}

/** The workload whose data the app's jobs set something up in. */
export function databaseWorkload({ database }: AppUses = {}): string | undefined {
  const peer = database?.connection.peer as Connection["peer"] | undefined;
  return peer && "workload" in peer ? peer.workload : undefined;
}
