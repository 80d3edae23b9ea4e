import { createHash } from "node:crypto";
import type { Recording, Registration } from "../../tools/engine/recording";
import { isLeaf, isList, type Properties, Secret, type Value } from "../../tools/engine/values";

/** Shorter values are words that may well appear elsewhere. */
const SHORTEST = 8;

/** Part of a digest that is taken for it: people shorten them. */
const DIGEST_PREFIX = 16;

/** Where everybody who may list containers or pods can read, so that not even an envelope helps. */
const PUBLIC_INPUTS: Readonly<Record<string, readonly string[]>> = {
  "docker:index/container:Container": ["command", "entrypoints", "labels", "name", "hostname", "healthcheck"],
  "docker:index/network:Network": ["labels", "name"],
  "docker:index/volume:Volume": ["labels", "name"],
};

/** Marks a path whose text is the name of a property. */
const KEY = " (key)";

export interface Leak {
  /** URN and property, or which message. */
  readonly where: string;
  /** What of the secret is there, such as `base64` or `sha256 (hex)`. */
  readonly form: string;
}

/**
 * Where a secret value of this recording, or something from which it can be found, is outside of secret envelopes: in any
 * input, output, name or message. Inside of one it must not be public either: no argument, label or object other than a Secret.
 * @param more secret values that the recording does not show to be ones
 */
export function findLeaks(recording: Recording, more: readonly string[] = []): Leak[] {
  const forms = [...secretsOf(recording), ...more].flatMap(derived);
  const found: Leak[] = [];
  const search = (where: string, text: string, among = forms): void => {
    for (const { form, pattern } of among) if (text.includes(pattern)) found.push({ where, form });
  };
  const raw = forms.filter((f) => !f.digest);
  for (const r of recording.resources) {
    search(`name of ${r.urn}`, r.urn);
    const everywhere = { ...prefixed("input", r.inputs), ...prefixed("output", r.outputs ?? {}) };
    for (const [path, text, secret] of texts(everywhere)) {
      if (!secret) search(`${r.urn} ${path}`, text);
      else if (isPublic(r, path)) search(`${r.urn} ${path} (in an envelope, but public)`, text, raw);
    }
    search(`options of ${r.urn}`, JSON.stringify(r.options));
  }
  for (const log of recording.logs) search(`message: ${log.message.slice(0, 20)}…`, log.message);
  return found;
}

/** How many secret values a recording has: a check of none proves nothing. */
export function secretsOf(recording: Recording): Set<string> {
  const secrets = new Set<string>();
  const add = (text: string): void => {
    if (text.length >= SHORTEST) secrets.add(text);
  };
  for (const r of recording.resources) {
    // an envelope around a structure may hold anything, such as paths; one around a text is about that text
    for (const secret of [...envelopes(r.inputs), ...envelopes(r.result.properties), ...envelopes(r.outputs ?? {})]) {
      if (typeof secret.value === "string") add(secret.value);
    }
    if (r.type !== "kubernetes:core/v1:Secret") continue;
    for (const [path, text] of texts({ data: r.inputs.data ?? {}, stringData: r.inputs.stringData ?? {} })) {
      if (!path.endsWith(KEY)) add(path.startsWith("data.") ? Buffer.from(text, "base64").toString() : text);
    }
  }
  return secrets;
}

interface Form {
  readonly form: string;
  readonly pattern: string;
  readonly digest: boolean;
}

function derived(secret: string): Form[] {
  const bytes = Buffer.from(secret);
  // base64 of a text that contains it, wherever in it: the three alignments, without the characters that the neighbours share
  const inBase64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(Math.ceil((shift * 4) / 3), Math.floor(((shift + bytes.length) * 4) / 3) - 1);
  });
  const digests = ["sha256", "sha1", "md5", "sha512"].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(secret).digest();
    return [
      { form: `${algorithm} (hex)`, pattern: digest.toString("hex").slice(0, DIGEST_PREFIX), digest: true },
      { form: `${algorithm} (base64)`, pattern: digest.toString("base64").slice(0, DIGEST_PREFIX), digest: true },
      { form: `${algorithm} (base64url)`, pattern: digest.toString("base64url").slice(0, DIGEST_PREFIX), digest: true },
    ];
  });
  const plainForms: [string, string][] = [
    ["raw", secret],
    ["url-encoded", encodeURIComponent(secret)],
    ["in JSON", JSON.stringify(secret).slice(1, -1)],
    ["hex", bytes.toString("hex")],
    ["reversed", [...secret].reverse().join("")],
    ...inBase64.flatMap((pattern): [string, string][] => [
      ["base64", pattern],
      ["base64url", pattern.replaceAll("+", "-").replaceAll("/", "_")],
    ]),
  ];
  const unique = new Map(plainForms.map(([form, pattern]) => [pattern, form]).reverse() as [string, string][]);
  return [...[...unique].map(([pattern, form]) => ({ form, pattern, digest: false })), ...digests];
}

function isPublic(registration: Registration, path: string): boolean {
  if (!path.startsWith("input.")) return false;
  if (registration.type.startsWith("kubernetes:")) return registration.type !== "kubernetes:core/v1:Secret";
  return (PUBLIC_INPUTS[registration.type] ?? []).some((key) => new RegExp(`^input\\.${key}\\b`).test(path));
}

function prefixed(prefix: string, properties: Properties): Properties {
  return { [prefix]: properties };
}

/** Every text in a value, keys of objects too, with its path and whether it is inside an envelope. */
function* texts(value: Value, path = "", secret = false): Generator<[string, string, boolean]> {
  if (value instanceof Secret) return yield* texts(value.value, path, true);
  if (isLeaf(value)) {
    if (typeof value === "string" || typeof value === "number") yield [path, String(value), secret];
    return;
  }
  const entries = isList(value) ? [...value.entries()] : Object.entries(value as Properties);
  for (const [key, inner] of entries) {
    const at = path ? `${path}.${key}` : String(key);
    if (typeof key === "string") yield [`${at}${KEY}`, key, secret];
    yield* texts(inner, at, secret);
  }
}

function envelopes(value: Value): Secret[] {
  if (value instanceof Secret) return [value];
  if (isLeaf(value)) return [];
  return Object.values(value as Properties).flatMap(envelopes);
}
