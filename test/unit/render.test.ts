import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import * as random from "@pulumi/random";
import { beforeEach, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { UserError } from "../../tools/core/errors";
import { recordInProcess } from "../../tools/engine/in-process";
import { seededRandom } from "../../tools/engine/random";
import { Secret } from "../../tools/engine/values";
import { type RenderOptions, recordStack, render } from "../../tools/render/render";
import { onDocker, onKubernetes } from "../support/fixtures/sample/stacks";
import { ownHome } from "../support/home";

const sample = path.join(__dirname, "../support/fixtures/sample");
const { at } = ownHome();
let out: string;

beforeEach(() => {
  out = at("out");
});

function renderSample(options: Partial<RenderOptions> = {}, program: () => void = onKubernetes) {
  return render({ stack: "kubernetes", out, ...options }, (random) =>
    recordInProcess(program, { project: "sample", stack: options.stack ?? "kubernetes", random }),
  );
}

/** Every file below a folder with its content. */
function contents(folder: string): Record<string, string> {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((file) => [path.relative(folder, file), fs.readFileSync(file, "utf8")]));
}

describe("render", () => {
  it("writes one file per object into waves that wait for namespaces, jobs and workloads", async () => {
    await renderSample();
    expect(Object.keys(contents(out))).toEqual([
      ".datastack-render.json",
      "0/namespace-sample.yaml",
      "0/service-other-broker.yaml",
      "1/job-prepare.yaml",
      "1/persistentvolumeclaim-data-broker-0.yaml",
      "1/service-sample-broker.yaml",
      "2/statefulset-broker.yaml",
      "3/job-topics.yaml",
      "apply.sh",
    ]);
    const text = contents(out)["2/statefulset-broker.yaml"] ?? "";
    expect(
      text.startsWith("apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: broker\n  namespace: sample\n"),
    ).toBe(true);
    // instructions to Pulumi's provider are not the cluster's business, and "on" would be a boolean
    expect(text).toContain('annotations:\n    sample/note: "on"\nspec:');
    expect(parse(text).spec.replicas).toBe(3);
  });

  it("writes the script that applies them: what failed or is too old is renewed, and what later waves need is waited for", async () => {
    await renderSample();
    const script = contents(out)["apply.sh"] ?? "";
    expect(script.slice(script.indexOf("\nk apply"))).toBe(`
k apply --server-side -f 0/

renew sample prepare 1/job-prepare.yaml
k apply --server-side -f 1/
finish sample prepare 120

k apply --server-side -f 2/
ready sample statefulset/broker 90

renew sample topics 3/job-topics.yaml data-broker-0
k apply --server-side -f 3/

finish sample topics 600
`);
    const syntax = spawnSync("sh", ["-n", path.join(out, "apply.sh")], { encoding: "utf8" });
    expect(syntax.stderr).toBe("");
  });

  it("keeps Secrets out, or puts them into a private file of their own", async () => {
    const without = await renderSample();
    expect(without.leftOut).toEqual(["Secret sample/credentials"]);
    const secrets = at("secrets.yaml");
    const rendered = await renderSample({ secrets });
    expect(rendered.leftOut).toEqual([]);
    expect(fs.statSync(secrets).mode & 0o777).toBe(0o600);
    const [namespace, secret] = parseAllDocuments(fs.readFileSync(secrets, "utf8")).map((d) => d.toJS());
    expect(namespace).toMatchObject({ kind: "Namespace", metadata: { name: "sample" } });
    expect(secret).toMatchObject({ kind: "Secret", stringData: { password: expect.stringMatching(/^.{24}$/) } });
    expect(JSON.stringify(contents(out))).not.toContain(secret.stringData.password);
  });

  it("gives the same bytes again, also into another folder, and random values of its own per installation", async () => {
    const secrets = at("secrets.yaml");
    expect((await renderSample({ secrets })).changed).toBe(8);
    const first = [contents(out), fs.readFileSync(secrets, "utf8")];
    expect((await renderSample({ secrets })).changed).toBe(0);
    const elsewhere = at("elsewhere");
    await renderSample({ out: elsewhere });
    expect([contents(elsewhere), fs.readFileSync(secrets, "utf8")]).toEqual(first);
    const store = at("data/render/kubernetes.json");
    expect(fs.statSync(store).mode & 0o777).toBe(0o600);
    fs.rmSync(store);
    await renderSample({ secrets });
    expect(contents(out)).toEqual(first[0]);
    expect(fs.readFileSync(secrets, "utf8")).not.toBe(first[1]);
  });

  it("removes its own stale files and says what is gone", async () => {
    await renderSample();
    const list = path.join(out, ".datastack-render.json");
    const { files, objects, stack } = JSON.parse(fs.readFileSync(list, "utf8"));
    fs.mkdirSync(path.join(out, "7"));
    fs.writeFileSync(path.join(out, "7/job-old.yaml"), "kind: Job\n");
    fs.writeFileSync(path.join(out, "README"), "ours\n");
    fs.writeFileSync(
      list,
      JSON.stringify({ stack, files: [...files, "7/job-old.yaml"], objects: [...objects, "Job sample/old"] }),
    );
    const rendered = await renderSample();
    expect(rendered.gone).toEqual(["Job sample/old"]);
    expect(fs.existsSync(path.join(out, "7"))).toBe(false);
    expect(fs.readFileSync(path.join(out, "README"), "utf8")).toBe("ours\n");

    expect((await renderSample()).gone, "still there").toEqual(["Job sample/old"]);
    const now = JSON.parse(fs.readFileSync(list, "utf8"));
    fs.writeFileSync(list, JSON.stringify({ ...now, gone: ["Job sample/prepare"] }));
    expect((await renderSample()).gone, "taken out by hand; back again").toEqual([]);
    expect(JSON.parse(fs.readFileSync(list, "utf8"))).not.toHaveProperty("gone");
  });

  it("refuses what would lose volumes of the last render into the folder", async () => {
    const prod = (config: Record<string, string>) =>
      render({ stack: "prod", out }, (random, previous) =>
        recordStack({ stack: "prod", config: { system: "kafka", ...config } }, random, previous),
      );
    await prod({});
    const refusal = await prod({ kafkaBrokers: "1", kafkaStorage: "5Gi" }).catch((error: Error) => error.message);
    expect(refusal).toContain("must not be fewer than before (3)");
    expect(refusal).toContain("must not be smaller than before (20Gi)");
    expect((await prod({ kafkaStorage: "30Gi" })).changed).toBeGreaterThan(0);
  });

  it("refuses folders and files that are not its own, and touches nothing there", async () => {
    fs.mkdirSync(out);
    fs.writeFileSync(path.join(out, "mine.txt"), "keep");
    await expect(renderSample()).rejects.toThrow(`${out} is not empty and was not written by render.`);
    expect(contents(out)).toEqual({ "mine.txt": "keep" });
    fs.rmSync(path.join(out, "mine.txt"));
    await renderSample();
    fs.writeFileSync(path.join(out, "1/mine.yaml"), "keep");
    await expect(renderSample()).rejects.toThrow("has files that render did not write: 1/mine.yaml.");
    await expect(renderSample({ secrets: path.join(out, "s.yaml") })).rejects.toThrow(
      "inside the folder of the manifests",
    );
    const foreign = at("config");
    fs.writeFileSync(foreign, "keep");
    fs.rmSync(path.join(out, "1/mine.yaml"));
    await expect(renderSample({ secrets: foreign })).rejects.toThrow("does not hold the secrets of stack kubernetes");
    expect(fs.readFileSync(foreign, "utf8")).toBe("keep");
  });

  it("refuses a Docker stack, and what only a cluster or a provider knows", async () => {
    await expect(renderSample({ stack: "d" }, onDocker)).rejects.toThrow(
      "Stack d runs on Docker, which has no manifests.",
    );
    const wrong = () => {
      const password = new random.RandomPassword("p", { length: 8 });
      const metadata = { name: "m", annotations: { password: password.result } };
      new kubernetes.core.v1.ConfigMap("leak", { metadata });
      new kubernetes.core.v1.Secret("hash", { metadata: { name: "s" }, stringData: { h: password.bcryptHash } });
      new kubernetes.core.v1.ConfigMap("unnamed", {});
    };
    const problems = [
      "Stack kubernetes cannot be rendered:",
      "  - ConfigMap m: metadata.annotations.password is secret, and only a Secret may carry it.",
      "  - urn:pulumi:kubernetes::sample::kubernetes:core/v1:ConfigMap::unnamed: metadata.name is missing. Pulumi would make one up, a manifest needs it written.",
      "  - Secret s: stringData uses bcryptHash, which only the real provider computes.",
    ];
    await expect(renderSample({}, wrong)).rejects.toThrow(problems.join("\n"));
    expect(fs.existsSync(out)).toBe(false);
  });
});

describe("program of a stack", () => {
  const run = (stack: string, config = {}) => recordStack({ stack, config, root: sample }, seededRandom("x"));

  it("runs with the configuration of its files and overrides", async () => {
    const { resources } = await run("kubernetes", { brokers: "5" });
    const broker = resources.find((r) => r.type.endsWith(":StatefulSet"));
    expect(broker?.inputs).toMatchObject({ spec: { replicas: 5 } });
  });

  it("passes problems on as they are", async () => {
    const problem = "  - sample:brokers = 0: must be at least 1. Set it to 1.";
    const text = `1 problem in the configuration; nothing was changed.\n${problem}`;
    await expect(run("kubernetes", { brokers: "0" })).rejects.toThrow(new UserError(text));
  });

  it("needs encrypted values given, and keeps them secret", async () => {
    await expect(run("encrypted")).rejects.toThrow("Give its value with --config sample:token=<value>.");
    expect((await run("encrypted", { token: "t0ken" })).outputs).toEqual({ token: new Secret("t0ken") });
  });

  it("says which stacks there are", async () => {
    await expect(run("nope")).rejects.toThrow("Known stacks: docker, encrypted, kubernetes.");
  });
});
