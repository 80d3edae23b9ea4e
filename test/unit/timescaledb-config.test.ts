import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimescaleDB, type TimescaleDBArgs } from "../../components/timescaledb";
import { ownSettings } from "../../components/timescaledb/config";
import {
  atMost,
  divideMemory,
  LEAST_CONNECTIONS,
  LEAST_MEMORY,
  mostConnections,
} from "../../components/timescaledb/memory";
import { spec } from "../../components/timescaledb/spec";
import { fileOf } from "../support/kafka";
import { databaseArgs, local } from "../support/timescaledb";

const MI = 2 ** 20;
const GI = 2 ** 30;

const conf = (args: Partial<TimescaleDBArgs> = {}) =>
  fileOf(TimescaleDB.plan("timescaledb", databaseArgs(args)).services?.[0]?.files, "postgresql.conf");
const settings = (args: Partial<TimescaleDBArgs> = {}) =>
  Object.fromEntries(
    conf(args)
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" = ")),
  );

describe("the division of memory", () => {
  const limits = fc.integer({ min: LEAST_MEMORY / MI, max: (64 * GI) / MI }).map((size) => size * MI);
  const cores = fc.double({ min: 0.1, max: 64, noNaN: true });

  test("never takes the whole limit, however many connections are allowed", () => {
    fc.assert(
      fc.property(limits, cores, fc.double({ min: 0, max: 1, noNaN: true }), (limit, cpu, share) => {
        const most = mostConnections(limit, { cpu });
        expect(most).toBeGreaterThanOrEqual(LEAST_CONNECTIONS);
        const given = LEAST_CONNECTIONS + Math.floor(share * (most - LEAST_CONNECTIONS));
        for (const connections of [undefined, given]) {
          const memory = divideMemory(limit, { cpu }, connections);
          expect(atMost(memory)).toBeLessThanOrEqual(limit);
          expect(memory.connections).toBeLessThanOrEqual(most);
          expect(memory.workMem).toBeGreaterThanOrEqual(MI);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("is what it would not be with one connection more than allowed", () => {
    const most = mostConnections(512 * MI, { cpu: 1 });
    expect(atMost(divideMemory(512 * MI, { cpu: 1 }, most))).toBeLessThanOrEqual(512 * MI);
    expect(atMost(divideMemory(512 * MI, { cpu: 1 }, most + 1))).toBeGreaterThan(512 * MI);
  });

  test.each([
    ["256Mi", 1, "64MB", "16MB", "10", "4"],
    ["1Gi", 1, "256MB", "64MB", "32", "4"],
    ["4Gi", 2, "1024MB", "256MB", "100", "4"],
    ["64Gi", 16, "16384MB", "1024MB", "100", "16"],
  ] as const)("of %s on %d cores", (memory, cpu, shared, maintenance, connections, background) => {
    const got = settings({ resources: { cpu, memory } });
    expect(got).toMatchObject({
      shared_buffers: `'${shared}'`,
      maintenance_work_mem: `'${maintenance}'`,
      max_connections: connections,
      "timescaledb.max_background_workers": background,
    });
    const workers = Number(got["timescaledb.max_background_workers"]) + Number(got.max_parallel_workers) + 1;
    expect(Number(got.max_worker_processes)).toBe(workers);
  });

  test("gives parallel queries their shared memory", () => {
    const [service] =
      TimescaleDB.plan("timescaledb", databaseArgs({ resources: { cpu: 1, memory: "1Gi" } })).services ?? [];
    expect(service?.scratch?.["/dev/shm"]).toBe("64Mi");
  });
});

describe("postgresql.conf", () => {
  test("is sorted, tells nobody anything, and lets nothing win over it", () => {
    const lines = conf().trimEnd().split("\n");
    expect(lines).toEqual([...lines].sort());
    expect(settings()).toMatchObject({
      "timescaledb.telemetry_level": "'off'",
      allow_alter_system: "off",
      password_encryption: "'scram-sha-256'",
      log_parameter_max_length: "0",
      shared_preload_libraries: "'timescaledb'",
    });
  });

  test("has the edition that is declared, whatever the image could do", () => {
    expect(settings()["timescaledb.license"]).toBe("'timescale'");
    expect(settings({ edition: "apache" })["timescaledb.license"]).toBe("'apache'");
    expect(settings({ images: local })["timescaledb.license"]).toBe("'apache'");
  });

  test("keeps the write-ahead log within an eighth of the volume", () => {
    expect(settings({ storage: { size: "1Gi" } }).max_wal_size).toBe("'128MB'");
    expect(settings({ storage: { size: "10Gi" } }).max_wal_size).toBe("'1280MB'");
    expect(settings({ storage: { size: "1Ti" } }).max_wal_size).toBe("'4096MB'");
  });

  test("takes further settings, quoted, and never in place of its own", () => {
    const got = settings({
      settings: { statement_timeout: "5min", deadlock_timeout: 2000, track_io_timing: true, "a.b": "it's" },
    });
    expect(got).toMatchObject({
      statement_timeout: "'5min'",
      deadlock_timeout: "2000",
      track_io_timing: "on",
      "a.b": "'it''s'",
    });
    const own = ownSettings(spec("timescaledb", databaseArgs()));
    expect(settings({ settings: { listen_addresses: "evil" } }).listen_addresses).toBe(`'${own.listen_addresses}'`);
  });
});

describe("pg_hba.conf", () => {
  const files = TimescaleDB.plan("timescaledb", databaseArgs()).services?.[0]?.files;

  test("lets nobody in over the network before all is reconciled", () => {
    expect(fileOf(files, "pg_hba.closed.conf").trimEnd().split("\n")).toEqual([
      "local all postgres peer",
      "local all all reject",
      "host all all all reject",
    ]);
  });

  test("asks everybody for a password then, and the superuser of the image stays on the socket", () => {
    const open = fileOf(files, "pg_hba.open.conf");
    expect(open).not.toMatch(/trust|md5|\bpassword\b/);
    expect(open.match(/^host .*$/gm)).toEqual([
      "host all postgres all reject",
      "host all datastack_admin all scram-sha-256",
      "host market all all scram-sha-256",
      "host all all all reject",
    ]);
  });
});
