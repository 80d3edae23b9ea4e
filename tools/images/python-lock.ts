import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { normalized, pipSelect } from "../core/pip";
import { WITHOUT_PIP, wheelsFor } from "./python";

/** Pythons and machines that an application's image may be built for. */
const PYTHONS = ["3.13", "3.14"];
const MACHINES = ["x86_64", "aarch64"] as const;

const HASHES = / \\\n(?: {4}--hash=[^\n]*\n?)+/g;

/** A requirements file without the checksums that are in it. */
export function withoutHashes(text: string): string {
  return text.replace(HASHES, "\n");
}

/** A requirements file with these checksums, by the package's name. */
export function withHashes(text: string, hashes: ReadonlyMap<string, ReadonlySet<string>>): string {
  const lines = withoutHashes(text).split("\n");
  return lines
    .map((line) => {
      const name = /^[\w.-]+(?=[[=])/.exec(line)?.[0];
      const found = [...(hashes.get(normalized(name ?? "")) ?? [])].sort();
      return [line, ...found.map((sha256) => `    --hash=sha256:${sha256}`)].join(" \\\n");
    })
    .join("\n");
}

/** Writes the checksums of the wheels that PyPI has for the file's versions into it; pip then takes no others. */
export async function lockRequirements(file: string): Promise<void> {
  const text = fs.readFileSync(file, "utf8");
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-lock-"));
  try {
    const plain = path.join(work, "requirements.txt");
    fs.writeFileSync(plain, withoutHashes(text));
    const hashes = new Map<string, Set<string>>();
    for (const python of PYTHONS) {
      for (const machine of MACHINES) {
        for (const { name, sha256 } of await pipSelect([...wheelsFor(python, machine), "-r", plain], WITHOUT_PIP)) {
          hashes.set(name, (hashes.get(name) ?? new Set()).add(sha256));
        }
      }
    }
    fs.writeFileSync(file, withHashes(text, hashes));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}
