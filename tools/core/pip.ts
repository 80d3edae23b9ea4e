import { UserError } from "./errors";
import { run, succeeds } from "./exec";
import { installPackages, isRootOnDebian } from "./system";

type Pip = readonly [string, ...string[]];

/** Wheels only, and nothing that is not named. */
const INSTALL = ["install", "--quiet", "--no-deps", "--disable-pip-version-check", "--only-binary=:all:"];

/**
 * Installs packages into a folder of their own, without compiled files.
 * @param otherwise what to do where pip is missing, for the message
 */
export async function pipInstall(target: string, args: readonly string[], otherwise: string): Promise<void> {
  const [program, ...first] = await findPip(otherwise);
  await run(program, [
    ...[...first, ...INSTALL, "--no-compile", "--no-warn-script-location", "--target", target, ...args],
  ]);
}

/** A package that an installation would take. */
export interface Selected {
  /** As PyPI compares names: lower case, `-` between words. */
  readonly name: string;
  readonly sha256: string;
}

interface Report {
  readonly install: readonly {
    readonly metadata: { readonly name: string };
    readonly download_info: { readonly archive_info?: { readonly hashes?: { readonly sha256?: string } } };
  }[];
}

/** What pip would install with these arguments. */
export async function pipSelect(args: readonly string[], otherwise: string): Promise<Selected[]> {
  const [program, ...first] = await findPip(otherwise);
  // pip wants a target together with a platform, and touches it not
  const dry = ["--dry-run", "--ignore-installed", "--target", "unused", "--report", "-"];
  const { stdout } = await run(program, [...first, ...INSTALL, ...dry, ...args]);
  return (JSON.parse(stdout) as Report).install.map(({ metadata, download_info }) => ({
    name: normalized(metadata.name),
    sha256: download_info.archive_info?.hashes?.sha256 ?? "",
  }));
}

/** A package's name as PyPI compares it. */
export function normalized(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

async function findPip(otherwise: string): Promise<Pip> {
  const candidates: readonly Pip[] = [["python3", "-m", "pip"], ["pip3"], ["pip"]];
  for (const pip of candidates) if (await succeeds(pip[0], [...pip.slice(1), "--version"])) return pip;
  if (isRootOnDebian()) {
    await installPackages(["python3-pip"]);
    return ["/usr/bin/python3", "-m", "pip"];
  }
  throw new UserError(`Python's pip is not installed. ${otherwise}`);
}
