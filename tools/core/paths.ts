import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The checkout. */
export const ROOT = path.resolve(__dirname, "../..");

/** A path inside the checkout. */
export function inRoot(...parts: string[]): string {
  return path.join(ROOT, ...parts);
}

/**
 * What can be had again: built programs, image sources. Safe to delete.
 * @default $DATASTACK_CACHE, else $XDG_CACHE_HOME/datastack, else ~/.cache/datastack
 */
export function cacheDir(...parts: string[]): string {
  const base = process.env.DATASTACK_CACHE || path.join(process.env.XDG_CACHE_HOME || home(".cache"), "datastack");
  return path.join(path.resolve(base), ...parts);
}

/**
 * What cannot be had again: Pulumi state, passphrases, configuration copies. To be backed up.
 * @default $DATASTACK_HOME, else $XDG_DATA_HOME/datastack, else ~/.local/share/datastack
 */
export function dataDir(...parts: string[]): string {
  const base = process.env.DATASTACK_HOME || path.join(process.env.XDG_DATA_HOME || home(".local/share"), "datastack");
  return path.join(path.resolve(base), ...parts);
}

/** Where the user typed the command: npm changes to the checkout first and keeps the original in INIT_CWD. */
export function userPath(given: string): string {
  return path.resolve(process.env.INIT_CWD || process.cwd(), given);
}

/** Creates the directory when it is missing (0700 below the data directory, which holds secrets) and returns it. */
export function ensureDir(dir: string): string {
  const secret = dir === dataDir() || dir.startsWith(dataDir() + path.sep);
  fs.mkdirSync(dir, { recursive: true, ...(secret ? { mode: 0o700 } : {}) });
  return dir;
}

function home(below: string): string {
  return path.join(os.homedir(), below);
}
