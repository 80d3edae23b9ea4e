import { createHash } from "node:crypto";
import type { RandomSource } from "./random";
import { RANDOM_SECRETS, randomOutputs } from "./random-provider";
import { hasUnknown, type Properties, plain, Secret, UNKNOWN, type Value } from "./values";

/** A resource whose creation is played, not done. */
export interface Creation {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Properties;
  readonly additionalSecretOutputs: readonly string[];
}

export interface Outputs {
  /** Empty while unknown. */
  readonly id: string;
  readonly properties: Properties;
}

/** Properties that providers' schemas mark as secret, whether the program says so or not. */
const SCHEMA_SECRETS: Readonly<Record<string, readonly string[]>> = RANDOM_SECRETS;

/**
 * What a provider would answer in a preview: the inputs, and names that it would make up. The SDK takes everything else for
 * unknown. With `opaque` nothing at all is known, as behind a provider that is not configured yet.
 */
export function previewed(creation: Creation, opaque: boolean): Outputs {
  const known = opaque ? {} : { ...creation.inputs, ...names(creation) };
  const secrets = secretOutputs(creation).filter((key) => !(key in known));
  const properties = { ...known, ...Object.fromEntries(secrets.map((key) => [key, UNKNOWN])) };
  return { id: "", properties: withSecrets(properties, creation) };
}

/** What a provider would answer once it has created the resource; made up, but the same every time. */
export function created(creation: Creation, random: RandomSource): Outputs {
  const inputs = { ...creation.inputs, ...names(creation) };
  const { id, ...computed } = computedOutputs({ ...creation, inputs }, random);
  return { id: String(id), properties: withSecrets({ ...inputs, ...computed }, creation) };
}

function computedOutputs(creation: Creation, random: RandomSource): Properties {
  const { type, urn, inputs } = creation;
  const hash = digest(urn);
  if (type.startsWith("random:")) return randomOutputs(creation, random);
  if (type.startsWith("kubernetes:")) return kubernetesOutputs(inputs, hash);
  switch (type) {
    case "docker:index/container:Container":
      return { id: hash, bridge: "", containerLogs: "", exitCode: 0, networkDatas: [] };
    case "docker:index/network:Network":
      return { id: hash, scope: "local", ipamConfigs: [{ subnet: "172.30.0.0/16", gateway: "172.30.0.1" }] };
    case "docker:index/volume:Volume":
      return { id: text(inputs.name), mountpoint: `/var/lib/docker/volumes/${text(inputs.name)}/_data` };
    case "docker:index/remoteImage:RemoteImage":
      return { id: `sha256:${hash}`, imageId: `sha256:${hash}`, repoDigest: repoDigest(inputs, hash) };
    default:
      return { id: hash };
  }
}

/** Names that providers give when the program gives none. */
function names(creation: Creation): Properties {
  const { type, name, urn, inputs } = creation;
  if (/^docker:index\/(container:Container|network:Network|volume:Volume)$/.test(type) && inputs.name === undefined) {
    return { name: `${name}-${digest(urn).slice(0, 7)}` };
  }
  if (!type.startsWith("kubernetes:") || hasUnknown(inputs.metadata ?? null)) return {};
  const metadata = plain(inputs.metadata ?? {}) as Properties;
  const given = metadata.name ?? `${name}-${digest(urn).slice(0, 8)}`;
  return { metadata: { ...(inputs.metadata as Properties | undefined), name: given } };
}

function kubernetesOutputs(inputs: Properties, hash: string): Properties {
  const { name, namespace } = plain(inputs.metadata ?? {}) as Properties;
  const uid = hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
  const id = namespace ? `${text(namespace)}/${text(name)}` : text(name);
  return { id, metadata: { ...(inputs.metadata as Properties | undefined), uid } };
}

function repoDigest(inputs: Properties, hash: string): string {
  return `${text(inputs.name).replace(/[:@][^/]*$/, "")}@sha256:${hash}`;
}

function withSecrets(properties: Properties, creation: Creation): Properties {
  const secrets = new Set(secretOutputs(creation));
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      secrets.has(key) && !(value instanceof Secret) ? new Secret(value) : value,
    ]),
  );
}

function secretOutputs(creation: Creation): string[] {
  return [...(SCHEMA_SECRETS[creation.type] ?? []), ...creation.additionalSecretOutputs];
}

function text(value: Value | undefined): string {
  const content = plain(value ?? null);
  return typeof content === "string" ? content : "";
}

function digest(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
