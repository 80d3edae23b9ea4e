import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { checkImageReference, IMAGES } from "../../components/core/images";
import { elapsed, Progress } from "../../tools/core/progress";
import { Slots } from "../../tools/core/slots";
import { isDebian } from "../../tools/core/system";
import { table } from "../../tools/core/terminal";
import { adviseEngine, isLocal } from "../../tools/docker/engine";
import { IMAGE_NAMES, localReference, localReferences, registryOf } from "../../tools/images";
import { changesOf, withFolders } from "../../tools/images/archive";
import { archiveMirror } from "../../tools/images/debian";
import { KAFKA_TOOLS, toolScript } from "../../tools/images/kafka/scripts";
import { mavenRepository } from "../../tools/images/maven";
import { kafkaJars, RECIPES } from "../../tools/images/recipes";
import { isAtLeast, pluginDir } from "../../tools/toolchain";
import { recipeHash } from "../../tools/toolchain/go";
import { isNewEnough } from "../../tools/toolchain/go-install";
import { checksumOf, officialPulumi } from "../../tools/toolchain/official";
import { PULUMI, PULUMI_VERSION, plugins, sdkVersion } from "../../tools/toolchain/programs";

const ROOT = path.resolve(__dirname, "../..");
const GO = path.join(ROOT, "tools/toolchain/go");

describe("the table of programs", () => {
  it("has the version of each SDK, because the engine asks for exactly that", () => {
    expect(sdkVersion("@pulumi/pulumi")).toBe(PULUMI_VERSION);
    for (const { name, version } of plugins()) {
      const installed = JSON.parse(
        fs.readFileSync(path.join(ROOT, `node_modules/@pulumi/${name}/package.json`), "utf8"),
      );
      expect(version).toBe(installed.version);
    }
    expect(() => sdkVersion("zod-that-is-not-there")).toThrow("must pin zod-that-is-not-there to an exact version");
  });

  it("can be installed: npm ci refuses a lock file that lacks a package of another platform", () => {
    const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.length).toBeGreaterThan(10);
    const locked = Object.keys(packages).map((key) =>
      key.slice(key.lastIndexOf("node_modules/") + "node_modules/".length),
    );
    expect(wanted.filter((name) => !locked.includes(name))).toEqual([]);
  });

  it("is built from the source of the same version", () => {
    const goMod = fs.readFileSync(path.join(GO, "pulumi/go.mod"), "utf8");
    expect(goMod).toContain(`github.com/pulumi/pulumi/pkg/v3 v${PULUMI_VERSION}`);
    expect(goMod).toContain(`github.com/pulumi/pulumi/sdk/v3 v${PULUMI_VERSION}`);
  });

  it("changes its hash with the wrapper module, the package and the flags", () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "wrapper-"));
    try {
      fs.writeFileSync(path.join(dir, "go.mod"), "module a\n");
      const program = { name: "a", dir };
      const hashes = [
        recipeHash([program]),
        recipeHash([{ ...program, tags: ["x"] }]),
        recipeHash([program], "go1.27"),
      ];
      fs.writeFileSync(path.join(dir, "go.mod"), "module b\n");
      hashes.push(recipeHash([program]));
      expect(new Set(hashes).size).toBe(4);
      expect(recipeHash([program])).toBe(recipeHash([program]));
      expect(hashes[0]).toMatch(/^[0-9a-f]{12}$/);
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });

  it("has a go.sum for each wrapper module", () => {
    for (const name of [
      "pulumi",
      "language-nodejs",
      "resource-docker",
      "resource-random",
      "prometheus",
      "node-exporter",
      "postgres-exporter",
      "redis-exporter",
    ]) {
      expect(fs.statSync(path.join(GO, name, "go.sum")).size).toBeGreaterThan(1000);
    }
    expect(recipeHash([PULUMI])).toMatch(/^[0-9a-f]{12}$/);
  });

  it("lays plugins where the engine looks first", () => {
    expect(pluginDir({ name: "docker", version: "5.2.0" }, "/home")).toBe("/home/plugins/resource-docker-v5.2.0");
  });
});

describe("versions", () => {
  it.each([
    ["v3.259.0", true],
    ["v3.260.1", true],
    ["v3.258.9", false],
    ["v4.0.0", false],
    ["nonsense", false],
  ])("takes a pulumi %s: %s", (version, taken) => {
    expect(isAtLeast(version, "3.259.0")).toBe(taken);
  });

  it.each([
    ["1.26.0", true],
    ["1.27rc1", true],
    ["2.0", true],
    ["1.19.8", false],
    ["devel", false],
  ])("takes a Go %s: %s", (version, taken) => {
    expect(isNewEnough(version)).toBe(taken);
  });

  it("finds a file's line in a list of checksums", () => {
    const sum = "a".repeat(64);
    expect(checksumOf(`${"b".repeat(64)}  other.tar.gz\n${sum}  *file.tar.gz\n`, "file.tar.gz")).toBe(sum);
    expect(() => checksumOf("short  file.tar.gz", "file.tar.gz")).toThrow("no line for file.tar.gz");
  });
});

describe("the official download", () => {
  let dir: string;
  let server: http.Server;
  const files = new Map<string, Buffer | string>();
  const archive = `pulumi-v${PULUMI_VERSION}-${process.platform}-${process.arch}.tar.gz`;

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-official-"));
    fs.mkdirSync(path.join(dir, "pulumi"));
    for (const name of ["pulumi", "pulumi-language-nodejs"])
      fs.writeFileSync(path.join(dir, "pulumi", name), name, { mode: 0o755 });
    execFileSync("tar", ["-czf", path.join(dir, "a.tar.gz"), "-C", dir, "pulumi"]);
    server = http.createServer((request, response) => {
      const file = files.get(request.url ?? "");
      response.writeHead(file === undefined ? 404 : 200).end(request.method === "HEAD" ? undefined : file);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.close();
    fs.rmSync(dir, { recursive: true });
  });

  it("is taken when its checksum is right, and left when it is not", async () => {
    const body = fs.readFileSync(path.join(dir, "a.tar.gz"));
    const sums = `/releases/sdk/pulumi-${PULUMI_VERSION}-checksums.txt`;
    files.set(`/releases/sdk/${archive}`, body);
    vi.stubEnv("PULUMI_DOWNLOADS", `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
    vi.stubEnv("DATASTACK_CACHE", path.join(dir, "cache"));
    const quiet = new Progress(process.stderr, true);

    files.set(sums, `${"0".repeat(64)}  ${archive}\n`);
    expect(await officialPulumi(quiet)).toBeUndefined();
    expect(fs.readdirSync(path.join(dir, "cache", "downloads"))).toEqual([]);

    files.set(sums, `${createHash("sha256").update(body).digest("hex")}  ${archive}\n`);
    const pulumi = await officialPulumi(quiet);
    expect(fs.readFileSync(path.join(pulumi ?? "", "pulumi-language-nodejs"), "utf8")).toBe("pulumi-language-nodejs");
  });
});

describe("local images", () => {
  it("have a pinned reference below their own repository, with version and content hash", () => {
    const built = Object.values(RECIPES).map((recipe) => recipe.name);
    expect(Object.keys(localReferences())).toEqual(IMAGE_NAMES.filter((name) => built.includes(name)));
    for (const name of built) {
      const { uid, gid } = IMAGES[name].user;
      const reference = localReference(name);
      expect(reference).toMatch(new RegExp(`^${IMAGES[name].local}:[0-9.]+-[0-9a-f]{8}$`));
      expect(reference).toBe(localReference(name));
      expect(checkImageReference("images", reference)).toEqual([]);
      expect([String(uid), `${uid}:${gid}`]).toContain(RECIPES[name]?.settings.user);
    }
  });

  it("are locked: every Java archive with its version and checksum, once", () => {
    const { libraries, agent } = kafkaJars();
    const names = libraries.map(({ path: p }) => path.basename(p));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("kafka_2.13-4.3.1.jar");
    expect(agent.path).toContain("jmx_prometheus_javaagent/1.0.1");
    for (const { sha256 } of [...libraries, agent]) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("name every folder once and before what is in it", () => {
    const entries = withFolders([
      { path: "/opt/kafka/libs/a.jar", from: { text: "" } },
      { path: "/opt/kafka/bin/b.sh", from: { text: "" } },
    ]);
    expect(entries.map((entry) => entry.path)).toEqual([
      "/opt",
      "/opt/kafka",
      "/opt/kafka/bin",
      "/opt/kafka/libs",
      "/opt/kafka/libs/a.jar",
      "/opt/kafka/bin/b.sh",
    ]);
    expect(changesOf({ user: "1001", env: { A: 'b "c"' }, command: ["/bin/x", "-y"] })).toEqual([
      "USER 1001",
      'ENV A="b \\"c\\""',
      'CMD ["/bin/x","-y"]',
    ]);
  });

  it("are asked for at the right registry", () => {
    expect(registryOf("quay.io/strimzi/kafka:1")).toBe("quay.io");
    expect(registryOf("docker.io/prom/prometheus:1")).toBe("registry-1.docker.io");
    expect(registryOf("redis:8")).toBe("registry-1.docker.io");
    expect(registryOf("localhost:5000/a:1")).toBe("localhost:5000");
  });

  it("come from the mirrors that the machine is set up for", () => {
    expect(archiveMirror("")).toBe("http://deb.debian.org/debian");
    expect(archiveMirror("URIs: http://deb.debian.org/debian-security")).toBe("http://deb.debian.org/debian");
    expect(archiveMirror("deb https://mirror.example/pub/debian bookworm main")).toBe(
      "https://mirror.example/pub/debian",
    );
    expect(mavenRepository("")).toBe("https://repo1.maven.org/maven2");
    const mirror = (of: string) =>
      `<mirrors><mirror><url>https://maven.example/all/</url><mirrorOf>${of}</mirrorOf></mirror></mirrors>`;
    expect(mavenRepository(mirror("*,!internal"))).toBe("https://maven.example/all");
    expect(mavenRepository(mirror("jboss"))).toBe("https://repo1.maven.org/maven2");
  });

  it("have commands that go through kafka-run-class.sh, and set a heap only where none is set", () => {
    expect(toolScript(KAFKA_TOOLS["kafka-topics"] ?? { main: "" })).toBe(
      `#!/bin/bash\nexec "$(dirname "\${BASH_SOURCE[0]}")/kafka-run-class.sh" org.apache.kafka.tools.TopicCommand "$@"\n`,
    );
    expect(toolScript(KAFKA_TOOLS["kafka-console-producer"] ?? { main: "" })).toContain(
      'if [ -z "$KAFKA_HEAP_OPTS" ]; then export KAFKA_HEAP_OPTS="-Xmx512M"; fi',
    );
  });
});

describe("a Docker engine", () => {
  it("that is missing is advised about by the exact command", () => {
    expect(adviseEngine(true, true, true)).toBe(
      "No Docker engine is installed here. Run: sudo apt-get install -y docker.io iptables && sudo systemctl start docker",
    );
    expect(adviseEngine(false, true, false)).toBe("The Docker engine does not answer. Run: sudo service docker start");
    expect(adviseEngine(true, false, true)).toContain("https://docs.docker.com/engine/install");
  });

  it("is on this machine when it is reached by a socket", () => {
    expect(isLocal("unix:///var/run/docker.sock")).toBe(true);
    expect(isLocal("ssh://user@host")).toBe(false);
    expect(isLocal("tcp://127.0.0.1:2375")).toBe(false);
  });
});

describe("helpers", () => {
  let dir: string;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-lock-"));
  });
  afterEach(() => {
    vi.useRealTimers();
    fs.rmSync(dir, { recursive: true });
  });

  it("let a limited number of tasks run at a time, in order, and more when the limit is raised", async () => {
    const slots = new Slots(1);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const tasks = [0, 1, 2, 3].map((i) =>
      slots.use(() => {
        started.push(i);
        return new Promise<void>((resolve) => ends.push(resolve));
      }),
    );
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect(started).toEqual([0]);
    ends[0]?.();
    await settle();
    expect(started).toEqual([0, 1]);
    slots.widen(2);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    ends[1]?.();
    ends[2]?.();
    await settle();
    expect(started).toEqual([0, 1, 2, 3]);
    ends[3]?.();
    await Promise.all(tasks);
    await expect(slots.use(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await slots.use(async () => "free again")).toBe("free again");
  });

  it("know Debian and its children", () => {
    expect(isDebian('ID=debian\nVERSION_ID="12"')).toBe(true);
    expect(isDebian("ID=linuxmint\nID_LIKE=ubuntu")).toBe(true);
    expect(isDebian('ID=fedora\nNAME="not debian"')).toBe(false);
  });

  it("write times and tables for people", () => {
    expect([850, 12_340, 204_000].map(elapsed)).toEqual(["850 ms", "12.3 s", "3 min 24 s"]);
    expect(
      table([
        ["A", "B"],
        ["longer", "x"],
      ]),
    ).toBe("A       B\nlonger  x");
  });
});
