import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture, run, which } from "../core/exec";
import { cacheDir, ensureDir } from "../core/paths";
import { updatePackageLists } from "../core/system";
import type { Entry } from "./archive";
import { type ImageUser, systemEntries } from "./system";

let busybox: Promise<string> | undefined;

/** A statically linked busybox: the shell, wget and the like of images that hold one Go program. */
export function staticBusybox(): Promise<string> {
  busybox ??= find();
  return busybox;
}

async function find(): Promise<string> {
  const file = cacheDir("busybox", "busybox");
  if (fs.existsSync(file)) return file;
  if (!which("apt-get") || !which("dpkg-deb")) {
    throw new UserError(
      "Images can be built without a registry only on Debian and its children (busybox-static and mmdebstrap come from " +
        "there). Use a registry: --images=registry.",
    );
  }
  const work = fs.mkdtempSync(path.join(ensureDir(path.dirname(path.dirname(file))), ".busybox-"));
  try {
    await aptDownload("busybox-static", work);
    const deb = fs.readdirSync(work).find((name) => name.endsWith(".deb"));
    if (!deb) throw new Error("apt-get download busybox-static left no package");
    await run("dpkg-deb", ["-x", path.join(work, deb), path.join(work, "root")]);
    // newer Debian puts it below /usr
    const program = ["bin/busybox", "usr/bin/busybox"]
      .map((p) => path.join(work, "root", p))
      .find((p) => fs.existsSync(p));
    if (!program) throw new Error("the package busybox-static has no busybox");
    ensureDir(path.dirname(file));
    fs.renameSync(program, file);
    return file;
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** busybox with a link for each of its commands, and what a root file system has to have. */
export async function busyboxEntries(user: ImageUser): Promise<Entry[]> {
  const file = await staticBusybox();
  const applets = (await capture(file, ["--list"])).split("\n").filter((applet) => applet && applet !== "busybox");
  return [
    { path: "/bin/busybox", from: { file }, mode: 0o755 },
    ...applets.map((applet): Entry => ({ path: `/bin/${applet}`, from: { link: "busybox" } })),
    { path: "/tmp", mode: 0o1777 },
    ...systemEntries(user),
  ];
}

async function aptDownload(name: string, cwd: string): Promise<void> {
  try {
    await run("apt-get", ["download", "-q", name], { cwd });
  } catch {
    // a machine that has never fetched the package lists
    await updatePackageLists();
    await run("apt-get", ["download", "-q", name], { cwd });
  }
}
