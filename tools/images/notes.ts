import { IMAGES, type ImageName } from "../../components/core/images";
import type { ImageSettings } from "./references";

/** One line per image that is left out, with what to do about it. */
export function leftOutNotes(leftOut: readonly ImageName[]): string[] {
  return leftOut.map(
    (name) =>
      `The stack goes without ${name}: its image ${IMAGES[name].registry} can only be pulled, and here is no registry to pull it ` +
      `from. Name a reference that can be pulled in datastack:images.${name}, or load that one into the Docker engine (docker load).`,
  );
}

/** What the operator of a cluster has to know about images: those that are left out, and those that no registry has. */
export function imageNotes({ references, leftOut }: ImageSettings): string[] {
  const built = (Object.keys(references) as ImageName[]).filter((name) => IMAGES[name].registry === undefined);
  return [
    ...leftOutNotes(leftOut),
    ...built.map(
      (name) =>
        `No registry has ${name}: "npm run images -- build" makes ${references[name]} of this checkout. Push it to a registry of ` +
        `yours and name it in datastack:images.${name}, or load it into the nodes.`,
    ),
  ];
}
