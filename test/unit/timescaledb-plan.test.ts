import { describe, expect, test } from "vitest";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { DatabaseSchema } from "../../components/timescaledb";
import { TimescaleDB, type TimescaleDBArgs } from "../../components/timescaledb";
import { fileOf } from "../support/kafka";
import { databaseArgs, local } from "../support/timescaledb";

const schema: DatabaseSchema = {
  hypertables: {
    trades: { columns: { time: "timestamptz", price: "double" }, primaryKey: ["time"], retention: "30d" },
  },
  grants: { sink: { write: "all" } },
};
const roles = { sink: { connectionLimit: 4 }, market_api: {} };
const plan = (args: Partial<TimescaleDBArgs> = {}) => TimescaleDB.plan("timescaledb", databaseArgs(args));

describe("the server", () => {
  const [service] = plan({ roles }).services ?? [];

  test("keeps one volume, that is initialised before it exists", () => {
    expect(service?.volumes).toMatchObject([{ name: "data", path: "/var/lib/postgresql", size: "10Gi" }]);
    const preparation = service?.volumes?.[0]?.prepare?.(0);
    expect(preparation?.command).toEqual(["/bin/sh", "/opt/datastack/timescaledb/init.sh"]);
    expect(preparation?.env).toBeUndefined();
  });

  test("is initialised again only on request, and for no change of its settings", () => {
    const prepared = (args: Partial<TimescaleDBArgs>) => plan(args).services?.[0]?.volumes?.[0]?.prepare?.(0);
    expect(prepared({ recover: true })?.env).toEqual({ RECOVER: "true" });
    expect(prepared({ roles, database: "other", resources: { cpu: 2, memory: "4Gi" } })).toEqual(prepared({}));
  });

  test("has every password as a file of its own, and in nothing else", () => {
    const secrets = (service?.files ?? []).filter((file) => file.secret);
    expect(Object.fromEntries(secrets.map(({ path, content }) => [path.split("/").at(-1), content]))).toEqual({
      datastack_admin: { generated: "timescaledb-admin" },
      market_api: { generated: "timescaledb-market-api" },
      monitoring: { generated: "timescaledb-monitoring" },
      sink: { generated: "timescaledb-sink" },
    });
    expect(plan({ roles }).secrets).toEqual(
      ["admin", "market-api", "monitoring", "sink"].map((role) => ({ generated: `timescaledb-${role}` })),
    );
    expect(service?.env).toBeUndefined();
  });

  test("is published only where that is asked for", () => {
    expect(service?.ports.postgres).toEqual({ port: 5432 });
    expect(plan({ publish: { host: 15432 } }).services?.[0]?.ports.postgres?.publish).toEqual({ host: 15432 });
  });

  test("limits connections of those roles that have a limit", () => {
    const sql = fileOf(service?.files, "server.sql");
    expect(sql).toMatch(/ALTER ROLE "sink" LOGIN NOSUPERUSER .* CONNECTION LIMIT 4 PASSWORD :'password';/);
    expect(sql).toMatch(/ALTER ROLE "market_api" .* CONNECTION LIMIT -1 /);
    expect(sql).toContain("rolname NOT IN ('datastack_admin', 'market_api', 'monitoring', 'sink')");
  });
});

test.each([
  ["Docker", new DockerTarget({ stack: "dev" })],
  ["Kubernetes", new KubernetesTarget({ stack: "prod" })],
] as const)("all of it is taken by %s", (_, target) => {
  const args = databaseArgs({ target, schema, roles, backup: {}, images: local, recover: true });
  expect(TimescaleDB.validate("timescaledb", args)).toEqual([]);
  expect(target.check([TimescaleDB.plan("timescaledb", args)])).toEqual([]);
});

describe("the connection", () => {
  test("has the credentials of clients, and not the administrator's", () => {
    const connection = TimescaleDB.connection("timescaledb", databaseArgs({ roles }));
    expect(connection).toMatchObject({ kind: "postgres", port: 5432, host: "timescaledb", database: "market" });
    expect(connection.credentials).toEqual({
      market_api: { user: "market_api", password: { generated: "timescaledb-market-api" } },
      monitoring: { user: "monitoring", password: { generated: "timescaledb-monitoring" } },
      sink: { user: "sink", password: { generated: "timescaledb-sink" } },
    });
  });
});

describe("the schema", () => {
  test("is made by a job of the administrator's, again when the volume is a new one", () => {
    const [job] = plan({ schema, roles }).jobs ?? [];
    expect(job).toMatchObject({
      name: "timescaledb-migrate",
      restores: ["timescaledb"],
      env: { PGUSER: "datastack_admin" },
    });
    expect(plan({ roles }).jobs).toEqual([]);
  });

  test("has schedules for what the Apache edition cannot do itself", () => {
    const names = (args: Partial<TimescaleDBArgs>) => plan(args).schedules?.map(({ name }) => name);
    expect(names({ schema, roles, images: local })).toEqual(["timescaledb-retention"]);
    expect(names({ schema, roles })).toEqual([]);
  });
});

describe("the dump", () => {
  const [schedule] = plan({ backup: {} }).schedules ?? [];

  test("is made nightly, beside what restores it, on a volume as large as the database's", () => {
    expect(schedule).toMatchObject({
      name: "timescaledb-backup",
      every: { dailyAt: "02:30" },
      env: { PGUSER: "datastack_admin", PGDATABASE: "market", PGHOST: "timescaledb", KEEP: "7" },
      volumes: [{ name: "dumps", size: "10Gi" }],
      needs: [{ start: true }],
    });
    expect(schedule?.files?.find((file) => file.secret)).toMatchObject({ content: { generated: "timescaledb-admin" } });
    expect(schedule?.files?.map(({ path }) => path.split("/").at(-1))).toEqual([
      "backup.sh",
      "restore.sh",
      "jobs.sql",
      "password",
    ]);
  });

  test("is watched on every target, and only when it is made", () => {
    const names = (args: Partial<TimescaleDBArgs>) =>
      TimescaleDB.monitoring("timescaledb", databaseArgs(args))
        .rules.flatMap((group) => group.alerts ?? [])
        .map((a) => a.name);
    const all = ["TimescaleDBBackupFailed", "TimescaleDBBackupMissing", "TimescaleDBBackupOld"];
    expect(names({ backup: {} })).toEqual(all);
    expect(names({})).toEqual([]);
    const kubernetes = { ...databaseArgs().target, kind: "kubernetes" } as TimescaleDBArgs["target"];
    expect(names({ backup: {}, target: kubernetes })).toEqual(all);
  });
});

describe("a server that somebody else runs", () => {
  const existing = {
    host: "db.example.com",
    cidrs: ["192.0.2.10/32"],
    credentials: {
      admin: { user: "owner", password: "o" },
      sink: { user: "sink", password: "s" },
    },
  };

  test("gets the schema, and nothing that belongs to a server", () => {
    const { services, secrets, jobs, schedules } = plan({ existing, schema });
    expect({ services, secrets }).toEqual({ services: undefined, secrets: undefined });
    expect(jobs).toMatchObject([{ name: "timescaledb-migrate", env: { PGHOST: "db.example.com", PGUSER: "owner" } }]);
    expect(jobs?.[0]).not.toHaveProperty("restores");
    expect(schedules?.map(({ name }) => name)).toEqual(["timescaledb-retention"]);
  });

  test("is reached where it is, by those whose credentials are given", () => {
    expect(TimescaleDB.connection("timescaledb", databaseArgs({ existing }))).toMatchObject({
      peer: { cidrs: ["192.0.2.10/32"] },
      endpoints: ["db.example.com:5432"],
      credentials: { sink: { user: "sink" } },
    });
    expect(TimescaleDB.connection("timescaledb", databaseArgs({ existing })).credentials).not.toHaveProperty("admin");
  });
});
