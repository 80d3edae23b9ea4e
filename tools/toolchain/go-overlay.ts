import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../core/exec";

/**
 * A copy of a module's source with files of ours in place of its own: for one whose published source lacks what its release is
 * built with. Go itself lays no file over a module that it has downloaded.
 */
export async function overlaid(
  go: string,
  wrapper: string,
  module: string,
  work: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const copy = path.join(work, "source");
  fs.cpSync(await downloaded(go, wrapper, module, env), copy, { recursive: true });
  // the module cache is read-only
  const folders = [copy, ...fs.readdirSync(copy, { recursive: true, encoding: "utf8" }).map((p) => path.join(copy, p))];
  for (const entry of folders) fs.chmodSync(entry, fs.statSync(entry).isDirectory() ? 0o755 : 0o644);
  fs.cpSync(path.join(wrapper, "overlay"), copy, { recursive: true });
  return copy;
}

/** Folder with the source of a module (`path@version`), checked against the wrapper's go.sum. */
export async function downloaded(
  go: string,
  wrapper: string,
  module: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await run(go, ["mod", "download", "-json", module], { cwd: wrapper, env });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
