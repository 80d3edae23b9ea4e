import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { UserError } from "../core/errors";
import { dataDir, ensureDir, inRoot, userPath } from "../core/paths";
import { isInUse, stateIn } from "./state";

/** Where the state of all stacks is, unless PULUMI_BACKEND_URL names another place. */
export function stateDir(): string {
  return dataDir("state");
}

const LOCAL = "file://";

/**
 * The backend as Pulumi is told of it. A folder by its full path: Pulumi takes a relative one as of the folder that it runs in, which
 * is another one for each of its commands.
 */
export function backendUrl(): string {
  const given = process.env.PULUMI_BACKEND_URL;
  if (!given) return pathToFileURL(stateDir()).href;
  if (!given.startsWith(LOCAL)) return given;
  const [folder = "", ...query] = given.slice(LOCAL.length).split("?");
  // for Pulumi it is the home of the account, whatever HOME says
  const expanded = decoded(folder).replace(/^~(?=\/|$)/, () => os.userInfo().homedir);
  return [pathToFileURL(userPath(expanded)).href, ...query].join("?");
}

function decoded(folder: string): string {
  try {
    return decodeURIComponent(folder);
  } catch {
    throw new UserError(
      `PULUMI_BACKEND_URL=${LOCAL}${folder}: "%" must begin an escape such as %20, or be written as %25.`,
    );
  }
}

/** Folder of a local file backend; undefined for all others. */
export function localBackend(): string | undefined {
  return backendUrl().startsWith(LOCAL) ? fileURLToPath(backendUrl()) : undefined;
}

/** A local backend's file of one stack's state. */
export function stateFile(project: string, stack: string): string | undefined {
  const dir = localBackend();
  return dir && path.join(dir, ".pulumi", "stacks", project, `${stack}.json`);
}

/**
 * Whether anything is in the stack's state; undefined where that is not on this machine. Without Pulumi, which who only renders
 * does not need.
 */
export function isDeployedHere(project: string, stack: string): boolean | undefined {
  const file = stateFile(project, stack);
  if (!file) return undefined;
  return fs.existsSync(file) && isInUse(stateIn(fs.readFileSync(file, "utf8")));
}

export function passphraseFile(): string {
  return process.env.PULUMI_CONFIG_PASSPHRASE_FILE || dataDir("passphrase");
}

/** What Pulumi has to find in its environment to work on our state. */
export function stateEnv(): Record<string, string> {
  const passphrase: Record<string, string> =
    process.env.PULUMI_CONFIG_PASSPHRASE === undefined ? { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile() } : {};
  return { PULUMI_BACKEND_URL: backendUrl(), ...passphrase };
}

/** Makes the folder of the state and the passphrase that encrypts the secrets in it; says whether they are new. */
export function ensureHome(): { readonly created: boolean } {
  ensureDir(dataDir());
  if (localBackend()) fs.mkdirSync(localBackend() ?? "", { recursive: true, mode: 0o700 });
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || fs.existsSync(passphraseFile())) return { created: false };
  const stacks = path.join(stateDir(), ".pulumi", "stacks");
  if (localBackend() === stateDir() && fs.existsSync(stacks) && fs.readdirSync(stacks).length > 0) {
    throw new UserError(
      `There is state in ${stateDir()}, but not the passphrase for its secrets: ${passphraseFile()} is missing. ` +
        "Restore it from your backup, or set PULUMI_CONFIG_PASSPHRASE.",
    );
  }
  fs.mkdirSync(path.dirname(passphraseFile()), { recursive: true, mode: 0o700 });
  fs.writeFileSync(passphraseFile(), `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  return { created: true };
}

/** Folder of one stack: a project file, so that Pulumi works there, and the copy of its configuration. */
export function stackDir(stack: string): string {
  return dataDir("stacks", stack);
}

/** The configuration that Pulumi gets: the tracked file stays as it is in version control. */
export function configCopy(stack: string): string {
  return path.join(stackDir(stack), `Pulumi.${stack}.yaml`);
}

/** The same for a preview: what `check` and `restore` go by stays as it was deployed. */
export function previewCopy(stack: string): string {
  return path.join(stackDir(stack), "preview.yaml");
}

/** Makes the folder: `pulumi stack init` writes its salt beside the project file that it finds. */
export function ensureStackDir(stack: string): void {
  const file = path.join(ensureDir(stackDir(stack)), "Pulumi.yaml");
  const { name, runtime } = parse(fs.readFileSync(inRoot("Pulumi.yaml"), "utf8")) as Record<string, unknown>;
  const text = stringify({ name, runtime });
  // a command beside an `up` must not take it away for a moment
  if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) fs.writeFileSync(file, text);
}

interface ConfigFile {
  encryptionsalt?: string;
  config?: Record<string, unknown>;
}

/** Keys that only Pulumi writes; those of the copy stay when it is written anew. */
const PULUMIS_OWN = ["encryptionsalt", "encryptedkey", "secretsprovider"] as const;

/** Writes the copy: the stack's own configuration, with `values` (by full key; `undefined` takes one out) in place of its own. */
export function writeConfigCopy(
  stack: string,
  source: string,
  values: Readonly<Record<string, unknown>>,
  file = configCopy(stack),
): string {
  const tracked = (parse(fs.readFileSync(source, "utf8")) ?? {}) as ConfigFile;
  const copy = configCopy(stack);
  const before = fs.existsSync(copy) ? ((parse(fs.readFileSync(copy, "utf8")) ?? {}) as Record<string, unknown>) : {};
  const kept = Object.fromEntries(
    PULUMIS_OWN.flatMap((key) => (before[key] === undefined ? [] : [[key, before[key]]])),
  );
  const config = { ...tracked.config, ...values };
  for (const [key, value] of Object.entries(config)) if (value === undefined) delete config[key];
  ensureStackDir(stack);
  fs.writeFileSync(`${file}.next`, stringify({ ...kept, ...tracked, config }), { mode: 0o600 });
  fs.renameSync(`${file}.next`, file);
  return file;
}

/** Configuration values that the copy had after the last run, by full key. */
export function copiedConfig(stack: string, file = configCopy(stack)): Readonly<Record<string, unknown>> | undefined {
  if (!fs.existsSync(file)) return undefined;
  return ((parse(fs.readFileSync(file, "utf8")) ?? {}) as ConfigFile).config ?? {};
}

/** Where everything is and how it is backed up, for the end of a first run. */
export function backupAdvice(): string {
  const lines = [`State:      ${localBackend() ?? backendUrl()}`];
  if (process.env.PULUMI_CONFIG_PASSPHRASE === undefined)
    lines.push(`Passphrase: ${passphraseFile()} (only you can read it)`);
  if (localBackend()) {
    lines.push(
      "Without both, the stack can no longer be changed and its generated passwords cannot be read. Back them up after each change:",
      `  tar -czf datastack-state.tgz -C ${path.dirname(dataDir())} ${path.basename(dataDir())}`,
    );
  }
  return lines.join("\n");
}
