import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { Grafana, type GrafanaArgs } from "../../components/grafana";
import { Prometheus } from "../../components/prometheus";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Schedule } from "../../components/target/workload";
import { which } from "../../tools/core/exec";
import { cacheDir } from "../../tools/core/paths";
import { GrafanaStub } from "../support/grafana-api";

const target = new DockerTarget({ stack: "test" });
const images = imageCatalogue();
const args = (more: Partial<GrafanaArgs> = {}): GrafanaArgs => {
  const where = more.target ?? target;
  const prometheus = Prometheus.connection("prometheus", { target: where, images, monitoring: [] });
  return { target: where, images, monitoring: [], prometheus, backup: {}, ...more };
};
const schedule = (more: Partial<GrafanaArgs> = {}): Schedule => {
  const [found] = Grafana.plan("grafana", args(more)).schedules ?? [];
  if (!found) throw new Error("there is no schedule");
  return found;
};

const ARCHIVES = "var/lib/datastack-backups";
const APPLETS = "awk cat date grep gzip head ls mkdir mv rm sed sh sort sync tail tar tr wc".split(" ");
/** Awk and the others are busybox's in Grafana's image, and something else on most machines. */
const built = cacheDir("busybox", "busybox");
const busybox = which("busybox") ?? (fs.existsSync(built) ? built : undefined);

let root: string;
let stub: GrafanaStub;
let url: string;

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "grafana-backup-"));
  for (const folder of [ARCHIVES, "tmp", "opt/datastack/grafana", "bin"])
    fs.mkdirSync(path.join(root, folder), { recursive: true });
  for (const file of schedule().files ?? []) lay(file.path, file.secret ? "the-password" : file.content);
  stub = new GrafanaStub();
  url = await stub.start();
});
afterEach(async () => {
  await stub.stop();
  fs.rmSync(root, { recursive: true });
});

function lay(file: string, content: string): void {
  const moved = content.replaceAll(/\/(var\/lib\/datastack-backups|opt\/datastack|tmp)\b/g, (one) => root + one);
  fs.writeFileSync(path.join(root, file), moved);
}

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the schedule as it is, but for the directories that it finds things in. */
function run(script: "backup" | "restore", words: readonly string[] = [], env: Record<string, string> = {}) {
  return new Promise<Result>((resolve) => {
    const file = path.join(root, `opt/datastack/grafana/${script}.sh`);
    const full = { PATH: process.env.PATH, GRAFANA_URL: url, NAME: "grafana", KEEP: "3", RETRIES: "0", ...env };
    execFile("/bin/sh", [file, ...words], { env: full }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const archives = () => fs.readdirSync(path.join(root, ARCHIVES)).sort();

/** An archive as if it had been made at that time. */
async function archiveOf(time: string): Promise<string> {
  const before = new Set(archives());
  await run("backup", [], { KEEP: "366" });
  const made = archives().find((name) => !before.has(name)) ?? "";
  const name = made.replace(/\d{8}T\d{6}Z/, time);
  fs.renameSync(path.join(root, ARCHIVES, made), path.join(root, ARCHIVES, name));
  return name;
}

const text = 'Say "uid":"x", {braces}, [brackets], a \\ and a \\" , \n new lines ü';

/** What people made, beside what the stack provisions. */
function fill(): void {
  stub.folder("own", "Own dashboards");
  stub.folder("inner", 'Team "A" \\ B', "outer");
  stub.folder("outer", "Team");
  stub.save({ uid: "datastack-overview", title: "Overview", panels: [] }, "stack", true);
  const panel = { id: 3, title: text, datasource: { uid: "prometheus" }, options: { content: `\\${text}\\` } };
  stub.save({ title: text, uid: "mine", tags: ["a"], panels: [panel], id: 1, version: 7 }, "own");
  stub.save({ uid: "deep_1", title: "Deep", schemaVersion: 42 }, "inner");
  stub.save({ uid: "top-2", title: "Without a folder" });
  stub.saveNewer(
    "newer",
    { title: "Of the second schema", elements: { "panel-1": { spec: { title: text } } } },
    "inner",
  );
}

const own = () =>
  [...stub.dashboards.values()]
    .filter(({ provisioned }) => !provisioned)
    .map(({ dashboard: { id: _, ...dashboard }, folderUid }) => ({ dashboard, folderUid }));

describe.each([
  ["this machine's programs", false],
  ["busybox, as in Grafana's image", true],
] as const)("with %s", (_, boxed) => {
  beforeEach(async (context) => {
    context.skip(boxed && !busybox, "there is no busybox here");
    if (!boxed) return;
    for (const applet of APPLETS) fs.symlinkSync(busybox ?? "", path.join(root, "bin", applet));
    fs.symlinkSync(which("curl") ?? "", path.join(root, "bin/curl"));
  });
  const env = (): Record<string, string> => (boxed ? { PATH: path.join(root, "bin") } : {});

  it("everything that people made comes back into an empty Grafana, byte for byte", async () => {
    fill();
    const before = structuredClone(own());
    const saved = await run("backup", [], env());
    expect(saved).toMatchObject({ code: 0, stderr: "" });
    expect(saved.stdout).toMatch(
      /^grafana-\d{8}T\d{6}Z-4-dashboards\.tar\.gz: 4 dashboards, 3 folders, \d+ bytes, \d+ s; 1 archives are kept\n$/,
    );

    // The volume was lost: the stack's own are there again, under other numbers.
    stub.dashboards.clear();
    stub.folders.clear();
    stub.folder("own", "Own dashboards");
    stub.save({ uid: "datastack-overview", title: "Overview", panels: [] }, "stack", true);
    const restored = await run("restore", ["restore", "latest"], env());
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    expect(restored.stdout).toMatch(/: 4 dashboards saved, 2 folders made, 0 left to the stack, 0 failed\n$/);
    expect(own()).toEqual(expect.arrayContaining(before));
    expect(own()).toHaveLength(4);
    expect(stub.dashboards.get("newer")).toMatchObject({ newer: expect.any(Number), folderUid: "inner" });
    expect(stub.folders.get("inner")).toEqual({ uid: "inner", title: 'Team "A" \\ B', parentUid: "outer" });
    expect(stub.dashboards.get("mine")?.message).toBe("Restored from a backup");
    expect(archives()).toHaveLength(1);
  });

  it("a dashboard of a megabyte takes a second: what grew with its square would take minutes", async () => {
    const panels = Array.from({ length: 6000 }, (_, id) => ({ id, title: text, expr: "sum(rate(x[5m])) by (job)" }));
    stub.save({ title: "Large", uid: "large", panels }, "");
    const begun = performance.now();
    expect(await run("backup", [], env())).toMatchObject({ code: 0, stderr: "" });
    // On a busy machine.
    expect(performance.now() - begun).toBeLessThan(60_000);
    const before = structuredClone(own());
    stub.dashboards.clear();
    expect(await run("restore", ["restore", "latest"], env())).toMatchObject({ code: 0 });
    expect(own()).toEqual(before);
  }, 200_000);
});

describe("a backup", () => {
  it("does not save what the stack provisions", async () => {
    fill();
    await run("backup");
    await run("restore", ["restore", "latest"]);
    const posted = stub.requests.filter((request) => request.startsWith("POST"));
    expect(posted).toEqual(Array(3).fill("POST /api/dashboards/db"));
    const newer = "/apis/dashboard.grafana.app/v2/namespaces/default/dashboards/newer";
    expect(stub.requests.filter((request) => request.startsWith("PUT"))).toEqual([`PUT ${newer}`]);
  });

  it("keeps as many archives as it is told to, the newest", async () => {
    fill();
    for (const day of ["01", "02", "03", "04"]) await archiveOf(`202603${day}T030000Z`);
    const { stdout } = await run("backup");
    expect(archives().map((name) => name.slice(8, 16))).toEqual(["20260303", "20260304", expect.stringMatching(/^20/)]);
    expect(stdout).toContain("removed grafana-20260301T030000Z-4-dashboards.tar.gz\n");
  });

  it("of a Grafana that was emptied removes none, and is not taken for the latest", async () => {
    fill();
    for (const day of ["01", "02", "03"]) await archiveOf(`202603${day}T030000Z`);
    stub.dashboards.clear();
    const { code, stderr } = await run("backup");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: .* has 0 dashboards, .* before it 4: no old archive is removed/);
    expect(archives()).toHaveLength(4);
    // Days later: those of nothing go, the last one of something stays.
    for (const day of ["04", "05", "06"]) await archiveOf(`202803${day}T030000Z`);
    await run("backup");
    const full = "grafana-20260303T030000Z-4-dashboards.tar.gz";
    expect(archives()).toContain(full);
    const refused = await run("restore", ["restore", "latest"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${full} had 4.\nNothing was changed. Restore one of them by its name.`);
    expect(stub.dashboards.size).toBe(0);
    expect((await run("restore", ["restore", full])).code).toBe(0);
    expect(stub.dashboards.size).toBe(4);
  });

  it.each<[string, () => void, string]>([
    [
      "refuses the password",
      () => {
        stub.password = "another";
      },
      "Grafana refuses the password of admin",
    ],
    [
      "has failed",
      () => {
        stub.broken = { status: 500, body: '{"message":"database is locked"}' };
      },
      'answers 500 to URL/api/search?type=dash-folder&limit=1000&page=1: {"message":"database is locked"}',
    ],
    ["has a uid that is no name of a file", () => stub.folder("../x", "X"), "a uid with signs that none should have"],
    [
      "answers half a dashboard",
      () => {
        stub.cut = "mine";
      },
      "The dashboard mine is not what Grafana answers",
    ],
  ])("changes nothing when Grafana %s", async (_, change, message) => {
    fill();
    const name = await archiveOf("20260301T030000Z");
    change();
    const { code, stderr } = await run("backup");
    expect(code).toBe(1);
    expect(stderr.replaceAll(url, "URL")).toContain(message);
    expect(stderr).toContain("Nothing was saved; the archives before are as they were.");
    expect(archives().filter((one) => one.includes("20260301"))).toEqual([name]);
    expect(fs.readdirSync(path.join(root, "tmp"))).toEqual([]);
  });

  it("says where Grafana should be when it is not there", async () => {
    const { code, stderr } = await run("backup", [], { GRAFANA_URL: "http://127.0.0.1:1" });
    expect(code).toBe(1);
    expect(stderr).toContain("Grafana does not answer at http://127.0.0.1:1/api/search");
    expect(archives()).toEqual([]);
  });
});

describe("a restore", () => {
  it("leaves what was made since, and makes a new version of what is there", async () => {
    fill();
    const name = await archiveOf("20260301T030000Z");
    const { id } = stub.dashboards.get("top-2")?.dashboard ?? {};
    stub.save({ uid: "top-2", title: "Spoilt" });
    stub.save({ uid: "new", title: "Made since" });
    expect((await run("restore", ["restore", name])).code).toBe(0);
    expect(stub.dashboards.get("top-2")?.dashboard).toMatchObject({ id, title: "Without a folder" });
    expect(stub.dashboards.get("new")?.dashboard.title).toBe("Made since");
  });

  it("leaves to the stack what is provisioned by now", async () => {
    fill();
    const name = await archiveOf("20260301T030000Z");
    stub.save({ uid: "top-2", title: "The stack's" }, "stack", true);
    const { code, stdout } = await run("restore", ["restore", name]);
    expect(code).toBe(0);
    expect(stdout).toContain("the dashboard top-2 is the stack's now, and stays as it is\n");
    expect(stub.dashboards.get("top-2")?.dashboard.title).toBe("The stack's");
  });

  it("fails for what cannot be restored, and restores the rest", async () => {
    fill();
    const name = await archiveOf("20260301T030000Z");
    stub.folders.clear();
    stub.dashboards.clear();
    // A parent that nobody saved.
    stub.folder = (uid, title, parentUid) => {
      if (uid !== "outer") GrafanaStub.prototype.folder.call(stub, uid, title, parentUid);
    };
    const { code, stderr, stdout } = await run("restore", ["restore", name]);
    expect(code).toBe(1);
    expect(stderr).toContain('the folder inner was not made: 400 {"message":"parent folder not found"}');
    expect(stderr).toContain('the dashboard newer was not restored: 400 {"message":"folder not found"}');
    expect(stderr).toContain('the dashboard deep_1 was not restored: 400 {"message":"folder not found"}');
    expect(stdout).toMatch(/: 2 dashboards saved, \d+ folders made, 0 left to the stack, 3 failed\n$/);
  });

  it("lists archives, newest first, and refuses what is none", async () => {
    fill();
    const names = [await archiveOf("20260301T030000Z"), await archiveOf("20260302T030000Z")];
    const { stdout } = await run("restore", ["list"]);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual([...names.reverse(), ""]);
    for (const name of ["nothing.tar.gz", "../grafana.tar.gz"]) {
      const { code, stderr } = await run("restore", ["restore", name]);
      expect(code).toBe(1);
      expect(stderr).toContain(`There is no archive ${name}. These are there:`);
    }
    fs.writeFileSync(path.join(root, ARCHIVES, names[0] ?? ""), "no archive");
    const { code, stderr } = await run("restore", ["restore", names[0] ?? ""]);
    expect(code).toBe(1);
    expect(stderr).toContain("is no archive that can be read. Nothing was changed.");
  });
});

describe("the schedule", () => {
  it("runs nightly in Grafana's image, with the password in a file and nowhere else, on both targets", () => {
    const own = schedule({ backup: { dailyAt: "04:30", keep: 5, storage: { size: "2Gi" } } });
    expect(own).toMatchObject({
      name: "grafana-backup",
      image: images.grafana,
      every: { dailyAt: "04:30" },
      env: { GRAFANA_URL: "http://grafana:3000", KEEP: "5", NAME: "grafana" },
      volumes: [{ name: "archives", size: "2Gi" }],
    });
    expect(own.files?.filter((file) => file.secret)).toEqual([
      { path: "/opt/datastack/grafana/password", content: { generated: "grafana-admin" }, secret: true },
    ]);
    for (const where of [target, new KubernetesTarget({ stack: "test" })])
      expect(where.check([Grafana.plan("grafana", args({ target: where }))])).toEqual([]);
    expect(schedule({ url: "https://example.com/grafana/" }).env?.GRAFANA_URL).toBe("http://grafana:3000/grafana");
  });

  it("is not there without a backup, or without Grafana", () => {
    const { backup: _, ...without } = args();
    expect(Grafana.plan("grafana", without).schedules).toEqual([]);
    expect(Grafana.plan("grafana", args({ deploy: false }))).toEqual({});
    expect(
      Grafana.monitoring("grafana", args()).rules.flatMap(({ alerts = [] }) => alerts.map(({ name }) => name)),
    ).toContain("GrafanaBackupOld");
  });
});
