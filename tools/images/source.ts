import { IMAGES, type ImageName } from "../../components/core/images";
import { pinnedImages } from "../../stacks/images-lock";
import { answers } from "../core/download";

/** Where images come from: their registries, this machine's own builds, or whichever can be had. */
export type ImageSource = "auto" | "registry" | "local";

export const IMAGE_SOURCES: readonly ImageSource[] = ["auto", "registry", "local"];

export const IMAGE_NAMES = Object.keys(IMAGES) as ImageName[];

/** `auto` decided: the registries if those of all these images answer, else local builds. */
export async function chooseSource(
  source: ImageSource,
  names: readonly ImageName[] = IMAGE_NAMES,
): Promise<"registry" | "local"> {
  if (source !== "auto") return source;
  const registries = new Set(registryReferences(names).map(registryOf));
  const reached = await Promise.all([...registries].map(async (registry) => registryAnswers(registry)));
  return reached.every(Boolean) ? "registry" : "local";
}

/** Upstream's references of those images that have one, as the stacks use them: with its digest, where one is pinned. */
export function registryReferences(names: readonly ImageName[]): string[] {
  return names.flatMap((name) => registryReference(name) ?? []);
}

export function registryReference(name: ImageName): string | undefined {
  return pinnedImages().images[name] ?? IMAGES[name].registry;
}

/** Host of an image's registry, as the engine reads a reference. */
export function registryOf(reference: string): string {
  const first = reference.split("/")[0] ?? "";
  const isHost = reference.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  return isHost && first !== "docker.io" ? first : "registry-1.docker.io";
}

/** A registry answers its API's root with 200, or with 401 for those that want a token. */
async function registryAnswers(host: string): Promise<boolean> {
  return answers(`https://${host}/v2/`, [401]);
}
