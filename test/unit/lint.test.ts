import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inRoot } from "../../tools/core/paths";

/** Our own rules of lint, as configured, over files that are not in the repository. */
describe("lint", () => {
  let folder: string;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-lint-"));
    fs.cpSync(inRoot("tools/lint"), path.join(folder, "tools/lint"), { recursive: true });
    fs.copyFileSync(inRoot("biome.json"), path.join(folder, "biome.json"));
    fs.mkdirSync(path.join(folder, "stacks"));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  function said(file: string, text: string): string {
    fs.writeFileSync(path.join(folder, file), text);
    const args = [inRoot("node_modules/@biomejs/biome/bin/biome"), "lint", "--vcs-enabled=false", file];
    return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).stderr;
  }
  const using = (condition: string) =>
    `export const is = (config: { target: string; kind: string }, other: typeof config) => ${condition};\n`;

  it.each(['config.target === "docker"', 'config.kind !== "kubernetes"', "config.target === other.target"])(
    "refuses a stack that branches on its target: %s",
    (condition) => {
      expect(said("stacks/mine.ts", using(condition))).toContain("No stack branches on its target");
    },
  );

  it("refuses a stack that names a target", () => {
    const text = 'export { KubernetesTarget } from "../components/target/kubernetes";\n';
    expect(said("stacks/mine.ts", text)).toContain("Stacks name no target");
  });

  it("lets stacks branch on other things, and lets the file that makes targets name them", () => {
    expect(said("stacks/mine.ts", using('config.kind === "slack"'))).not.toContain("No stack branches");
    expect(said("stacks/target.ts", using('config.target === "docker"'))).not.toContain("No stack branches");
  });
});
