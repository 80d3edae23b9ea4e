import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkImageReference, IMAGES, imageCatalogue } from "../../components/core/images";
import { IMAGE_NAMES, imageNotes, imageSettings, localReference } from "../../tools/images";
import { addToArchive, withFolders } from "../../tools/images/archive";
import { extractedEntries } from "../../tools/images/debian";
import { filesIn, packageEntries, pythonVersion } from "../../tools/images/python";
import { withHashes, withoutHashes } from "../../tools/images/python-lock";
import { RECIPES } from "../../tools/images/recipes";
import { overlaid } from "../../tools/toolchain/go-overlay";
import {
  ALERTMANAGER,
  ALERTMANAGER_VERSION,
  NODE_EXPORTER_VERSION,
  POSTGRES_EXPORTER_VERSION,
  REDIS_EXPORTER_VERSION,
} from "../../tools/toolchain/programs";

const ROOT = path.resolve(__dirname, "../..");
const GO = path.join(ROOT, "tools/toolchain/go");

let dir: string;
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-images-"));
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

describe("the catalogue", () => {
  it("names pinned images of users that are not root, each from a registry, built here, or both", () => {
    for (const name of IMAGE_NAMES) {
      const { registry, local, user } = IMAGES[name];
      expect(registry ?? local, name).toBeDefined();
      if (registry) expect(checkImageReference(name, registry)).toEqual([]);
      expect(user.uid, name).toBeGreaterThan(0);
      // what says that it can be built can be, and nothing else
      expect(RECIPES[name] !== undefined, name).toBe(local !== undefined);
    }
  });

  it("has the same version from the registry and from Go modules, or metrics would differ from network to network", () => {
    const versions = {
      nodeExporter: NODE_EXPORTER_VERSION,
      postgresExporter: POSTGRES_EXPORTER_VERSION,
      redisExporter: REDIS_EXPORTER_VERSION,
      alertmanager: ALERTMANAGER_VERSION,
    } as const;
    for (const [name, version] of Object.entries(versions)) {
      expect(IMAGES[name as keyof typeof versions].registry).toMatch(new RegExp(`:v${version}(-alpine)?$`));
    }
    const pinned = (wrapper: string) => fs.readFileSync(path.join(GO, wrapper, "go.mod"), "utf8");
    expect(pinned("alertmanager")).toContain(`github.com/prometheus/alertmanager v${ALERTMANAGER_VERSION}\n`);
    expect(ALERTMANAGER.overlay).toBe(`github.com/prometheus/alertmanager@v${ALERTMANAGER_VERSION}`);
    expect(pinned("redis-exporter")).toContain(`oliver006/redis_exporter v${REDIS_EXPORTER_VERSION}\n`);
    expect(pinned("postgres-exporter")).toContain(`postgres_exporter v${POSTGRES_EXPORTER_VERSION}\n`);
  });

  it("says in the name of an image that only this project has whether it was built", () => {
    expect(imageCatalogue().market).toMatchObject({ reference: "datastack.local/market:not-built", source: "local" });
    expect(imageCatalogue({ market: "registry.example/market:1" }).market.source).toBe("registry");
  });
});

describe("what a run says about images", () => {
  it("is nothing but what no registry has, where registries answer", () => {
    const references = { market: localReference("market"), files: localReference("files") };
    expect(imageSettings("registry")).toEqual({ references, leftOut: [] });
    expect(imageSettings("registry", ["kafka"])).toEqual({ references: {}, leftOut: [] });
  });

  it("is every local reference and what has to be left out, where none answers", () => {
    const { references, leftOut } = imageSettings("local");
    expect(Object.keys(references)).toEqual(IMAGE_NAMES.filter((name) => name !== "grafana"));
    expect(leftOut).toEqual(["grafana"]);
    // loaded by hand, or named by the stack itself
    expect(imageSettings("local", IMAGE_NAMES, [IMAGES.grafana.registry ?? ""]).leftOut).toEqual([]);
    expect(imageSettings("local", ["kafka"]).leftOut).toEqual([]);
  });

  it("is told in a line each", () => {
    expect(imageNotes({ references: { kafka: "datastack.local/kafka:1" }, leftOut: [] })).toEqual([]);
    const notes = imageNotes({ references: { market: "datastack.local/market:1-a" }, leftOut: ["grafana"] });
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(
      /^The stack goes without grafana: its image docker\.io\/grafana\/.*datastack:images\.grafana/,
    );
    expect(notes[1]).toMatch(/^No registry has market: .*datastack\.local\/market:1-a.*datastack:images\.market/);
  });
});

describe("the archive of an image", () => {
  const list = (archive: string) =>
    execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--file", archive], { encoding: "utf8" });

  it("gets more files than a command line holds, with their owners", async () => {
    const archive = path.join(dir, "many.tar");
    const many = Array.from({ length: 3000 }, (_, i) => ({
      path: `/usr/local/lib/python3.14/dist-packages/a-package-with-a-long-name/module_number_${i}.py`,
      from: { text: "" },
    }));
    await addToArchive(archive, withFolders([...many, { path: "/data", owner: 70 }]), path.join(dir, "stage-1"));
    const lines = list(archive).split("\n");
    expect(lines.filter((line) => line.endsWith(".py"))).toHaveLength(3000);
    expect(lines.find((line) => / data\/?$/.test(line))).toMatch(/^drwxr-xr-x 70\/70 /);
  });

  it("is not given a folder with an owner that it has already with another", async () => {
    const archive = path.join(dir, "owned.tar");
    await addToArchive(archive, [{ path: "/data" }], path.join(dir, "stage-2"));
    await addToArchive(archive, [{ path: "/data" }], path.join(dir, "stage-3"));
    const again = addToArchive(archive, [{ path: "/data", owner: 70 }], path.join(dir, "stage-4"));
    await expect(again).rejects.toThrow("/data is in the root file system already");
  });

  it("has the user by name, for programs that ask who they are", () => {
    const entries = extractedEntries({ name: "postgres", uid: 70, gid: 71, home: "/var/lib/postgresql" });
    const text = (file: string) => entries.find((entry) => entry.path === file)?.from;
    expect(text("/etc/passwd")).toEqual({
      text: "root:x:0:0:root:/:/bin/sh\npostgres:x:70:71:postgres:/var/lib/postgresql:/bin/false\n",
    });
    expect(text("/etc/group")).toEqual({ text: "root:x:0:\npostgres:x:71:\n" });
  });
});

describe("Python in an image", () => {
  it("decides which wheels fit", async () => {
    const archive = path.join(dir, "python.tar");
    const files = ["python3", "python3.14", "python3.14-config"].map((name) => ({
      path: `/usr/bin/${name}`,
      from: { text: "" },
    }));
    await addToArchive(archive, files, path.join(dir, "stage-5"));
    expect(await pythonVersion(archive)).toBe("3.14");
    await addToArchive(path.join(dir, "none.tar"), [{ path: "/usr/bin" }], path.join(dir, "stage-6"));
    await expect(pythonVersion(path.join(dir, "none.tar"))).rejects.toThrow("has no Python");
  });

  it("runs the commands of packages, which pip wrote for the Python of this machine", () => {
    const folder = path.join(dir, "site");
    fs.mkdirSync(path.join(folder, "bin"), { recursive: true });
    fs.mkdirSync(path.join(folder, "gunicorn/__pycache__"), { recursive: true });
    fs.writeFileSync(path.join(folder, "bin/gunicorn"), "#!/opt/some where/bin/python3.11\nimport gunicorn\n");
    fs.writeFileSync(path.join(folder, "gunicorn/app.py"), "");
    fs.writeFileSync(path.join(folder, "gunicorn/__pycache__/app.cpython-311.pyc"), "");
    expect(filesIn(folder)).toEqual(["bin/gunicorn", "gunicorn/app.py"]);
    expect(packageEntries(folder, "/lib", "/usr/local/bin")).toEqual([
      {
        path: "/usr/local/bin/gunicorn",
        from: { text: "#!/usr/bin/python3\nimport gunicorn\n" },
        mode: 0o755,
      },
      { path: "/lib/gunicorn/app.py", from: { file: path.join(folder, "gunicorn/app.py") } },
    ]);
  });

  it("has the application without its tests, and every package pinned, with its checksums", () => {
    const content = RECIPES.market?.content() ?? "";
    expect(content).toContain("manage.py");
    expect(content).not.toMatch(/"(market\/)?tests\//);
    const text = fs.readFileSync(path.join(ROOT, "apps/market/requirements.txt"), "utf8");
    const packages = text
      .split("\n")
      .filter((line) => line && !/^(#| {4}--hash=sha256:[0-9a-f]{64}( \\)?$)/.test(line));
    expect(packages.length).toBeGreaterThan(5);
    expect(packages.filter((line) => !/^[\w.[\]-]+==[\w.]+ \\$/.test(line))).toEqual([]);
  });
});

describe("a module that lacks what its release is built with", () => {
  it("is built from a copy with our files in it", async () => {
    const module = path.join(dir, "module");
    const wrapper = path.join(dir, "wrapper");
    for (const folder of [path.join(module, "ui"), path.join(wrapper, "overlay/ui")])
      fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(module, "main.go"), "package main\n", { mode: 0o444 });
    fs.writeFileSync(path.join(module, "ui/web.go"), "theirs\n", { mode: 0o444 });
    fs.writeFileSync(path.join(wrapper, "overlay/ui/web.go"), "ours\n");
    // the module cache is read-only
    fs.chmodSync(path.join(module, "ui"), 0o555);
    const go = path.join(dir, "go");
    fs.writeFileSync(go, `#!/bin/sh\necho '{"Dir": "${module}"}'\n`, { mode: 0o755 });
    const copy = await overlaid(go, wrapper, "example.org/module@v1.0.0", dir, {});
    expect(fs.readFileSync(path.join(copy, "ui/web.go"), "utf8")).toBe("ours\n");
    expect(fs.readFileSync(path.join(copy, "main.go"), "utf8")).toBe("package main\n");
    expect(fs.readFileSync(path.join(module, "ui/web.go"), "utf8")).toBe("theirs\n");
    fs.chmodSync(path.join(module, "ui"), 0o755);
  });
});

describe("the checksums of wheels", () => {
  it("are written beside their package, and again without traces of the last time", () => {
    const text = "# packages\nDjango==5.2.19\npsycopg[binary]==3.3.9\nother_package==1.0\n";
    const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(64));
    const hashes = new Map([
      ["django", new Set([b ?? "", a ?? ""])],
      ["other-package", new Set([c ?? ""])],
    ]);
    const locked = withHashes(text, hashes);
    expect(locked).toBe(
      `# packages\nDjango==5.2.19 \\\n    --hash=sha256:${a} \\\n    --hash=sha256:${b}\n` +
        `psycopg[binary]==3.3.9\nother_package==1.0 \\\n    --hash=sha256:${c}\n`,
    );
    expect(withoutHashes(locked)).toBe(text);
    expect(withHashes(locked, hashes)).toBe(locked);
  });
});
