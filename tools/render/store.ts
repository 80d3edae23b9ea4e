import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../core/errors";
import { dataDir, ensureDir } from "../core/paths";
import { type RandomSource, storedRandom } from "../engine/random";

/** Random values of one stack's manifests, kept in a private file so that every render gives the same. */
export class RandomStore {
  readonly file: string;
  readonly #entries: Map<string, string>;
  readonly #before: string;

  /** @param file @default <data directory>/render/<stack>.json */
  constructor(stack: string, file = dataDir("render", `${stack}.json`)) {
    this.file = file;
    this.#before = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    this.#entries = new Map(Object.entries(this.#parse()));
  }

  get source(): RandomSource {
    return storedRandom(this.#entries);
  }

  /** Whether the stack has any random value. */
  get used(): boolean {
    return this.#entries.size > 0;
  }

  /** Writes what is new, before anything that was made from it is. */
  save(): void {
    const text = `${JSON.stringify({ seeds: Object.fromEntries([...this.#entries].sort()) }, null, 2)}\n`;
    if (this.#entries.size === 0 || text === this.#before) return;
    ensureDir(path.dirname(this.file));
    writePrivate(this.file, text);
  }

  #parse(): Record<string, string> {
    if (this.#before === "") return {};
    try {
      const { seeds } = JSON.parse(this.#before) as { seeds?: Record<string, string> };
      if (seeds && typeof seeds === "object") return seeds;
    } catch {
      // said below
    }
    throw new UserError(
      `${this.file} is damaged. It holds the generated passwords of this stack: restore it from a backup.`,
    );
  }
}

/** Replaces a file that only its owner may read, all at once. */
export function writePrivate(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.rmSync(temporary, { force: true });
  fs.writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
  fs.renameSync(temporary, file);
}
