import type { ImageName } from "../../../components/core/images";
import { kafka } from "./kafka";
import { nodeExporter, prometheus } from "./programs";
import type { Recipe } from "./recipe";

export { kafkaJars } from "./kafka";
export type { Recipe } from "./recipe";

/** The images that this project can build. */
export const RECIPES: Readonly<Partial<Record<ImageName, Recipe>>> = { kafka, prometheus, nodeExporter };
