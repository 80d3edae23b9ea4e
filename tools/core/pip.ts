import { UserError } from "./errors";
import { run, succeeds } from "./exec";
import { installPackages, isRootOnDebian } from "./system";

type Pip = readonly [string, ...string[]];

/**
 * Installs packages into a folder of their own: wheels only, nothing that they do not name, no compiled files.
 * @param otherwise what to do where pip is missing, for the message
 */
export async function pipInstall(target: string, args: readonly string[], otherwise: string): Promise<void> {
  const [program, ...first] = await findPip(otherwise);
  await run(program, [
    ...[...first, "install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"],
    ...["--no-warn-script-location", "--only-binary=:all:", "--target", target, ...args],
  ]);
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
