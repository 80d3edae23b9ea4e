import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { File } from "../../components/target/workload";
import { TimescaleDB } from "../../components/timescaledb";
import { MISSING_ROLES } from "../../components/timescaledb/backup-scripts";
import { databaseArgs } from "../support/timescaledb";

// The scripts run as they are, but for the directories that they find things in and the programs of the image.
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "timescaledb-scripts-"));
  for (const path of ["bin", VOLUME, RUN, DUMPS, "tmp", "opt/datastack/timescaledb/secrets"])
    mkdirSync(at(path), { recursive: true });
  writeFileSync(at("server.cjs"), SERVER);
  const version = `[ "$1" = --version ] && { echo "postgres (PostgreSQL) 18.6 (Debian 18.6-3)"; exit; }`;
  tool("postgres", `${version}\nexec "${process.execPath}" "$ROOT/server.cjs" "$@"`);
});
afterEach(() => rmSync(root, { recursive: true }));

const VOLUME = "var/lib/postgresql";
const RUN = "var/run/postgresql";
const DUMPS = "var/lib/datastack-backups";
const FILES = "opt/datastack/timescaledb";
const at = (path: string) => join(root, path);
const moved = (text: string) =>
  text.replaceAll(/\/(var\/(lib|run)\/(postgresql|datastack-backups)|opt\/datastack|tmp)\b/g, (path) => root + path);
const read = (path: string) => readFileSync(at(path), "utf8");

/**
 * Says when it is ready, and ends as a server does that is shut down fast. No shell: what runs beside a script ignores INT from
 * the beginning, and a shell cannot take that back. It never outlives a test.
 */
const SERVER = `const fs = require("node:fs");
const at = (path) => process.env.ROOT + "/" + path;
const told = (signal) => fs.appendFileSync(at("signals"), signal + "\\n");
process.on("SIGINT", () => { told("INT"); process.exit(0); });
process.on("SIGTERM", () => told("TERM"));
fs.writeFileSync(at("started"), process.argv.slice(2).join(" ") + "\\n");
fs.copyFileSync(at("${RUN}/pg_hba.conf"), at("began-with"));
fs.writeFileSync(at("${VOLUME}/data-18/postmaster.pid"), process.pid + "\\n2\\n3\\n4\\n5\\n6\\n7\\nready   \\n");
setTimeout(() => process.exit(9), Number(process.env.LIFE ?? 10000));
`;

function tool(name: string, text: string): void {
  writeFileSync(at(`bin/${name}`), `#!/bin/sh\n${text}\n`);
  chmodSync(at(`bin/${name}`), 0o755);
}

const plan = TimescaleDB.plan("timescaledb", databaseArgs({ roles: { sink: {} }, backup: { keep: 2 } }));
const [service] = plan.services ?? [];
const [schedule] = plan.schedules ?? [];
const init = service?.volumes?.[0]?.prepare?.(0).files ?? [];

function lay(files: readonly File[] | undefined): void {
  for (const file of files ?? []) writeFileSync(moved(file.path), file.secret ? "s3cret" : moved(file.content));
}

const environment = () => ({ PATH: `${at("bin")}:${process.env.PATH}`, ROOT: root, ...schedule?.env });
function sh(script: string, ...given: (string | Record<string, string>)[]) {
  const args = given.filter((arg) => typeof arg === "string");
  const { status, stdout, stderr } = spawnSync("/bin/sh", [at(`${FILES}/${script}`), ...args], {
    env: Object.assign({ ...environment(), LIFE: "5000" }, ...given.filter((arg) => typeof arg !== "string")),
    encoding: "utf8",
    timeout: 10_000,
  });
  return { status, stdout, stderr };
}

test.each(["sh", "bash"])("every script is one for %s", (shell) => {
  const all = [...(service?.files ?? []), ...init, ...(schedule?.files ?? [])];
  const scripts = all.filter((file) => file.path.endsWith(".sh"));
  expect(scripts.map(({ path }) => path.split("/").at(-1))).toEqual([
    "start.sh",
    "ready.sh",
    "init.sh",
    "backup.sh",
    "restore.sh",
  ]);
  for (const { content } of scripts)
    expect(spawnSync(shell, ["-n"], { input: content as string, encoding: "utf8" }).stderr).toBe("");
});

describe("init", () => {
  beforeEach(() => {
    lay(init);
    tool(
      "initdb",
      `echo "$@" >>"$ROOT/initdb"; for a; do case $a in --pgdata=*) d=\${a#*=};; esac; done; mkdir "$d"; echo 18 >"$d/PG_VERSION"`,
    );
    tool("sync", "");
  });

  test("initialises an empty volume, with checksums and an order that no C library decides", () => {
    expect(sh("init.sh")).toMatchObject({ status: 0, stderr: "" });
    expect(read("initdb")).toContain("--encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --data-checksums");
    expect(read("initdb")).toContain("--auth-local=peer --auth-host=reject");
    expect(readdirSync(at(VOLUME))).toEqual(["data-18"]);
  });

  test("leaves what is initialised as it is", () => {
    sh("init.sh");
    writeFileSync(at(`${VOLUME}/data-18/kept`), "");
    expect(sh("init.sh").stdout).toBe("The volume of timescaledb is initialised: PostgreSQL 18.\n");
    expect(existsSync(at(`${VOLUME}/data-18/kept`))).toBe(true);
    expect(read("initdb").trim().split("\n")).toHaveLength(1);
  });

  test("begins one again that was interrupted", () => {
    mkdirSync(at(`${VOLUME}/.new-18`));
    expect(sh("init.sh").status).toBe(0);
    expect(readdirSync(at(VOLUME))).toEqual(["data-18"]);
  });

  test("refuses data of another version, and files that are no data", () => {
    mkdirSync(at(`${VOLUME}/data-17`));
    writeFileSync(at(`${VOLUME}/data-17/PG_VERSION`), "17\n");
    expect(sh("init.sh").stderr).toContain("holds data of another PostgreSQL");
    rmSync(at(`${VOLUME}/data-17`), { recursive: true });
    mkdirSync(at(`${VOLUME}/data-18`));
    writeFileSync(at(`${VOLUME}/data-18/base`), "");
    expect(sh("init.sh")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("holds files but no PG_VERSION"),
    });
    expect(existsSync(at("initdb"))).toBe(false);
  });
});

describe("start", () => {
  beforeEach(() => {
    lay(service?.files);
    mkdirSync(at(`${VOLUME}/data-18`));
    writeFileSync(at(`${VOLUME}/data-18/PG_VERSION`), "18\n");
  });

  /** psql with the state of the extension; the time of the last reload changes when one was asked for. */
  const psql = (state: string) =>
    tool(
      "psql",
      `echo "$@" >>"$ROOT/asked"
case "$*" in
  *extension.sql*) echo "${state}";;
  *pg_reload_conf*) touch "$ROOT/reloaded";;
  *pg_conf_load_time*) if [ -e "$ROOT/reloaded" ]; then echo later; else echo before; fi;;
  *server.sql*) cp "$ROOT/${RUN}/pg_hba.conf" "$ROOT/reconciled-with";;
esac`,
    );

  test("refuses an empty volume with the way out, and starts nothing", () => {
    rmSync(at(`${VOLUME}/data-18`), { recursive: true });
    const { status, stderr } = sh("start.sh");
    expect(status).toBe(1);
    expect(stderr).toContain("timescaledb does not start: its volume");
    expect(stderr).toContain("    pulumi config set datastack:timescaledbRecover true\n");
    expect(stderr).toContain("    npm run restore -- dev --from latest --yes\n");
    expect(existsSync(at("started"))).toBe(false);
  });

  test("refuses data of another version, and a password that is empty", () => {
    writeFileSync(at(`${FILES}/secrets/sink`), "");
    expect(sh("start.sh").stderr).toBe("timescaledb does not start: the file with the password of sink is empty.\n");
    rmSync(at(`${VOLUME}/data-18`), { recursive: true });
    mkdirSync(at(`${VOLUME}/data-17`));
    writeFileSync(at(`${VOLUME}/data-17/PG_VERSION`), "17\n");
    expect(sh("start.sh").stderr).toContain("data-17. The image has version 18, which cannot read them.");
    expect(existsSync(at("started"))).toBe(false);
  });

  test("lets nobody in until all is reconciled, and turns TERM into a fast shutdown", async () => {
    psql("keep 2.31.0 2.31.0");
    writeFileSync(at(`${RUN}/ready`), "");
    writeFileSync(at(`${VOLUME}/data-18/postmaster.pid`), "1\n");
    const child = spawn("/bin/sh", [at(`${FILES}/start.sh`)], { env: environment(), stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    for (let i = 0; i < 200 && !existsSync(at("asked")); i++) await sleep(20);
    for (let i = 0; i < 200 && !existsSync(at(`${RUN}/ready`)); i++) await sleep(20);
    const closed = read(`${FILES}/pg_hba.closed.conf`);
    expect(read("began-with")).toBe(closed);
    expect(read("reconciled-with")).toBe(closed);
    expect(read(`${RUN}/pg_hba.conf`)).toBe(read(`${FILES}/pg_hba.open.conf`));
    expect(read("started")).toBe(
      moved("-D /var/lib/postgresql/data-18 -c config_file=/opt/datastack/timescaledb/postgresql.conf\n"),
    );
    expect(read("asked")).not.toMatch(/s3cret|CREATE EXTENSION|ALTER EXTENSION/);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(read("signals")).toBe("INT\n");
  });

  test.each([
    ["create  2.31.0", "CREATE EXTENSION timescaledb"],
    ["update 2.30.0 2.31.0", "-c ALTER EXTENSION timescaledb UPDATE"],
  ])("does what the extension needs: %s", (state, sql) => {
    psql(state);
    // It ends by itself, with a status of its own, which is the container's then.
    expect(sh("start.sh", { LIFE: "700" }).status).toBe(9);
    expect(read("asked")).toContain(sql);
  });

  test("refuses an image that is older than the database, and says so last", () => {
    psql("refuse 2.32.0 2.31.0");
    const { status, stderr } = sh("start.sh");
    expect(status).toBe(1);
    expect(stderr).toBe(
      "timescaledb does not start: its database has TimescaleDB 2.32.0, and the image brings 2.31.0.\n" +
        "An extension cannot go back. Nothing was changed: use an image with TimescaleDB 2.32.0 or newer.\n",
    );
    expect(read("signals")).toBe("INT\n");
    expect(existsSync(at(`${RUN}/ready`))).toBe(false);
  });

  test("stops when roles cannot be made as declared", () => {
    tool("psql", "exit 3");
    expect(sh("start.sh")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("roles and database could not"),
    });
    expect(read("signals")).toBe("INT\n");
  });
});

describe("dumps", () => {
  const NAME = "market-20260301T023000Z-pg18-timescaledb-2.31.0.dump";
  /** Of the server, as it says them: one has a backslash and quotes. */
  const ROLES = String.raw`["sink", "b\\n\"y\" hand"]`;
  beforeEach(() => {
    lay(schedule?.files);
    tool(
      "psql",
      `echo "$@" >>"$ROOT/asked"; cat >/dev/null; case "$*" in *server_version_num*) echo "18 2.31.0";; *count*) echo 1;; *default_version*) echo 2.31.0;; *pg_roles*) printf '%s\\n' '${ROLES}';; esac`,
    );
    tool(
      "pg_dump",
      `echo "$@" >>"$ROOT/asked"; for a; do case $a in --file=*) echo rows >"\${a#*=}";; esac; done; exit "\${FAIL:-0}"`,
    );
    tool("pg_restore", `echo "$@" >>"$ROOT/asked"; echo "1; 0 0 TABLE DATA public trades owner"`);
    tool("sync", "");
  });
  const files = () => readdirSync(at(DUMPS)).sort();
  const dumps = () => files().filter((name) => name.endsWith(".dump"));
  const old = (day: number) => NAME.replace("0301", `020${day}`);

  test("get their name only when they were read back, and the oldest go", () => {
    for (const day of [1, 2]) writeFileSync(at(`${DUMPS}/${old(day)}`), "old");
    writeFileSync(at(`${DUMPS}/.market-x.dump.partial`), "of a run that was killed");
    writeFileSync(at(`${DUMPS}/other-20200101T000000Z-pg18-timescaledb-2.31.0.dump`), "of another database");
    const { status, stdout } = sh("backup.sh");
    expect(status).toBe(0);
    expect(stdout).toContain(`removed ${old(1)}`);
    expect(dumps()).toHaveLength(3);
    expect(dumps()).toEqual([
      old(2),
      expect.stringMatching(/^market-20.*-pg18-timescaledb-2\.31\.0\.dump$/),
      expect.stringMatching(/^other/),
    ]);
    expect(read("asked")).not.toContain("s3cret");
  });

  test.each([
    [
      "pg_dump fails",
      "pg_dump",
      `echo "disk full" >&2; for a; do case $a in --file=*) echo half >"\${a#*=}";; esac; done; exit 1`,
    ],
    ["the dump holds nothing", "pg_restore", "echo '; archive'"],
    [
      "the dump cannot be read to its end",
      "pg_restore",
      `case "$*" in *--list*) echo "1; TABLE DATA x";; *) exit 1;; esac`,
    ],
  ])("stay as they were when %s", (_, name, text) => {
    tool(name, text);
    for (const day of [1, 2]) writeFileSync(at(`${DUMPS}/${old(day)}`), "old");
    expect(sh("backup.sh").status).toBe(1);
    expect(files()).toEqual([old(1), old(2)]);
  });

  test("that were just made stay, though a clock was ahead when others were", () => {
    for (const year of [2098, 2099]) writeFileSync(at(`${DUMPS}/${NAME.replace("2026", String(year))}`), "later");
    expect(sh("backup.sh")).toMatchObject({ status: 0, stdout: expect.stringContaining("removed market-2098") });
    expect(dumps().map((name) => name.slice(0, "market-2026".length))).toEqual([
      expect.not.stringContaining("209"),
      "market-2099",
    ]);
  });

  test("of an emptied database push out none of the full one", () => {
    for (const day of [1, 2, 3]) writeFileSync(at(`${DUMPS}/${old(day)}`), "many rows".repeat(4));
    const { status, stdout, stderr } = sh("backup.sh");
    expect({ status, removed: stdout.includes("removed") }).toEqual({ status: 0, removed: false });
    expect(stderr).toMatch(/has 5 bytes, \S+0203T\S+ before it 36: no old dump is removed\. Have rows been lost\?/);
    expect(dumps()).toHaveLength(4);
    expect(sh("restore.sh", "restore", "latest").stderr).toMatch(
      /has 5 bytes, \S+0203T\S+ had 36\.\nNothing was changed/,
    );
    // The next nights.
    writeFileSync(at(`${DUMPS}/${old(4)}`), "rows\n");
    rmSync(at(`${DUMPS}/${dumps().at(-1)}`));
    expect(sh("backup.sh").stdout).toContain(`kept ${old(3)} beside them`);
    expect(dumps()).toEqual([old(3), old(4), expect.any(String)]);
    expect(sh("restore.sh", "restore", "latest").status).toBe(1);
  });

  test("are listed newest first", () => {
    for (const day of [1, 2]) writeFileSync(at(`${DUMPS}/${old(day)}`), "old");
    expect(sh("restore.sh", "list").stdout).toBe(`${old(2)} 3\n${old(1)} 3\n`);
  });

  test("are restored beside the database, which is exchanged last", () => {
    writeFileSync(at(`${DUMPS}/${NAME}`), "rows");
    expect(sh("restore.sh", "restore", "latest")).toMatchObject({ status: 0, stderr: "" });
    const steps = read("asked").split("\n");
    const position = (text: string) => steps.findIndex((step) => step.includes(text));
    const order = [
      "CREATE DATABASE",
      "CREATE EXTENSION timescaledb VERSION '2.31.0'",
      "timescaledb_pre_restore",
      "--exit-on-error --dbname=market_restore",
      "timescaledb_post_restore",
      "-v old=market -v new=market_restore -v before=market_before_restore",
      "start_background_workers",
    ].map(position);
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(read("asked")).not.toMatch(/s3cret|--jobs|-j /);
  });

  test("that fail half-way leave the database as it was", () => {
    writeFileSync(at(`${DUMPS}/${NAME}`), "rows");
    tool("pg_restore", `case "$*" in *--list*) exit 0;; *) exit 1;; esac`);
    const { status, stderr } = sh("restore.sh", "restore", NAME);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "Not restored; the database market is as it was.\n" });
    expect(read("asked").trim().split("\n").at(-1)).toContain('DROP DATABASE IF EXISTS "market_restore"');
    expect(read("asked")).not.toContain("before=");
  });

  test("are restored even if the workers of TimescaleDB cannot be started after it", () => {
    writeFileSync(at(`${DUMPS}/${NAME}`), "rows");
    tool(
      "psql",
      `cat >/dev/null; case "$*" in *count*) echo 1;; *default_version*) echo 2.31.0;; *start_background*) exit 3;; esac`,
    );
    const { status, stdout, stderr } = sh("restore.sh", "restore", NAME);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("workers could not be started") });
    expect(stdout).toContain(`restored ${NAME}`);
  });

  describe("and the room on the server's volume", () => {
    const MIB = 2 ** 20;
    /** A server with so much of it, in MiB, that would need 10 MiB for its log; the last dump came from a database of 100 MiB. */
    const room = (free: number | undefined, before = 0, database = 1) => {
      tool(
        "psql",
        `echo "$@" >>"$ROOT/asked"; input=$(cat); case "$* $input" in *"COPY df"*) ${free === undefined ? "exit 3" : `echo ${free * MIB}`};;
*max_wal_size*) echo ${10 * MIB};; *greatest*) echo ${database * MIB};; *coalesce*) echo ${before * MIB};; *current_database*) echo ${100 * MIB};;
*server_version_num*) echo "18 2.31.0";; *count*) echo 1;; *default_version*) echo 2.31.0;; esac`,
      );
      return sh("restore.sh", "restore", "latest");
    };
    const asked = () =>
      read("asked")
        .split("\n")
        .filter((line) => / DATABASE /.test(line));
    beforeEach(() => {
      tool(
        "psql",
        `case "$*" in *server_version_num*) echo "18 2.31.0";; *current_database*) echo ${100 * MIB};; esac`,
      );
      expect(sh("backup.sh").status).toBe(0);
      rmSync(at("asked"));
    });

    test("is enough for what the dump came from", () => {
      expect(room(110)).toMatchObject({ status: 0, stderr: "" });
      expect(asked().findIndex((line) => line.includes("_before_restore"))).toBeGreaterThan(
        asked().findIndex((line) => line.includes("CREATE DATABASE")),
      );
    });

    test("is made by dropping the database of the restore before", () => {
      const { status, stdout } = room(60, 50);
      expect(status).toBe(0);
      expect(stdout).toContain("has 60 MiB free and 110 MiB are needed: market_before_restore is dropped now, 50 MiB");
      expect(asked()[1]).toContain('DROP DATABASE IF EXISTS "market_before_restore"');
      expect(asked()[2]).toContain("CREATE DATABASE");
    });

    test("is too little, which is said before anything is changed", () => {
      const { status, stderr } = room(60, 49);
      expect(status).toBe(1);
      expect(stderr).toMatch(/has 109 MiB for a restored database; market-\S+ needs 110 MiB, 10 MiB of them/);
      expect(asked()).toHaveLength(1);
    });

    test("is judged by the database in use when the dump does not say, and not at all when it cannot be asked", () => {
      for (const file of files().filter((name) => name.endsWith(".size"))) rmSync(at(`${DUMPS}/${file}`));
      expect(room(60, 0, 51).stderr).toContain("needs 61 MiB");
      expect(room(undefined)).toMatchObject({ status: 0, stdout: expect.stringContaining("is not known; going on") });
    });

    test("is forgotten with the dump", () => {
      writeFileSync(at(`${DUMPS}/${old(1)}.size`), "1");
      expect(sh("backup.sh").status).toBe(0);
      expect(files()).not.toContain(`${old(1)}.size`);
      expect(files()).toContain(`${dumps()[0]}.size`);
    });
  });

  describe("and the roles that they name", () => {
    const restored = () => {
      tool(
        "psql",
        `echo "$*" >>"$ROOT/asked"; for a; do case $a in roles=*) printf '%s' "$a" >"$ROOT/roles"; cat >"$ROOT/roles.sql";; esac; done
cat >/dev/null; case "$*" in *count*) echo 1;; *default_version*) echo 2.31.0;; esac`,
      );
      return sh("restore.sh", "restore", "latest");
    };

    test("are written beside them as the server says them, and forgotten with them", () => {
      writeFileSync(at(`${DUMPS}/${old(1)}.roles`), "[]");
      expect(sh("backup.sh").status).toBe(0);
      const [dump] = dumps();
      expect(files()).toEqual([dump, `${dump}.roles`]);
      expect(read(`${DUMPS}/${dump}.roles`)).toBe(`${ROLES}\n`);
      expect(sh("restore.sh", "list").stdout).toBe(`${dump} 5\n`);
    });

    test("are made, where they are missing, before the dump is restored", () => {
      expect(sh("backup.sh").status).toBe(0);
      rmSync(at("asked"));
      expect(restored()).toMatchObject({ status: 0, stderr: "" });
      expect(read("roles")).toBe(`roles=${ROLES}`);
      expect(read("roles.sql")).toBe(`${MISSING_ROLES}\n`);
      const asked = read("asked");
      expect(asked.indexOf("-v roles=")).toBeGreaterThan(0);
      expect(asked.indexOf("-v roles=")).toBeLessThan(asked.indexOf("--exit-on-error"));
    });

    test("have to be there for a dump that does not tell them", () => {
      writeFileSync(at(`${DUMPS}/${NAME}`), "rows");
      expect(restored()).toMatchObject({ status: 0, stderr: "" });
      expect(read("asked")).not.toContain("roles=");
    });

    test("end the restore when they cannot be made", () => {
      expect(sh("backup.sh").status).toBe(0);
      tool("psql", `cat >/dev/null; case "$*" in *roles=*) exit 3;; *count*) echo 1;; *) echo 2.31.0;; esac`);
      rmSync(at("asked"));
      expect(sh("restore.sh", "restore", "latest")).toMatchObject({
        status: 3,
        stderr: "Not restored; the database market is as it was.\n",
      });
      expect(read("asked")).not.toContain("--exit-on-error");
    });
  });

  test("are restored one at a time, and again after one that was killed", () => {
    writeFileSync(at(`${DUMPS}/${NAME}`), "rows");
    const lock = at(`${DUMPS}/.restore.lock`);
    mkdirSync(lock);
    const { status, stderr } = sh("restore.sh", "restore", NAME);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("Another restore of market is at work"),
    });
    expect(read("asked")).not.toContain("DATABASE");
    const killed = Date.now() / 1000 - 90;
    utimesSync(lock, killed, killed);
    expect(sh("restore.sh", "restore", NAME)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("a restore that was killed left its lock"),
    });
    expect(readdirSync(at(DUMPS))).toEqual([NAME]);
  });

  test("are refused when there are none of that name, or the server cannot take them", () => {
    expect(sh("restore.sh", "restore", "latest").stderr).toContain("There is no dump of market");
    writeFileSync(at(`${DUMPS}/${NAME}`), "rows");
    expect(sh("restore.sh", "restore", "../../etc/passwd").stderr).toContain("There is no dump ../../etc/passwd");
    tool("psql", `echo "$@" >>"$ROOT/asked"; case "$*" in *count*) echo 0;; *) echo 2.32.0;; esac`);
    expect(sh("restore.sh", "restore", NAME).stderr).toContain(
      `${NAME} was made with TimescaleDB 2.31.0; the server's image brings 2.32.0`,
    );
    expect(read("asked")).not.toContain("DATABASE");
  });
});
