import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { File } from "../../components/target/workload";

/** A place for each test where Kafka's scripts run as they are, but for the directories that they find things in. */
export function scriptRoom() {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kafka-scripts-"));
    for (const path of ["opt/kafka/bin", "opt/datastack/kafka", "var/lib/kafka", "tmp"])
      mkdirSync(join(root, path), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const at = (path: string) => join(root, path);
  const moved = (text: string) =>
    text.replaceAll(
      /\/(opt|var\/lib)\/kafka\b|\/opt\/datastack\b|\/opt\/prometheus-jmx-exporter\b|\/tmp\/kafka-/g,
      (path) => root + path,
    );
  return {
    at,
    moved,
    lay(files: readonly File[] | undefined, change: (text: string) => string = (text) => text): void {
      for (const file of files ?? []) writeFileSync(moved(file.path), change(moved(file.content as string)));
    },
    /** A stand-in for one of Kafka's tools. */
    tool(name: string, text: string): void {
      writeFileSync(at(`opt/kafka/bin/${name}`), `#!/usr/bin/env bash\n${text}`);
      chmodSync(at(`opt/kafka/bin/${name}`), 0o755);
    },
    bash(script: string, env: Record<string, string> = {}) {
      const { status, stdout, stderr } = spawnSync("bash", [at(`opt/datastack/kafka/${script}`)], {
        env: { PATH: process.env.PATH ?? "", TMPDIR: at("tmp"), ROOT: root, ...env },
        encoding: "utf8",
        timeout: 15_000,
      });
      return { status, stdout, stderr };
    },
    /** The same, while servers of the test go on answering. */
    bashBeside(script: string, env: Record<string, string> = {}): Promise<{ status: number; stdout: string }> {
      return new Promise((resolve) => {
        const options = { env: { PATH: process.env.PATH ?? "", ROOT: root, ...env }, timeout: 15_000 };
        execFile("bash", [join(root, "opt/datastack/kafka", script)], options, (error, stdout) => {
          resolve({ status: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout });
        });
      });
    },
  };
}
