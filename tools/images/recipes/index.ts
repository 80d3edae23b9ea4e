import type { ImageName } from "../../../components/core/images";
import { files } from "./files";
import { kafka } from "./kafka";
import { market } from "./market";
import { alertmanager, kubeStateMetrics, nodeExporter, postgresExporter, prometheus, redisExporter } from "./programs";
import type { Recipe } from "./recipe";
import { redis } from "./redis";
import { timescaledb } from "./timescaledb";

export { kafkaJars } from "./kafka";
export type { Recipe } from "./recipe";

/** The images that this project can build. */
export const RECIPES: Readonly<Partial<Record<ImageName, Recipe>>> = {
  kafka,
  prometheus,
  nodeExporter,
  timescaledb,
  redis,
  redisExporter,
  postgresExporter,
  alertmanager,
  kubeStateMetrics,
  market,
  files,
};
