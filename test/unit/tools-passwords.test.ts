import * as fs from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { Progress } from "../../tools/core/progress";
import { stateFile, writeConfigCopy } from "../../tools/pulumi/home";
import { isDeployed, readPasswords } from "../../tools/pulumi/passwords";
import { lastConfig, readSubject } from "../../tools/pulumi/stack-config";
import { RandomStore } from "../../tools/render/store";
import { ownHome } from "../support/home";

const STACK = "mine";
const OF_STATE = { "grafana-admin": "of-the-state" };
const RESOURCES = [
  { urn: "urn:pulumi:mine::datastack::pulumi:pulumi:Stack::datastack-mine", type: "pulumi:pulumi:Stack" },
];

const { at } = ownHome();
/** Where the stand-in of Pulumi writes what it was asked. */
let asked: string;

beforeEach(() => {
  asked = at("asked");
  vi.stubEnv("DATASTACK_CACHE", at("cache"));
  const bin = at("bin");
  fs.mkdirSync(bin);
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  fs.writeFileSync(path.join(bin, "pulumi-language-nodejs"), "");
  pulumi({});
  const file = at("given.yaml");
  fs.writeFileSync(file, stringify({ config: { "datastack:system": "gauzian", "datastack:target": "kubernetes" } }));
  writeConfigCopy(STACK, file, {});
});

/** A Pulumi whose backend has this state of the stack, or does not know it. */
function pulumi(state: object | undefined): void {
  const exported = state
    ? `echo '${JSON.stringify({ version: 3, deployment: state })}'`
    : "echo no stack named mine >&2; exit 1";
  const script = `#!/bin/sh
case "$*" in
  version) echo v3.259.0; exit;;
esac
echo "$1 $2" >> ${asked}
case "$1 $2" in
  "stack export") ${exported};;
  "stack output") echo '${JSON.stringify({ passwords: OF_STATE })}';;
  *) exit 1;;
esac
`;
  fs.writeFileSync(at("bin/pulumi"), script, { mode: 0o755 });
}

/** The file in which a local backend has the stack. */
function inBackend(latest: object | undefined): void {
  const file = stateFile("datastack", STACK) ?? "";
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ version: 3, checkpoint: { stack: STACK, ...(latest ? { latest } : {}) } }));
}

const QUIET = new Progress(process.stderr, true);
const questions = () => (fs.existsSync(asked) ? fs.readFileSync(asked, "utf8").split("\n").filter(Boolean) : []);

describe("a stack is deployed", () => {
  const deployed = () => isDeployed(readSubject(STACK, lastConfig(STACK)), QUIET);

  it.each([
    ["has resources", true, { resources: RESOURCES }],
    ["has begun to make some", true, { pending_operations: [{ resource: RESOURCES[0], type: "creating" }] }],
    ["is that of one taken down", false, { manifest: {}, secrets_providers: {}, metadata: {} }],
    ["is that of one only made", false, undefined],
  ])("when its state %s: %s, which its file says without Pulumi", async (_, is, latest) => {
    inBackend(latest);
    expect(await deployed()).toBe(is);
    expect(questions()).toEqual([]);
  });

  it("not when it has no file, and Pulumi is not needed for that either", async () => {
    expect(await deployed()).toBe(false);
    expect(questions()).toEqual([]);
  });

  it("when a backend elsewhere says so", async () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://bucket");
    pulumi({ resources: RESOURCES });
    expect(await deployed()).toBe(true);
    pulumi({});
    expect(await deployed()).toBe(false);
    pulumi(undefined);
    expect(await deployed()).toBe(false);
    expect(questions()).toEqual(Array(3).fill("stack export"));
  });
});

describe("the generated passwords of a stack", () => {
  const read = () => readPasswords(STACK, QUIET);

  /** As after a render. */
  function rendered(): void {
    const store = new RandomStore(STACK);
    store.source.bytes("anything", 8);
    store.save();
  }

  it("are those of its state while it is deployed, though it was rendered as well", async () => {
    inBackend({ resources: RESOURCES });
    expect(await read()).toEqual(OF_STATE);
    rendered();
    expect(await read()).toEqual(OF_STATE);
  });

  it("are those of its manifests when it was taken down", async () => {
    rendered();
    inBackend({});
    const passwords = await read();
    expect(passwords).toEqual({ "grafana-admin": expect.stringMatching(/^\w{32}$/) });
    expect(questions()).toEqual([]);
  });

  it("are none of one that is nowhere", async () => {
    await expect(read()).rejects.toThrow("Stack mine has not been brought up from here. Run: npm start -- mine");
    expect(questions()).toEqual([]);
  });
});
