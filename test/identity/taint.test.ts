import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../stacks/config";
import { createTarget } from "../../stacks/target";
import { construct, SECRET } from "../contract/cases";
import { configured, MUTATED, mutated, recordingOf, STACKS } from "../support/stacks";
import { findLeaks, secretsOf } from "../support/taint";

const hash = (algorithm: string, encoding: "hex" | "base64") => (text: string) =>
  createHash(algorithm).update(text).digest(encoding);

/** Ways in which passwords get out, as the check names them. */
const LEAKS: Readonly<Record<string, (password: string) => string>> = {
  raw: (password) => `--password=${password}`,
  base64: (password) => `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`,
  base64url: (password) => Buffer.from(`xy${password}`).toString("base64url"),
  "url-encoded": (password) => `postgres://admin:${encodeURIComponent(password)}@db`,
  hex: (password) => Buffer.from(password).toString("hex"),
  "sha256 (hex)": hash("sha256", "hex"),
  "sha256 (base64)": hash("sha256", "base64"),
  "sha1 (hex)": hash("sha1", "hex"),
  "sha1 (base64)": hash("sha1", "base64"),
  "md5 (hex)": (password) => `v-${hash("md5", "hex")(password).slice(0, 20)}`,
  "md5 (base64)": hash("md5", "base64"),
};

/** The plain value, as only a mistake of ours would have it. */
function exposed(password: random.RandomPassword): pulumi.Output<string> {
  return pulumi.unsecret(password.result);
}

/** With every character that URLs, base64 and JSON treat in their own way. */
function newPassword(): random.RandomPassword {
  return new random.RandomPassword("leaked", { length: 32, overrideSpecial: '+/="&?\\', minSpecial: 6 });
}

describe.each(STACKS)("secrets of %s", (stack) => {
  it("are nowhere outside of envelopes, and nowhere in public", async () => {
    expect(findLeaks(await recordingOf(stack, "known"))).toEqual([]);
  });

  it("of the contract's workloads neither", async () => {
    const recording = await configured(stack, () => construct(createTarget(stack, readConfig().config)));
    const sent = JSON.stringify(recording);
    expect(sent.includes(SECRET) || sent.includes(Buffer.from(SECRET).toString("base64"))).toBe(true);
    expect(findLeaks(recording, [SECRET])).toEqual([]);
  });
});

describe.each(MUTATED)("the check of the secrets of %s", (stack) => {
  it("would be red: each of these in a label, an argument, a ConfigMap, a key or a message", async () => {
    const recording = await mutated(stack, () => {
      const password = newPassword();
      for (const [form, leak] of Object.entries(LEAKS)) {
        const text = exposed(password).apply(leak);
        new docker.Container(`box ${form}`, { image: "x", labels: [{ label: "l", value: text }], command: [text] });
        const metadata = { annotations: { a: text } };
        new kubernetes.core.v1.ConfigMap(`map ${form}`, { metadata, data: { file: text } });
        new docker.Network(`net ${form}`, { options: text.apply((key) => ({ [key]: "x" })) });
        text.apply((message) => void pulumi.log.warn(`${form}: ${message}`));
      }
    });
    const leaks = findLeaks(recording).map(({ where, form }) => ({ where: where.replace(/^urn:.*::/, ""), form }));
    for (const form of Object.keys(LEAKS)) {
      const places = leaks.filter((l) => l.form === form || (form === "base64url" && l.form === "base64"));
      expect(places.map((l) => l.where.replace(/ input\.options\..* \(key\)$/, " (key)"))).toEqual(
        expect.arrayContaining([
          `box ${form} input.labels.0.value`,
          `box ${form} input.command.0`,
          `map ${form} input.metadata.annotations.a`,
          `map ${form} input.data.file`,
          `net ${form} (key)`,
          expect.stringContaining(`message: ${form}`.slice(0, 29)),
        ]),
      );
    }
  });

  it("would be red: in an envelope, but where everybody can read it", async () => {
    const recording = await mutated(stack, () => {
      const { result } = newPassword();
      new docker.Container("box", { image: "x", envs: [result], command: ["--password", result] });
      new kubernetes.core.v1.ConfigMap("map", { metadata: { name: "map" }, data: { result } });
      new kubernetes.core.v1.Secret("fine", { metadata: { name: "fine" }, stringData: { result } });
    });
    const places = findLeaks(recording).map((l) => l.where.replace(/^.*::(?=\w+ )/, ""));
    expect([...new Set(places)]).toEqual([
      "box input.command.1 (in an envelope, but public)",
      "map input.data.result (in an envelope, but public)",
    ]);
  });

  it("would be red: a literal, and the content of a Secret object", async () => {
    const recording = await mutated(stack, () => {
      const envs = [pulumi.secret("literal-secret")];
      new docker.Container("box", { image: "x", envs, hostname: "literal-secret" });
      const data = { key: Buffer.from("content-of-secret").toString("base64") };
      new kubernetes.core.v1.Secret("object", { metadata: { name: "s", labels: { l: "content-of-secret" } }, data });
    });
    expect(secretsOf(recording)).toContain("literal-secret");
    const places = findLeaks(recording).map((l) => l.where.replace(/^.*::(?=\w+ )/, ""));
    expect([...new Set(places)]).toEqual(["box input.hostname", "object input.metadata.labels.l"]);
  });
});
