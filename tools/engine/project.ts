import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { UserError } from "../core/errors";

/** What the Pulumi CLI would read from Pulumi.yaml to start the program. */
export interface Project {
  readonly name: string;
  /** Directory of Pulumi.yaml. */
  readonly root: string;
  /** Directory in which the program runs. */
  readonly directory: string;
  /** The program: a file in `directory`, or `.`. */
  readonly entry: string;
  /** tsconfig of the program, relative to `directory`. */
  readonly tsconfig?: string;
  /** Defaults of the configuration, by full key. */
  readonly defaults: Readonly<Record<string, string>>;
}

/** Configuration of a stack, by full key; values as the program gets them, objects as JSON text. */
export interface Config {
  readonly values: Readonly<Record<string, string>>;
  /** Keys whose value is secret. */
  readonly secrets: readonly string[];
}

interface ProjectFile {
  readonly name: string;
  readonly main?: string;
  readonly runtime?: string | { readonly options?: { readonly tsconfig?: string } };
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Reads Pulumi.yaml in `root`. */
export function readProject(root: string): Project {
  const file = parseFile<ProjectFile>(path.join(root, "Pulumi.yaml"));
  const main = path.resolve(root, file.main ?? ".");
  // a `main` that is a file makes its directory the working directory
  const isFile = fs.statSync(main).isFile();
  const tsconfig = typeof file.runtime === "object" ? file.runtime.options?.tsconfig : undefined;
  return {
    name: file.name,
    root,
    directory: isFile ? path.dirname(main) : main,
    entry: isFile ? path.basename(main) : ".",
    ...(tsconfig ? { tsconfig } : {}),
    defaults: defaultsOf(file),
  };
}

/**
 * Reads the configuration of a stack. An encrypted value of the project's own needs an override, which stays secret to the program; that
 * of a provider is Pulumi's to decrypt, and is left out without one.
 */
export function readConfig(project: Project, stack: string, options: ConfigOptions = {}): Config {
  const file = options.file ?? path.join(project.root, `Pulumi.${stack}.yaml`);
  if (!fs.existsSync(file)) {
    throw new UserError(
      `Stack ${stack} has no configuration: ${file} does not exist. Known stacks: ${known(project)}.`,
    );
  }
  const given = parseFile<{ readonly config?: Readonly<Record<string, unknown>> } | null>(file)?.config ?? {};
  const values: Record<string, string> = { ...project.defaults };
  const secrets: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    const name = qualified(project.name, key);
    if (!isEncrypted(value)) values[name] = textOf(value);
    else {
      secrets.push(name);
      // the default is not what Pulumi will take
      delete values[name];
    }
  }
  for (const [key, value] of Object.entries(options.overrides ?? {})) values[qualified(project.name, key)] = value;
  const missing = secrets.find((key) => key.startsWith(`${project.name}:`) && !(key in values));
  if (missing) throw new UserError(`${missing} in ${file} is encrypted${remedy(missing, options)}`);
  return { values, secrets };
}

export interface ConfigOptions {
  /** @default Pulumi.<stack>.yaml beside Pulumi.yaml */
  readonly file?: string;
  /** Values in place of those in the files, by key; not given where no option of the command gives any. */
  readonly overrides?: Readonly<Record<string, string>>;
}

function remedy(key: string, { overrides }: ConfigOptions): string {
  return overrides
    ? `. Give its value with --config ${key}=<value>.`
    : ", and has to be read before Pulumi can decrypt it. Write its value there in plain text.";
}

/** Stacks that have a configuration file. */
function known(project: Project): string {
  const names = fs.readdirSync(project.root).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
  return names.filter((name) => name !== undefined).join(", ") || "none";
}

function defaultsOf(file: ProjectFile): Record<string, string> {
  const defaults: Record<string, string> = {};
  for (const [key, declared] of Object.entries(file.config ?? {})) {
    const isObject = declared !== null && typeof declared === "object" && !Array.isArray(declared);
    const entry = isObject ? (declared as { default?: unknown; value?: unknown }) : { default: declared };
    const value = entry.value ?? entry.default;
    if (value !== undefined) defaults[qualified(file.name, key)] = textOf(value);
  }
  return defaults;
}

function qualified(project: string, key: string): string {
  return key.includes(":") ? key : `${project}:${key}`;
}

function isEncrypted(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.keys(value).length === 1 && "secure" in value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseFile<T>(file: string): T {
  return parse(fs.readFileSync(file, "utf8")) as T;
}
