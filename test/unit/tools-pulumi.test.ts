import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { parseConfig } from "../../stacks/config";
import { select } from "../../tools/commands/secret";
import { ROOT } from "../../tools/core/paths";
import { type ConfigOptions, readConfig, readProject } from "../../tools/engine/project";
import { isFailure } from "../../tools/pulumi/containers";
import { unifiedDiff } from "../../tools/pulumi/diff";
import { refuseProduction } from "../../tools/pulumi/down";
import { type EngineFacts, otherEngine } from "../../tools/pulumi/engine-guard";
import { describeChanges, describeStep, kindOf, parseEvent, plain } from "../../tools/pulumi/events";
import {
  backendUrl,
  configCopy,
  copiedConfig,
  ensureHome,
  localBackend,
  passphraseFile,
  stateEnv,
  stateFile,
  writeConfigCopy,
} from "../../tools/pulumi/home";
import { judgeLocks, type StateLock, stateLocks } from "../../tools/pulumi/locks";
import { plainFiles, report } from "../../tools/pulumi/preview";
import { readSubject, recoverNodes, runValues, wantedSource } from "../../tools/pulumi/stack-config";
import {
  containersOf,
  type Deployment,
  hasPending,
  interrupted,
  isInUse,
  namespacesOf,
  namespaceUid,
  vanished,
  volumesOf,
  withoutPending,
} from "../../tools/pulumi/state";
import { summary } from "../../tools/pulumi/up";

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-test-"));
  vi.stubEnv("DATASTACK_HOME", path.join(home, "data"));
  vi.stubEnv("PULUMI_BACKEND_URL", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(home, { recursive: true });
});

const LOCK: StateLock = { pid: 42, username: "ann", hostname: "here", timestamp: "2026-11-21T12:29:37.27Z" };

describe("a lock on the state", () => {
  it("of a dead process of this machine is stale", () => {
    expect(judgeLocks("dev", [], () => false, "here")).toBe("none");
    expect(judgeLocks("dev", [LOCK], () => false, "here")).toBe("stale");
  });

  it("of a running process is respected", () => {
    expect(() => judgeLocks("dev", [LOCK], () => true, "here")).toThrow(
      "Stack dev is being changed by process 42 of ann on this machine (since 2026-11-21 12:29:37 UTC). Wait until it ends, or stop it, then run this again.",
    );
  });

  it("of another machine is respected, whatever runs here under that number", () => {
    expect(() => judgeLocks("dev", [LOCK], () => false, "there")).toThrow(
      "Stack dev is locked by ann on here (process 42, since 2026-11-21 12:29:37 UTC). Wait until that ends; if it is known to be dead, run: npm run toolchain -- pulumi cancel --yes --stack dev",
    );
  });

  it("is read from where Pulumi writes it, and one that was cut off is left out", () => {
    const dir = path.join(home, ".pulumi/locks/organization/datastack/dev");
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(path.join(dir, "a.json"), JSON.stringify(LOCK));
    fs.writeFileSync(path.join(dir, "b.json"), '{"pid":');
    fs.writeFileSync(path.join(dir, "a.json.attrs"), "{}");
    expect(stateLocks(home, "datastack", "dev")).toEqual([LOCK]);
    expect(stateLocks(home, "datastack", "other")).toEqual([]);
  });
});

describe("the state after a kill", () => {
  const container = { urn: "urn:1", type: "docker:index/container:Container", id: "abc" };
  const other = { urn: "urn:2", type: "docker:index/container:Container", id: "def" };
  const fresh = { urn: "urn:3", type: "docker:index/container:Container" };
  const state: Deployment = {
    version: 3,
    deployment: {
      resources: [container, other],
      pending_operations: [
        { resource: container, type: "updating" },
        { resource: fresh, type: "creating" },
      ],
    },
  };

  it("tells what is undecided, what is gone and what is its own", () => {
    expect(interrupted(state)).toEqual(["urn:1"]);
    const onEngine = { containers: new Set(["abc"]), networks: new Set<string>(), volumes: new Set<string>() };
    expect(vanished(state, onEngine)).toEqual([other]);
    expect(containersOf(state)).toEqual(new Set(["abc", "def"]));
    expect(hasPending(withoutPending(state))).toBe(false);
    expect(withoutPending(state).deployment.resources).toEqual([container, other]);
  });

  it("tells what an engine has lost: containers and networks by id, volumes by name, and nothing else", () => {
    const network = { urn: "urn:4", type: "docker:index/network:Network", id: "n1" };
    const volume = { urn: "urn:5", type: "docker:index/volume:Volume", id: "dev-kafka-0-data" };
    const kept = { urn: "urn:6", type: "docker:index/volume:Volume", id: "dev-redis-data" };
    const password = { urn: "urn:7", type: "random:index/randomPassword:RandomPassword", id: "none" };
    const lost: Deployment = { version: 3, deployment: { resources: [network, volume, kept, password, fresh] } };
    const onEngine = { containers: new Set<string>(), networks: new Set(["n2"]), volumes: new Set(["dev-redis-data"]) };
    const gone = vanished(lost, onEngine);
    expect(gone).toEqual([network, volume]);
    expect(volumesOf(gone)).toEqual(["dev-kafka-0-data"]);
  });

  it("is in use as soon as anything was begun", () => {
    expect(isInUse({ version: 3, deployment: {} })).toBe(false);
    expect(isInUse({ version: 3, deployment: { resources: [container] } })).toBe(true);
    const begun = { version: 3, deployment: { pending_operations: [{ resource: fresh, type: "creating" }] } };
    expect(isInUse(begun)).toBe(true);
  });
});

describe("the engine of a stack", () => {
  const engine = { id: "A", name: "laptop", host: "unix:///var/run/docker.sock" };
  const shared = { id: "B", name: "build", host: "ssh://build" };
  const deployed = new Set(["c1", "n1"]);
  const judged = (facts: Partial<EngineFacts>): string[] =>
    otherEngine("dev", { engine, deployed, present: new Set(["x"]), strays: false, shared: false, ...facts });

  it("is right when anything of the stack is there, or nothing is deployed", () => {
    expect(judged({ before: shared, present: new Set(["n1"]), strays: true })).toEqual([]);
    expect(judged({ before: shared, deployed: new Set() })).toEqual([]);
  });

  it("may have lost everything, and is the same by its id, or by its machine", () => {
    expect(judged({ before: engine, strays: true })).toEqual([]);
    expect(judged({ before: { ...engine, id: "before" } })).toEqual([]);
    expect(judged({}), "nothing is known of it").toEqual([]);
  });

  it("is another one where the stack was elsewhere, or where it is another state's", () => {
    const remedy =
      'Choose the right one with DOCKER_HOST, "docker context use" or datastack:dockerHost. If what was there is gone for good, have it forgotten: npm run toolchain -- pulumi stack rm dev --force --yes --preserve-config';
    expect(judged({ before: { ...engine, host: "unix:///run/other.sock" } })).toHaveLength(1);
    expect(judged({ before: shared })).toEqual([
      `Stack dev is on another Docker engine, build (ssh://build): nothing of what its state tells of is on laptop (unix:///var/run/docker.sock). ${remedy}`,
    ]);
    const theirs = `Stack dev is on another Docker engine: nothing of what its state tells of is on laptop (unix:///var/run/docker.sock), which has a stack of that name from another state. ${remedy}`;
    expect(judged({ strays: true })).toEqual([theirs]);
    expect(judged({ before: { ...engine, id: "before" }, strays: true })).toEqual([theirs]);
    expect(judged({ before: shared, deployed: new Set(), strays: true })).toHaveLength(1);
  });

  it("is not taken for granted where other machines use the state, and where volumes go", () => {
    expect(judged({ shared: true })).toHaveLength(1);
    expect(judged({ shared: true, present: new Set(["c1"]) })).toEqual([]);
    expect(judged({ shared: true, deployed: new Set() })).toEqual([]);
    expect(judged({ before: shared, deployed: new Set(), removing: true })).toHaveLength(1);
    expect(judged({ before: engine, deployed: new Set(), removing: true })).toEqual([]);
  });
});

describe("a container that is waited for", () => {
  it.each([
    ["exited 1 no", true],
    ["exited 127 ", true],
    ["exited 0 no", false],
    ["running 0 no", false],
    // the engine starts it again
    ["exited 1 unless-stopped", false],
    ["restarting 1 unless-stopped", false],
  ])("in the state %j has failed for good: %s", (state, failed) => {
    expect(isFailure(state)).toBe(failed);
  });
});

describe("the home of state and passphrase", () => {
  it("is made once, readable by its owner only", () => {
    expect(ensureHome()).toEqual({ created: true });
    const passphrase = fs.readFileSync(passphraseFile(), "utf8");
    expect(passphrase.trim().length).toBeGreaterThanOrEqual(32);
    expect(fs.statSync(passphraseFile()).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.dirname(passphraseFile())).mode & 0o777).toBe(0o700);
    expect(ensureHome()).toEqual({ created: false });
    expect(fs.readFileSync(passphraseFile(), "utf8")).toBe(passphrase);
    expect(stateEnv().PULUMI_CONFIG_PASSPHRASE_FILE).toBe(passphraseFile());
  });

  it("refuses to make a new passphrase for state that was encrypted with another", () => {
    ensureHome();
    fs.mkdirSync(path.join(home, "data/state/.pulumi/stacks/datastack"), { recursive: true });
    fs.rmSync(passphraseFile());
    expect(() => ensureHome()).toThrow(/is missing\. Restore it from your backup, or set PULUMI_CONFIG_PASSPHRASE\.$/);
  });

  it("leaves a passphrase and a backend of the user's own alone", () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://bucket");
    expect(ensureHome()).toEqual({ created: false });
    expect(stateEnv()).toEqual({ PULUMI_BACKEND_URL: "s3://bucket" });
  });
});

describe("the backend of the state", () => {
  const account = os.userInfo().homedir;

  beforeEach(() => {
    vi.stubEnv("INIT_CWD", home);
    vi.stubEnv("HOME", "/not/the/account's");
  });

  it("is in the data directory, unless another one is given", () => {
    expect(localBackend()).toBe(path.join(home, "data/state"));
    expect(backendUrl()).toBe(`file://${home}/data/state`);
    vi.stubEnv("DATASTACK_HOME", "/srv/a folder #1?");
    expect(backendUrl()).toBe("file:///srv/a%20folder%20%231%3F/state");
    expect(localBackend()).toBe("/srv/a folder #1?/state");
  });

  it.each([
    ["file://~", account, ""],
    ["file://~/of/stacks", `${account}/of/stacks`, ""],
    ["file:///srv/state/", "/srv/state", ""],
    ["file:///srv/a%20state", "/srv/a state", ""],
    ["file:///srv/state?no_tmp_dir=true&create_dir=1", "/srv/state", "?no_tmp_dir=true&create_dir=1"],
    ["file://~?no_tmp_dir=true", account, "?no_tmp_dir=true"],
  ])("given as %s is the folder %s, for us and for Pulumi", (given, folder, query) => {
    vi.stubEnv("PULUMI_BACKEND_URL", given);
    expect(localBackend()).toBe(folder);
    expect(stateEnv().PULUMI_BACKEND_URL).toBe(`file://${folder.replace(" ", "%20")}${query}`);
    expect(stateFile("datastack", "dev")).toBe(path.join(folder, ".pulumi/stacks/datastack/dev.json"));
  });

  it.each(["file://./state", "file://state", "file://a/../state?no_tmp_dir=true"])(
    "given as %s is made where the command was called",
    (given) => {
      vi.stubEnv("PULUMI_BACKEND_URL", given);
      ensureHome();
      expect(localBackend()).toBe(path.join(home, "state"));
      expect(fs.readdirSync(home).sort()).toEqual(["data", "state"]);
    },
  );

  it.each(["s3://bucket/a?region=eu", "https://api.pulumi.com", "azblob://~"])("%s is left as it is", (given) => {
    vi.stubEnv("PULUMI_BACKEND_URL", given);
    expect(backendUrl()).toBe(given);
    expect(localBackend()).toBeUndefined();
    expect(stateFile("datastack", "dev")).toBeUndefined();
  });
});

describe("the configuration of a stack", () => {
  const SECRET = { secure: "v1:abc:def" };
  /** Writes a configuration file and reads it in place of the stack's own. */
  const read = (config: Readonly<Record<string, unknown>>, options?: ConfigOptions) => {
    const file = path.join(home, "Pulumi.mine.yaml");
    fs.writeFileSync(file, stringify({ config: { "datastack:target": "kubernetes", ...config } }));
    return options ? readConfig(readProject(ROOT), "prod", { file, ...options }) : readSubject("prod", file);
  };

  it("is that of the file that is given, and not the stack's own where that one does not exist", () => {
    vi.stubEnv("INIT_CWD", home);
    const missing = path.join(home, "Pulumi.mien.yaml");
    expect(() => readSubject("prod", "Pulumi.mien.yaml")).toThrow(
      `Stack prod has no configuration: ${missing} does not exist. Known stacks: dev, gauzian, prod.`,
    );
    read({ "datastack:kafkaBrokers": 5 });
    expect(readSubject("prod", "Pulumi.mine.yaml")).toMatchObject({
      source: path.join(home, "Pulumi.mine.yaml"),
      config: { kafkaBrokers: 5 },
    });
    expect(readSubject("prod").source).toBe(path.join(ROOT, "Pulumi.prod.yaml"));
    expect(() => readSubject("nope")).toThrow("Known stacks: dev, gauzian, prod.");
  });

  it("may have encrypted values of others, which are not read", () => {
    const others = { "kubernetes:kubeconfig": SECRET, "datastack-extra:token": SECRET };
    expect(read(others)).toMatchObject({ config: { target: "kubernetes" } });
    expect(read(others, { overrides: {} })).not.toHaveProperty(["values", "kubernetes:kubeconfig"]);
    expect(read(others, { overrides: { "kubernetes:kubeconfig": "k" } })).toMatchObject({
      values: { "kubernetes:kubeconfig": "k" },
      secrets: expect.arrayContaining(["kubernetes:kubeconfig"]),
    });
  });

  it.each(["datastack:kafkaMemory", "kafkaMemory"])("has no encrypted %s, and says what the command can do", (key) => {
    const encrypted = `datastack:kafkaMemory in ${path.join(home, "Pulumi.mine.yaml")} is encrypted`;
    expect(() => read({ [key]: SECRET })).toThrow(
      `${encrypted}, and has to be read before Pulumi can decrypt it. Write its value there in plain text.`,
    );
    expect(() => read({ [key]: SECRET }, { overrides: {} })).toThrow(
      `${encrypted}. Give its value with --config datastack:kafkaMemory=<value>.`,
    );
  });
});

describe("the copy of a stack's configuration", () => {
  it("keeps what only Pulumi writes, and leaves the tracked file alone", () => {
    const tracked = path.join(home, "Pulumi.dev.yaml");
    const text = "config:\n  datastack:publish: loopback\n  datastack:images:\n    kafka: a:1\n";
    fs.writeFileSync(tracked, text);
    writeConfigCopy("dev", tracked, { "datastack:kafkaRecover": [0] });
    fs.appendFileSync(configCopy("dev"), "encryptionsalt: v1:abc\n");
    writeConfigCopy("dev", tracked, { "datastack:images": undefined });
    expect(parse(fs.readFileSync(configCopy("dev"), "utf8"))).toEqual({
      encryptionsalt: "v1:abc",
      config: { "datastack:publish": "loopback" },
    });
    expect(copiedConfig("dev")).toEqual({ "datastack:publish": "loopback" });
    expect(copiedConfig("prod")).toBeUndefined();
    expect(fs.readFileSync(tracked, "utf8")).toBe(text);
  });

  it("has encrypted values with the salt that they belong to, whatever the copy had before", () => {
    const tracked = path.join(home, "Pulumi.dev.yaml");
    const secret = { "kubernetes:kubeconfig": { secure: `v1:${"abc+/=".repeat(40)}` } };
    fs.writeFileSync(tracked, "config: {}\n");
    fs.appendFileSync(writeConfigCopy("dev", tracked, {}), "encryptionsalt: v1:ours\n");
    fs.writeFileSync(tracked, stringify({ encryptionsalt: "v1:theirs", config: secret }));
    writeConfigCopy("dev", tracked, { "datastack:kafkaRecover": [0] });
    expect(parse(fs.readFileSync(configCopy("dev"), "utf8"))).toEqual({
      encryptionsalt: "v1:theirs",
      config: { ...secret, "datastack:kafkaRecover": [0] },
    });
  });

  it("has the local images, but not in place of those that the stack names", () => {
    const { config } = parseConfig({ "datastack:images": '{"kafka":"mine:1"}' });
    const subject = { project: "datastack", stack: "dev", source: "", config };
    const values = runValues(
      subject,
      {
        references: { kafka: "datastack.local/kafka:1", prometheus: "datastack.local/prometheus:1" },
        leftOut: ["grafana"],
      },
      [2],
    );
    expect(values).toEqual({
      "datastack:images": { kafka: "mine:1", prometheus: "datastack.local/prometheus:1" },
      "datastack:leftOut": ["grafana"],
      "datastack:kafkaRecover": [2],
    });
    const none = { ...subject, config: parseConfig({}).config };
    expect(Object.values(runValues(none, { references: {}, leftOut: [] }, []))).toEqual([undefined, undefined]);
  });

  it("decides where images come from when nobody says so", () => {
    const tracked = path.join(home, "Pulumi.dev.yaml");
    fs.writeFileSync(tracked, "config: {}\n");
    expect(wantedSource("dev", undefined)).toBe("auto");
    writeConfigCopy("dev", tracked, { "datastack:images": { kafka: "datastack.local/kafka:1" } });
    expect(wantedSource("dev", undefined)).toBe("local");
    expect(wantedSource("dev", "registry")).toBe("registry");
    // no registry has this one: it is built beside those that were pulled
    writeConfigCopy("dev", tracked, { "datastack:images": { market: "datastack.local/market:1" } });
    expect(wantedSource("dev", undefined)).toBe("registry");
    writeConfigCopy("dev", tracked, {});
    expect(wantedSource("dev", undefined)).toBe("registry");
  });
});

describe("what is shown", () => {
  it("names brokers to recover", () => {
    expect(recoverNodes(["kafka-0", "kafka-2"])).toEqual([0, 2]);
    expect(() => recoverNodes(["prometheus-0"])).toThrow("--recover prometheus-0: must be a broker, such as kafka-0.");
  });

  it("turns engine events into words", () => {
    const type = "docker:index/container:Container";
    const urn = `urn:pulumi:dev::datastack::datastack:kafka:Kafka$${type}::kafka-0`;
    expect(describeStep({ op: "create", urn, type })).toBe("Create docker container kafka-0");
    expect(describeStep({ op: "delete-replaced", urn, type, new: { inputs: { name: "dev-kafka-0" } } })).toBe(
      "Delete old docker container dev-kafka-0",
    );
    expect(kindOf("random:index/randomPassword:RandomPassword")).toBe("random password");
    expect(kindOf("docker:index/remoteImage:RemoteImage")).toBe("docker remote image");
    expect(plain("<{%reset%}>text<{%reset%}>\n")).toBe("text");
    expect(parseEvent('{"summaryEvent":{}}')).toEqual({ summaryEvent: {} });
    expect(parseEvent("Updating (dev):")).toBeUndefined();
    expect(parseEvent('{"cut')).toBeUndefined();
    expect(describeChanges({ same: 12 })).toBe("no changes, 12 resources");
    expect(describeChanges({ create: 4, same: 2, update: 0 })).toBe("4 created, 2 unchanged");
  });

  it("is a table of services, and how to read what is generated", () => {
    const outputs = {
      services: [
        { service: "Kafka", url: "127.0.0.1:9092", note: "topics: a" },
        { service: "Prometheus", url: "http://127.0.0.1:9090", note: "" },
      ],
    };
    const masked = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
    expect(summary("dev", { outputs }).split("\n")).toHaveLength(3);
    expect(summary("dev", { outputs: { ...outputs, passwords: masked } })).toBe(
      [
        "SERVICE     URL",
        "Kafka       127.0.0.1:9092         topics: a",
        "Prometheus  http://127.0.0.1:9090",
        "",
        "Generated passwords: npm run secret -- dev, and a name for its value.",
      ].join("\n"),
    );
  });

  it("has passwords by name", () => {
    const passwords = { "redis-app": "b", "grafana-admin": "a" };
    expect(select("dev", passwords, undefined)).toBe("grafana-admin\nredis-app");
    expect(select("dev", passwords, "grafana-admin")).toBe("a");
    expect(() => select("dev", passwords, "admin")).toThrow(
      "admin is no generated password of stack dev. There are: grafana-admin, redis-app.",
    );
    expect(select("dev", {}, undefined)).toBe("Stack dev has no generated passwords.");
  });

  it("refuses to take a production stack down by mistake", () => {
    const of = (production: string) => ({
      stack: "prod",
      config: parseConfig({ "datastack:production": production }).config,
    });
    const options = { volumes: false, yes: true, destroyProduction: false };
    expect(() => refuseProduction(of("true"), options)).toThrow("add --destroy-production");
    expect(() => refuseProduction(of("true"), { ...options, destroyProduction: true })).not.toThrow();
    expect(() => refuseProduction(of("false"), options)).not.toThrow();
  });
});

describe("a preview", () => {
  const urn = "urn:pulumi:dev::datastack::docker:index/container:Container::prometheus";
  const inputs = (text: string, secret: string) => ({
    name: "dev-prometheus",
    labels: [
      { label: "datastack.file./etc/rules.yml", value: "x" },
      { label: "datastack.stack", value: "dev" },
    ],
    uploads: [
      { file: "/etc/rules.yml", content: text },
      { file: "/run/secret", content: secret },
    ],
  });

  it("shows the differences of files, and nothing of one that is secret", () => {
    const type = "docker:index/container:Container";
    const lines = report({
      steps: [
        { op: "same", urn },
        {
          op: "replace",
          urn,
          oldState: { type, inputs: inputs("a\nb\nc\n", "old-secret") },
          newState: { type, inputs: inputs("a\nB\nc\n", "new-secret") },
          replaceReasons: ["uploads"],
        },
      ],
      diagnostics: [{ severity: "warning", message: "look out", urn }],
      changeSummary: { replace: 1, same: 3 },
    });
    expect(lines).toEqual([
      "Replace docker container dev-prometheus: uploads",
      "    /etc/rules.yml",
      "       a",
      "      -b",
      "      +B",
      "       c",
      "warning: docker container prometheus: look out",
      "1 replaced, 3 unchanged",
    ]);
    expect([...plainFiles(inputs("text", "hidden")).values()]).toEqual(["text"]);
  });

  it("diffs by the longest common subsequence, with three lines around each change", () => {
    const many = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const changed = many.with(2, "second").toSpliced(15, 1);
    expect(unifiedDiff(many.join("\n"), changed.join("\n"))).toEqual([
      " line 0",
      " line 1",
      "-line 2",
      "+second",
      " line 3",
      " line 4",
      " line 5",
      "@@",
      " line 12",
      " line 13",
      " line 14",
      "-line 15",
      " line 16",
      " line 17",
      " line 18",
    ]);
    expect(unifiedDiff("same\n", "same\n")).toEqual([]);
    expect(unifiedDiff("", "new\n")).toEqual(["+new"]);
  });
});

describe("the namespace of a stack on Kubernetes", () => {
  const type = "kubernetes:core/v1:Namespace";
  const state = (id: string, outputs: Record<string, unknown>): Deployment => ({
    version: 3,
    deployment: { resources: [{ urn: `urn:pulumi:prod::p::${type}::${id}`, type, id, outputs }] },
  });

  it("has the uid that it was made with", () => {
    expect(namespaceUid(state("prod", { metadata: { uid: "a" } }), "prod")).toBe("a");
    expect(namespaceUid(state("prod-agents", { metadata: { uid: "a" } }), "prod")).toBeUndefined();
    expect(namespaceUid(state("prod", {}), "prod")).toBeUndefined();
    expect(namespaceUid({ version: 3, deployment: {} }, "prod")).toBeUndefined();
    expect(namespacesOf(state("prod", {}))).toEqual(new Set(["prod"]));
  });
});
