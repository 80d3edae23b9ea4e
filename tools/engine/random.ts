import { createHash, createHmac, randomBytes } from "node:crypto";

/** Where "random" values come from. The same key has to give the same bytes for as long as the source lives. */
export interface RandomSource {
  bytes(key: string, count: number): Buffer;
}

/** Values that depend on nothing but a seed: for tests. */
export function seededRandom(seed: string): RandomSource {
  return { bytes: (key, count) => stretch(createHmac("sha256", seed).update(key).digest(), count) };
}

/** Random seeds, one per key, kept by `entries`: new keys get new ones, and values survive as long as it does. */
export function storedRandom(entries: Map<string, string>): RandomSource {
  return {
    bytes(key, count) {
      const seed = entries.get(key) ?? randomBytes(32).toString("base64");
      entries.set(key, seed);
      return stretch(Buffer.from(seed, "base64"), count);
    },
  };
}

function stretch(seed: Buffer, count: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; blocks.length * 32 < count; i++)
    blocks.push(createHash("sha256").update(seed).update(`${i}`).digest());
  return Buffer.concat(blocks).subarray(0, count);
}
