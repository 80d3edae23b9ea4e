import * as fs from "node:fs";
import * as os from "node:os";
import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../components/core/problems";

/** The text of a file as a secret; of one that cannot be read, which `checkFile` says, nothing. */
export function secretIn(name: string): pulumi.Output<string> {
  return pulumi.secret(readSecret(name) ?? "");
}

/** Files of secrets that cannot be read, or have nothing in them. */
export function checkFile(at: string, name: string): Problem[] {
  const text = readSecret(name);
  if (text) return [];
  const rule = text === undefined ? "must be a file that can be read" : "must not be an empty file";
  return [{ path: at, value: name, rule, fix: "Write the secret into it, readable by you alone (chmod 600)" }];
}

/** The program's working directory is not the operator's: paths are absolute, or begin in the home directory. */
export function readSecret(name: string): string | undefined {
  try {
    return fs.readFileSync(name.replace(/^~(?=\/)/, os.homedir()), "utf8").trim();
  } catch {
    return undefined;
  }
}
