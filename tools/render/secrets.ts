import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { ensureDir } from "../core/paths";
import type { Manifest } from "./manifests";
import { writePrivate } from "./store";
import { manifestText } from "./text";

/**
 * One private file with every Secret of a stack, and the namespaces that they are in, so that it can be applied first and by
 * itself.
 */
export function writeSecrets(file: string, stack: string, manifests: readonly Manifest[]): void {
  const header = `# Secrets of stack ${stack}, in plain text. Written by render.`;
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8").split("\n", 1)[0] !== header) {
    throw new UserError(
      `${file} exists and does not hold the secrets of stack ${stack}. Give another file, or remove it.`,
    );
  }
  const secrets = manifests.filter((m) => m.kind === "Secret");
  const namespaces = manifests.filter((m) => m.kind === "Namespace" && secrets.some((s) => s.namespace === m.name));
  const documents = [...namespaces, ...secrets].map((m) => manifestText(m.object));
  ensureDir(path.dirname(file));
  writePrivate(file, `${header}\n---\n${documents.join("---\n")}`);
}
