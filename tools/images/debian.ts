import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { run, which } from "../core/exec";
import { withLock } from "../core/lock";
import { cacheDir, ensureDir } from "../core/paths";
import type { Progress } from "../core/progress";
import { installPackages, isRootOnDebian } from "../core/system";
import type { Entry } from "./archive";
import { type ImageUser, systemEntries } from "./system";

/** A Debian root file system. */
export interface Root {
  readonly name: string;
  /** Packages besides the essential ones. */
  readonly packages: readonly string[];
  /** Whom the image runs as; has a name, so that programs that ask for one get it. */
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number };
  /**
   * Packages are unpacked and nothing more, which takes half the time and leaves no trace of an installation: for software that
   * needs none of what the packages' scripts do. Its image adds `extractedEntries`. @default they are installed
   */
  readonly extracted?: {
    /** Paths that are left out, with `*` for anything. */
    readonly without: readonly string[];
  };
}

/** What shell scripts may rely on in a root file system of unpacked packages. */
const BASE = "base-files bash coreutils dash findutils grep gzip hostname libc-bin mawk sed tar".split(" ");

/** Left out everywhere. */
const WITHOUT = ["doc", "man", "locale", "info", "i18n", "lintian", "bash-completion", "zsh"];

/** What the scripts of packages would have made. */
export function extractedEntries(user: ImageUser): Entry[] {
  return [...systemEntries(user), { path: "/usr/bin/awk", from: { link: "mawk" } }];
}

/** Debian's rolling release: the one with current versions of everything. */
const SUITE = "sid";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The archive of a root file system, from the cache or made by mmdebstrap. */
export async function debianRoot(root: Root, progress: Progress): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(root)).digest("hex").slice(0, 8);
  const file = cacheDir("roots", `${SUITE}-${root.name}-${hash}-${process.arch}.tar`);
  if (fs.existsSync(file)) return file;
  return withLock(cacheDir("locks", `root-${root.name}.lock`), async () => {
    if (!fs.existsSync(file)) await make(root, file, progress);
    return file;
  });
}

/** Whether a root file system can be made here without asking anybody for anything. */
export function canMakeRoots(): boolean {
  return isRootOnDebian() || (which("mmdebstrap") !== undefined && fs.existsSync(KEYRING));
}

async function make(root: Root, file: string, progress: Progress): Promise<void> {
  const needed = [
    ...(which("mmdebstrap") ? [] : ["mmdebstrap"]),
    ...(fs.existsSync(KEYRING) ? [] : ["debian-archive-keyring"]),
  ];
  if (needed.length > 0) {
    if (!isRootOnDebian()) {
      throw new UserError(
        `Images are built with mmdebstrap where no registry can be reached. Run: sudo apt-get install -y ${needed.join(" ")}`,
      );
    }
    await progress.step(`Install ${needed.join(", ")}`, () => installPackages(needed));
  }
  const partial = `${file}.${process.pid}.partial`;
  ensureDir(path.dirname(file));
  try {
    await progress.step(`Debian root file system with ${root.packages.join(", ")}`, (step) =>
      run(
        "mmdebstrap",
        [
          ...["--format=tar", `--keyring=${KEYRING}`, ...(root.extracted ? extract(root) : install(root))],
          // mirrors may lag behind the signature's date
          '--aptopt=Acquire::Check-Valid-Until "false"',
          ...[SUITE, partial, archiveMirror()],
        ],
        { onLine: (line) => step.detail(line.replace(/^[IW]: /, "").slice(0, 60)) },
      ),
    );
    fs.renameSync(partial, file);
  } finally {
    fs.rmSync(partial, { force: true });
  }
}

function install({ packages, user }: Root): string[] {
  return [
    ...["--variant=essential", `--include=${packages.join(",")}`],
    ...WITHOUT.slice(0, 4).map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`),
    // alternatives of Java insist on a folder for its manual page
    '--setup-hook=mkdir -p "$1/usr/share/man/man1"',
    `--customize-hook=echo '${user.name}:x:${user.uid}:${user.gid}::/:/bin/false' >> "$1/etc/passwd"`,
    `--customize-hook=echo '${user.name}:x:${user.gid}:' >> "$1/etc/group"`,
    '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/debconf/* "$1"/var/log/*',
  ];
}

function extract({ packages, extracted }: Root): string[] {
  const without = [...WITHOUT.map((part) => `/usr/share/${part}/*`), ...(extracted?.without ?? [])];
  return [
    ...["--variant=extract", `--include=${[...BASE, ...packages].join(",")}`],
    ...without.map((path) => `--dpkgopt=path-exclude=${path}`),
  ];
}

/** The mirror that this machine's apt uses for Debian, so that a company's own is used; else Debian's. */
export function archiveMirror(sources = aptSources()): string {
  const uris = sources.match(/https?:\/\/[^\s\]]+\/debian\/?(?=\s|$)/gm) ?? [];
  return uris[0] ?? "http://deb.debian.org/debian";
}

function aptSources(): string {
  const dir = "/etc/apt/sources.list.d";
  const files = fs.existsSync(dir) ? fs.readdirSync(dir).map((name) => path.join(dir, name)) : [];
  return ["/etc/apt/sources.list", ...files.sort()]
    .filter((file) => fs.existsSync(file) && /\.(list|sources)$/.test(file))
    .flatMap((file) => fs.readFileSync(file, "utf8").split("\n"))
    .filter((line) => !line.trimStart().startsWith("#"))
    .join("\n");
}
