import * as fs from "node:fs";
import { run } from "./exec";

/** Whether this is Debian or one of its children, such as Ubuntu. */
export function isDebian(osRelease = read("/etc/os-release")): boolean {
  const ids = /^ID(?:_LIKE)?=.*$/gm;
  return (osRelease.match(ids) ?? []).some((line) => /\b(debian|ubuntu)\b/.test(line));
}

/** Whether packages can be installed here without asking anybody for rights. */
export function isRootOnDebian(): boolean {
  return process.getuid?.() === 0 && isDebian();
}

/** Whether systemd runs this machine, so that services are its business. */
export function hasSystemd(): boolean {
  return fs.existsSync("/run/systemd/system");
}

let apt: Promise<unknown> = Promise.resolve();

/** One at a time: the lists have a lock that apt does not wait for. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = apt.then(work);
  apt = done.catch(() => undefined);
  return done;
}

// a lock held by an unattended upgrade is waited for
const APT = ["-q", "-o", "DPkg::Lock::Timeout=300"];

/** Fetches the package lists. */
export function updatePackageLists(): Promise<void> {
  return inTurn(async () => void (await run("apt-get", [...APT, "update"])));
}

/** Installs Debian packages with their required dependencies only; fetches the package lists when apt does not know them. */
export function installPackages(packages: readonly string[]): Promise<void> {
  const install = [...APT, "install", "-y", "--no-install-recommends", ...packages];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  return inTurn(async () => {
    try {
      await run("apt-get", install, { env });
    } catch {
      await run("apt-get", [...APT, "update"]);
      await run("apt-get", install, { env });
    }
  });
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
