import type { RandomSource } from "./random";
import { type Properties, plain } from "./values";

/** Outputs of `@pulumi/random` that its schema marks as secret. */
export const RANDOM_SECRETS: Readonly<Record<string, readonly string[]>> = {
  "random:index/randomPassword:RandomPassword": ["result", "bcryptHash"],
  "random:index/randomBytes:RandomBytes": ["base64", "hex"],
};

/** Stands where a bcrypt hash would be: nothing here computes one, so no manifest may carry it. */
export const NO_BCRYPT = "$2a$10$not-computed-by-the-recording-engine";

const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = UPPER.toLowerCase();
const DIGITS = "0123456789";

interface Request {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Properties;
}

/** What `@pulumi/random` would answer. Changed inputs give another value, as they would by replacement. */
export function randomOutputs({ urn, type, inputs: given }: Request, random: RandomSource): Properties {
  const inputs = plain(given) as Readonly<Record<string, unknown>>;
  const key = `${urn} ${JSON.stringify(Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
  const count = (name: string): number => Number(inputs[name] ?? 0);
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { id: "none", result: characters(inputs, key, random), bcryptHash: NO_BCRYPT };
    case "random:index/randomString:RandomString": {
      const result = characters(inputs, key, random);
      return { id: result, result };
    }
    case "random:index/randomId:RandomId": {
      const bytes = random.bytes(key, count("byteLength"));
      const prefix = String(inputs.prefix ?? "");
      const b64Url = prefix + bytes.toString("base64url");
      const dec = prefix + BigInt(`0x${bytes.toString("hex") || "0"}`).toString();
      return {
        id: b64Url,
        b64Url,
        b64Std: prefix + bytes.toString("base64"),
        hex: prefix + bytes.toString("hex"),
        dec,
      };
    }
    case "random:index/randomBytes:RandomBytes": {
      const bytes = random.bytes(key, count("length"));
      return { id: "none", base64: bytes.toString("base64"), hex: bytes.toString("hex") };
    }
    case "random:index/randomInteger:RandomInteger": {
      const span = count("max") - count("min") + 1;
      const result = count("min") + (random.bytes(key, 4).readUInt32BE() % span);
      return { id: String(result), result };
    }
    case "random:index/randomUuid:RandomUuid":
    case "random:index/randomUuid4:RandomUuid4": {
      const result = uuid(random.bytes(key, 16));
      return { id: result, result };
    }
    default:
      throw new Error(`${type} is not known to the recording engine. Add it to tools/engine/random-provider.ts.`);
  }
}

/** The same rules as upstream: the minimum of each kind, the rest of all allowed ones, shuffled. */
function characters(inputs: Readonly<Record<string, unknown>>, key: string, random: RandomSource): string {
  const allowed = (name: string): boolean => inputs[name] !== false;
  const special =
    typeof inputs.overrideSpecial === "string" && inputs.overrideSpecial ? inputs.overrideSpecial : SPECIAL;
  const kinds: readonly (readonly [string, boolean, unknown])[] = [
    [special, allowed("special"), inputs.minSpecial],
    [UPPER, allowed("upper"), inputs.minUpper],
    [LOWER, allowed("lower"), inputs.minLower],
    [DIGITS, allowed("numeric") && allowed("number"), inputs.minNumeric],
  ];
  const all = kinds.map(([letters, use]) => (use ? letters : "")).join("");
  const length = Number(inputs.length ?? 0);
  const bytes = random.bytes(key, length * 8);
  // four bytes for a choice among fewer than a hundred: the bias is below one in ten million
  const choose = (index: number, options: number): number => bytes.readUInt32BE(index * 4) % options;
  const wanted = kinds.flatMap(([letters, , minimum]) => new Array<string>(Number(minimum ?? 0)).fill(letters));
  const pools = [...wanted, ...new Array<string>(Math.max(0, length - wanted.length)).fill(all)].slice(0, length);
  const chosen = pools.map((letters, i) => letters.charAt(choose(i, letters.length)));
  for (let i = length - 1; i > 0; i--) {
    const j = choose(length + i, i + 1);
    [chosen[i], chosen[j]] = [chosen[j] ?? "", chosen[i] ?? ""];
  }
  return chosen.join("");
}

function uuid(bytes: Buffer): string {
  const b = Buffer.from(bytes);
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  return b.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
