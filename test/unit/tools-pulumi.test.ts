import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../stacks/config";
import { select } from "../../tools/commands/secret";
import { isFailure } from "../../tools/pulumi/containers";
import { unifiedDiff } from "../../tools/pulumi/diff";
import { refuseProduction } from "../../tools/pulumi/down";
import { type EngineFacts, otherEngine } from "../../tools/pulumi/engine-guard";
import { describeChanges, describeStep, kindOf, parseEvent, plain } from "../../tools/pulumi/events";
import { judgeLocks, type StateLock, stateLocks } from "../../tools/pulumi/locks";
import { plainFiles, report } from "../../tools/pulumi/preview";
import { recoverNodes } from "../../tools/pulumi/stack-config";
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
import { ownHome } from "../support/home";

const { at } = ownHome();

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
    const dir = at(".pulumi/locks/organization/datastack/dev");
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(path.join(dir, "a.json"), JSON.stringify(LOCK));
    fs.writeFileSync(path.join(dir, "b.json"), '{"pid":');
    fs.writeFileSync(path.join(dir, "a.json.attrs"), "{}");
    expect(stateLocks(at(), "datastack", "dev")).toEqual([LOCK]);
    expect(stateLocks(at(), "datastack", "other")).toEqual([]);
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
