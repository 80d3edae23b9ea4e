import * as rpc from "@pulumi/pulumi/runtime/rpc";

/** A value that the program marked as secret; its plain content is `value`. */
export class Secret {
  constructor(readonly value: Value) {}

  toJSON(): unknown {
    return { "(secret)": this.value };
  }
}

/** A value that is not known yet, as computed properties are in a preview. Compare with `UNKNOWN`. */
export class Unknown {
  toJSON(): unknown {
    return "(unknown)";
  }
}
export const UNKNOWN = new Unknown();

/** A resource given as a value. */
export class Reference {
  constructor(
    readonly urn: string,
    readonly id?: Value,
  ) {}
}

/** Properties as the SDK sent them. Assets and archives are objects with `asset`: their path, text or uri. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Secret
  | Unknown
  | Reference
  | readonly Value[]
  | { readonly [key: string]: Value };
export type Properties = Readonly<Record<string, Value>>;

/** From the encoding of the engine's protocol. */
export function decode(wire: unknown): Value {
  if (wire === undefined || wire === null) return null;
  if (wire === rpc.unknownValue) return UNKNOWN;
  if (typeof wire === "string" || typeof wire === "number" || typeof wire === "boolean") return wire;
  if (Array.isArray(wire)) return wire.map(decode);
  const object = wire as Record<string, unknown>;
  switch (object[rpc.specialSigKey]) {
    case undefined:
      return mapValues(object, decode);
    case rpc.specialSecretSig:
      return new Secret(decode(object.value));
    case rpc.specialResourceSig:
      return new Reference(String(object.urn), decode(object.id));
    case rpc.specialOutputValueSig: {
      const value = "value" in object ? decode(object.value) : UNKNOWN;
      return object.secret === true ? new Secret(value) : value;
    }
    default: {
      const { [rpc.specialSigKey]: _, ...asset } = object;
      return { asset: mapValues(asset, decode) };
    }
  }
}

/** To the encoding of the engine's protocol. */
export function encode(value: Value): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Unknown) return rpc.unknownValue;
  if (value instanceof Secret) return { [rpc.specialSigKey]: rpc.specialSecretSig, value: encode(value.value) };
  if (value instanceof Reference) {
    return { [rpc.specialSigKey]: rpc.specialResourceSig, urn: value.urn, id: encode(value.id ?? null) };
  }
  if (isList(value)) return value.map(encode);
  return mapValues(value as Properties, encode);
}

/** The same without secret envelopes. Unknowns stay `UNKNOWN`. */
export function plain(value: Value): Value {
  if (value instanceof Secret) return plain(value.value);
  if (isLeaf(value)) return value;
  if (isList(value)) return value.map(plain);
  return mapValues(value as Properties, plain);
}

/** Whether the value is an unknown, or anything inside it is. */
export function hasUnknown(value: Value): boolean {
  if (value instanceof Unknown) return true;
  if (value instanceof Secret) return hasUnknown(value.value);
  if (isLeaf(value)) return false;
  return Object.values(value as object).some(hasUnknown);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Neither a list nor an object to descend into. */
export function isLeaf(value: Value): value is null | boolean | number | string | Unknown | Reference {
  return value === null || typeof value !== "object" || value instanceof Unknown || value instanceof Reference;
}

export function mapValues<A, B>(object: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
