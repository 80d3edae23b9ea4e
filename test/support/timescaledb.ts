import { imageCatalogue } from "../../components/core/images";
import type { TimescaleDBArgs } from "../../components/timescaledb";
import { target } from "./kafka";

/** An image of a registry, which has both editions, and one that was built here. */
export const images = imageCatalogue();
export const local = imageCatalogue({ timescaledb: "datastack.local/timescaledb:18" });

export function databaseArgs(args: Partial<TimescaleDBArgs> = {}): TimescaleDBArgs {
  return { target, images, database: "market", ...args };
}
