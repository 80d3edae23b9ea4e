import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { parseConfig } from "../../stacks/config";
import { ROOT } from "../../tools/core/paths";
import { type ConfigOptions, readConfig, readProject } from "../../tools/engine/project";
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
import { readSubject, runValues, wantedSource } from "../../tools/pulumi/stack-config";
import { ownHome } from "../support/home";

const { at } = ownHome();

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
    fs.mkdirSync(at("data/state/.pulumi/stacks/datastack"), { recursive: true });
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
    vi.stubEnv("INIT_CWD", at());
    vi.stubEnv("HOME", "/not/the/account's");
  });

  it("is in the data directory, unless another one is given", () => {
    expect(localBackend()).toBe(at("data/state"));
    expect(backendUrl()).toBe(`file://${at()}/data/state`);
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
      expect(localBackend()).toBe(at("state"));
      expect(fs.readdirSync(at()).sort()).toEqual(["data", "state"]);
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
    const file = at("Pulumi.mine.yaml");
    fs.writeFileSync(file, stringify({ config: { "datastack:target": "kubernetes", ...config } }));
    return options ? readConfig(readProject(ROOT), "prod", { file, ...options }) : readSubject("prod", file);
  };

  it("is that of the file that is given, and not the stack's own where that one does not exist", () => {
    vi.stubEnv("INIT_CWD", at());
    const missing = at("Pulumi.mien.yaml");
    expect(() => readSubject("prod", "Pulumi.mien.yaml")).toThrow(
      `Stack prod has no configuration: ${missing} does not exist. Known stacks: dev, gauzian, prod.`,
    );
    read({ "datastack:kafkaBrokers": 5 });
    expect(readSubject("prod", "Pulumi.mine.yaml")).toMatchObject({
      source: at("Pulumi.mine.yaml"),
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
    const encrypted = `datastack:kafkaMemory in ${at("Pulumi.mine.yaml")} is encrypted`;
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
    const tracked = at("Pulumi.dev.yaml");
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
    const tracked = at("Pulumi.dev.yaml");
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
    const tracked = at("Pulumi.dev.yaml");
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
