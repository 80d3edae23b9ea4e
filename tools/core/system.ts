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

/** Installs Debian packages with their required dependencies only; fetches the package lists when apt does not know them. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  // a lock held by an unattended upgrade is waited for
  const options = ["-o", "DPkg::Lock::Timeout=300"];
  try {
    await run("apt-get", [...options, ...install], { env });
  } catch {
    await run("apt-get", [...options, "update", "-q"], { env });
    await run("apt-get", [...options, ...install], { env });
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
