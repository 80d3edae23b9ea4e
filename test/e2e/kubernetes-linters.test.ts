import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KUBERNETES_STACKS } from "../support/kubernetes-stacks";
import { cli } from "./support/cli";
import { checkov, ensureCheckov, ensureKubeScore, kubeScore, unexcepted } from "./support/linters";

/** The linters themselves, at their default level, over what `npm run render` writes; they need no cluster. */
describe("linters", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-linters-"));
  const manifests = (title: string) => path.join(folder, title.replaceAll(" ", "-"));
  const programs = { checkov: "", kubeScore: "" };

  beforeAll(async () => {
    programs.checkov = await ensureCheckov();
    programs.kubeScore = await ensureKubeScore();
  }, 900_000);
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function rendered({ title, stack, config = {} }: (typeof KUBERNETES_STACKS)[number]): Promise<string> {
    const keys = Object.entries(config).flatMap(([key, value]) => ["--config", `${key}=${value}`]);
    const env = { DATASTACK_HOME: path.join(folder, "home") };
    const { code } = await cli(["render", stack, "--out", manifests(title), ...keys], { env });
    expect(code).toBe(0);
    return manifests(title);
  }

  it.each(KUBERNETES_STACKS)("Checkov has nothing to say of $title, but for the exceptions", async (subject) => {
    const { passed, failed } = await checkov(programs.checkov, await rendered(subject));
    expect(passed).toBeGreaterThan(400);
    expect(unexcepted(failed)).toEqual([]);
  });

  it.each(KUBERNETES_STACKS)("kube-score has nothing to say of $title, but for the exceptions", async ({ title }) => {
    const { passed, failed } = await kubeScore(programs.kubeScore, manifests(title));
    expect(passed).toBeGreaterThan(100);
    expect(unexcepted(failed)).toEqual([]);
  });

  it("would be red: a manifest that somebody has opened", async () => {
    const file = fs
      .readdirSync(manifests("prod"), { recursive: true, encoding: "utf8" })
      .find((name) => name.endsWith("statefulset-kafka.yaml"));
    const at = path.join(manifests("prod"), file ?? "");
    fs.writeFileSync(at, fs.readFileSync(at, "utf8").replace("readOnlyRootFilesystem: true", "privileged: true"));
    const { failed } = await checkov(programs.checkov, path.dirname(at));
    const scored = await kubeScore(programs.kubeScore, path.dirname(at));
    const said = failed.filter(({ object }) => object === "StatefulSet prod/kafka").map(({ check }) => check);
    expect(said).toEqual(expect.arrayContaining(["checkov/CKV_K8S_16", "checkov/CKV_K8S_22"]));
    expect(unexcepted(failed).length).toBeGreaterThan(1);
    expect(scored.failed.map(({ check, object }) => `${object} ${check}`)).toEqual(
      expect.arrayContaining([
        "StatefulSet prod/kafka kube-score/container-security-context-privileged",
        "StatefulSet prod/kafka kube-score/container-security-context-readonlyrootfilesystem",
      ]),
    );
  });
});
