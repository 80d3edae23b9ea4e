import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import { pipInstall } from "../core/pip";
import type { Progress } from "../core/progress";
import type { Entry } from "./archive";

/** C libraries that wheels name and that Debian's is newer than. pip looks for exactly the platforms that it is given. */
const PLATFORMS = ["2_34", "2_31", "2_28", "2_27", "2_24", "2_17"];

export const WITHOUT_PIP =
  "Images of Python applications are built with it: install it (Debian: python3-pip), then run this again.";

/** Version of the Python in a root file system's archive, such as `3.14`. */
export async function pythonVersion(archive: string): Promise<string> {
  const listing = await capture("tar", ["--list", "--file", archive]);
  const version = listing.split("\n").flatMap((name) => /usr\/bin\/python(3\.\d+)$/.exec(name)?.[1] ?? [])[0];
  if (!version) throw new Error(`${archive} has no Python.`);
  return version;
}

/** Folder with the packages of a requirements file for a Python of that version on Linux, from the cache or PyPI. */
export async function pythonPackages(requirements: string, version: string, progress: Progress): Promise<string> {
  const hash = createHash("sha256").update(fs.readFileSync(requirements)).digest("hex").slice(0, 8);
  const folder = cacheDir("python", `${version}-${process.arch}-${hash}`);
  if (fs.existsSync(folder)) return folder;
  return withLock(cacheDir("locks", "python.lock"), async () => {
    if (!fs.existsSync(folder)) {
      await progress.step("Python packages from PyPI", () => install(requirements, version, folder));
    }
    return folder;
  });
}

/** Arguments of pip for the wheels of a Python on Linux. */
export function wheelsFor(version: string, machine: "aarch64" | "x86_64"): string[] {
  return [
    ...["--python-version", version, "--implementation", "cp"],
    ...PLATFORMS.flatMap((platform) => ["--platform", `manylinux_${platform}_${machine}`]),
    ...["--platform", `manylinux2014_${machine}`],
  ];
}

async function install(requirements: string, version: string, folder: string): Promise<void> {
  const work = fs.mkdtempSync(path.join(ensureDir(path.dirname(folder)), ".packages-"));
  try {
    await pipInstall(
      path.join(work, "site"),
      [...wheelsFor(version, process.arch === "arm64" ? "aarch64" : "x86_64"), "-r", requirements],
      WITHOUT_PIP,
    );
    fs.renameSync(path.join(work, "site"), folder);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** Installed packages as files of an image: modules into `modules`, their commands into `commands`. */
export function packageEntries(folder: string, modules: string, commands: string): Entry[] {
  return filesIn(folder).map((name): Entry => {
    const file = path.join(folder, name);
    if (!name.startsWith("bin/")) return { path: `${modules}/${name}`, from: { file } };
    // pip names the Python that it ran with
    const text = fs.readFileSync(file, "utf8").replace(/^#!.*python[^\n]*/, "#!/usr/bin/python3");
    return { path: `${commands}/${name.slice("bin/".length)}`, from: { text }, mode: 0o755 };
  });
}

/** Files in a folder and those below it, relative and sorted; compiled ones are no source. */
export function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.split(path.sep).includes("__pycache__") && fs.statSync(path.join(folder, name)).isFile())
    .sort();
}
