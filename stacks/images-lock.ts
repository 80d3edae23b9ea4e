import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { IMAGES, type ImageName, type ImageOverrides } from "../components/core/images";
import type { Problem } from "../components/core/problems";

/** What `npm run images:pin` writes, at the top of the checkout: digests of the catalogue's images. */
export const LOCK_FILE = "images.lock.json";

const lockSchema = z.record(
  z.string(),
  z.strictObject({ reference: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
);

/** By image: the catalogue's reference, and the digest that its tag had. */
export type ImageLock = Readonly<Record<string, { readonly reference: string; readonly digest: string }>>;

const AGAIN = 'Run "npm run images:pin" again and commit the file, or delete it to go by tags';

/** The references that a stack uses in place of the catalogue's, where they are pinned. */
export function pinnedImages(file = path.resolve(__dirname, "..", LOCK_FILE)): {
  readonly images: ImageOverrides;
  readonly problems: readonly Problem[];
} {
  if (!fs.existsSync(file)) return { images: {}, problems: [] };
  const lock = parse(fs.readFileSync(file, "utf8"));
  if (!lock) return { images: {}, problems: [{ path: LOCK_FILE, rule: "is not what images:pin writes", fix: AGAIN }] };
  const pins = Object.entries(lock);
  return {
    images: Object.fromEntries(pins.map(([name, { reference, digest }]) => [name, `${reference}@${digest}`])),
    problems: [
      ...pins.flatMap(([name, { reference }]) => {
        const wanted = IMAGES[name as ImageName]?.registry;
        if (reference === wanted) return [];
        const rule = wanted ? `is not the catalogue's image (${wanted})` : "is no image of a registry in the catalogue";
        return [{ path: `${LOCK_FILE}: ${name}`, value: reference, rule, fix: AGAIN }];
      }),
      ...(Object.keys(IMAGES) as ImageName[])
        .filter((name) => IMAGES[name].registry !== undefined && !(name in lock))
        .map((name) => ({ path: `${LOCK_FILE}: ${name}`, rule: "is missing, and so would go by its tag", fix: AGAIN })),
    ],
  };
}

function parse(text: string): ImageLock | undefined {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
