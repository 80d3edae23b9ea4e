import { createHash } from "node:crypto";
import { registryOf } from "./source";

/** Milliseconds until a registry that does not answer is given up. */
const TIMEOUT = 20_000;

/** Manifests of several platforms first: one digest for all of them. */
const KINDS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Nothing answers there, as in a network without registries. */
export class Unreachable extends Error {
  constructor(
    readonly host: string,
    cause: unknown,
  ) {
    const { message, cause: deeper } = cause as Error;
    super(`${host} does not answer (${deeper instanceof Error ? deeper.message : message}).`);
  }
}

/** Where a reference points to, in the registry's own terms. */
export interface Place {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

/** `docker.io/library/redis:8` → registry-1.docker.io, library/redis, 8. */
export function placeOf(reference: string): Place {
  const host = registryOf(reference);
  const [first = "", ...rest] = reference.split("/");
  const named = first === "docker.io" || first === host ? rest.join("/") : reference;
  const at = named.lastIndexOf(":");
  const repository = at < 0 ? named : named.slice(0, at);
  return {
    host,
    repository: host === DOCKER_HUB && !repository.includes("/") ? `library/${repository}` : repository,
    tag: at < 0 ? "latest" : named.slice(at + 1),
  };
}

const DOCKER_HUB = "registry-1.docker.io";

/** The digest that a tag has now. It is computed from what the registry sends, and has to be what the registry says. */
export async function digestOf(reference: string): Promise<string> {
  const { host, repository, tag } = placeOf(reference);
  const url = `${schemeOf(host)}://${host}/v2/${repository}/manifests/${tag}`;
  const headers = { Accept: KINDS.join(", ") };
  let response = await get(url, headers);
  const challenge = response.headers.get("www-authenticate");
  if (response.status === 401 && challenge) {
    response = await get(url, { ...headers, Authorization: `Bearer ${await anonymousToken(challenge, repository)}` });
  }
  if (!response.ok) throw new Error(`${reference}: ${host} answered ${response.status} ${response.statusText}.`);
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.from(await response.arrayBuffer()))
    .digest("hex")}`;
  const said = response.headers.get("docker-content-digest") ?? digest;
  if (said !== digest) throw new Error(`${reference}: ${host} says that its digest is ${said}, and it is ${digest}.`);
  return digest;
}

/** Registries on this machine have no certificate, as Docker assumes too. */
function schemeOf(host: string): "http" | "https" {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host) ? "http" : "https";
}

/** Public images want a token all the same, which everybody gets. */
async function anonymousToken(challenge: string, repository: string): Promise<string> {
  const value = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = value("realm");
  if (!realm) throw new Error(`The registry wants a login of an unknown kind: ${challenge}`);
  const url = new URL(realm);
  const service = value("service");
  if (service) url.searchParams.set("service", service);
  url.searchParams.set("scope", value("scope") ?? `repository:${repository}:pull`);
  const response = await get(url.href, {});
  if (!response.ok) throw new Error(`${url.host} gave no token for ${repository}: ${response.status}.`);
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  return token ?? access_token ?? "";
}

async function get(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  try {
    return await fetch(url, { headers: { ...headers }, redirect: "follow", signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    throw new Unreachable(new URL(url).host, error);
  }
}
