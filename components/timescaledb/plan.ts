import type { GeneratedSecret } from "../core/secrets";
import { type Connection, connectionTo } from "../target/connection";
import type { File, Schedule, VolumePreparation, Workload } from "../target/workload";
import type { TimescaleDBArgs } from "./args";
import { BACKUP, BACKUP_SCRIPT, BACKUP_TIMEOUT, DUMPS, PASSWORD, RESTORE, RESTORE_SCRIPT } from "./backup-scripts";
import { CONFIG_FILES, HBA_CLOSED, hbaOpen, postgresqlConf } from "./config";
import { EXTENSION_STATE, OWN_JOBS, OWN_JOBS_FILE, reconcileServer } from "./reconcile";
import type { Migrated } from "./schema";
import { initScript, readyScript, startScript } from "./scripts";
import { ADMIN, adminSecret, editionOf, FILES, PORT, RUN, SECRETS, type Spec, spec, VOLUME } from "./spec";

const MI = 2 ** 20;

/** The server, as one service with one volume. */
export function workload(name: string, args: TimescaleDBArgs): Workload {
  const s = spec(name, args);
  return {
    name,
    image: args.images.timescaledb,
    command: ["/bin/sh", `${FILES}/start.sh`],
    files: [
      { path: `${FILES}/start.sh`, content: startScript(s), executable: true },
      { path: `${FILES}/ready.sh`, content: readyScript(s), executable: true },
      { path: `${FILES}/server.sql`, content: reconcileServer(s) },
      { path: `${FILES}/extension.sql`, content: EXTENSION_STATE },
      { path: OWN_JOBS_FILE, content: OWN_JOBS },
      { path: CONFIG_FILES.settings, content: postgresqlConf(s, args) },
      { path: CONFIG_FILES.closed, content: HBA_CLOSED },
      { path: CONFIG_FILES.open, content: hbaOpen(s) },
      ...passwords(s),
    ],
    scratch: { "/tmp": "16Mi", [RUN]: "1Mi", "/dev/shm": `${s.memory.shm / MI}Mi` },
    volumes: [{ name: "data", path: VOLUME, size: s.storage, prepare: () => preparation(s, args) }],
    // One, with a name that says so, as everything that has a volume.
    identity: "stable",
    ports: { postgres: { port: PORT, ...(args.publish ? { publish: args.publish } : {}) } },
    // After a crash the write-ahead log is replayed before anybody is let in.
    ready: { probe: { exec: ["/bin/sh", `${FILES}/ready.sh`] }, startWithin: 600 },
    resources: s.resources,
    // A fast shutdown still writes a checkpoint.
    stop: { grace: 120 },
  };
}

/** The nightly dump, and what restores one: it has the dumps, the programs and the password. */
export function backupSchedule(name: string, args: TimescaleDBArgs): Schedule[] {
  const { backup, database } = spec(name, args);
  if (!backup) return [];
  const to = databaseConnection(name, args);
  const admin = administrator(name);
  const schedule = backupName(name);
  return [
    {
      name: schedule,
      image: args.images.timescaledb,
      command: ["/bin/sh", BACKUP_SCRIPT],
      env: {
        PGHOST: to.host,
        PGPORT: String(to.port),
        PGUSER: admin.user,
        PGDATABASE: database,
        KEEP: String(backup.keep),
        SCHEDULE: schedule,
      },
      files: [
        { path: BACKUP_SCRIPT, content: BACKUP, executable: true },
        { path: RESTORE_SCRIPT, content: RESTORE, executable: true },
        { path: OWN_JOBS_FILE, content: OWN_JOBS },
        { path: PASSWORD, content: admin.password, secret: true },
      ],
      scratch: { "/tmp": "64Mi" },
      volumes: [{ name: "dumps", path: DUMPS, size: backup.storage }],
      needs: [{ to, start: true }],
      every: { dailyAt: backup.dailyAt },
      timeout: BACKUP_TIMEOUT,
      resources: backup.resources,
    },
  ];
}

export function backupName(name: string): string {
  return `${name}-backup`;
}

export function databaseConnection(name: string, args: TimescaleDBArgs): Connection {
  const { existing, database, target } = args;
  if (existing) {
    const { host, port = PORT, cidrs, credentials } = existing;
    const { admin: _, ...clients } = credentials;
    const endpoints = [`${host}:${port}`];
    return { id: name, kind: "postgres", database, port, peer: { cidrs }, host, endpoints, credentials: clients };
  }
  const credentials = spec(name, args).roles.map((role) => [
    role.name,
    { user: role.name, password: { generated: role.secret } },
  ]);
  return {
    ...connectionTo(target, name, { kind: "postgres", port: PORT }),
    database,
    credentials: Object.fromEntries(credentials),
  };
}

/** What the schema is made with; nothing without one. */
export function migrated(name: string, args: TimescaleDBArgs): Migrated | undefined {
  const { schema, existing, images, database } = args;
  if (!schema) return undefined;
  return {
    name,
    image: images.timescaledb,
    server: databaseConnection(name, args),
    database,
    // A missing one is refused before anything is made of it.
    admin: existing?.credentials.admin ?? administrator(name),
    schema,
    edition: editionOf(args),
    ...(existing ? {} : { restores: [name] }),
  };
}

/** All passwords of the server. */
export function secrets(name: string, args: TimescaleDBArgs): GeneratedSecret[] {
  return [adminSecret(name), ...spec(name, args).roles.map(({ secret }) => secret)].map((generated) => ({ generated }));
}

function administrator(name: string) {
  return { user: ADMIN, password: { generated: adminSecret(name) } };
}

function passwords(s: Spec): File[] {
  const all = [{ name: ADMIN, secret: adminSecret(s.name) }, ...s.roles];
  return all.map(({ name, secret }) => ({ path: `${SECRETS}/${name}`, content: { generated: secret }, secret: true }));
}

/** Says nothing of how the server is configured, so that a change of that does not touch the volume. */
function preparation(s: Spec, args: TimescaleDBArgs): VolumePreparation {
  return {
    command: ["/bin/sh", `${FILES}/init.sh`],
    files: [{ path: `${FILES}/init.sh`, content: initScript(s), executable: true }],
    // Another text than before makes the preparation run again.
    ...(args.recover ? { env: { RECOVER: "true" } } : {}),
    timeout: 300,
  };
}
