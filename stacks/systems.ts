import { Blueprint } from "../components/core/blueprint";
import type { StackConfig } from "./config";
import { cryptoViz } from "./crypto-viz";
import { gauzian } from "./gauzian";
import { pinnedImages } from "./images-lock";
import { kafkaOnly } from "./kafka";
import type { System } from "./system";
import { createTarget } from "./target";

export const SYSTEMS: Readonly<Record<NonNullable<StackConfig["system"]>, System>> = {
  "crypto-viz": cryptoViz,
  gauzian,
  kafka: kafkaOnly,
};

/** Stacks of this repository, by what they deploy. A stack of another name says it in its configuration. */
export const STACKS: Readonly<Record<string, NonNullable<StackConfig["system"]>>> = {
  dev: "crypto-viz",
  prod: "crypto-viz",
  gauzian: "gauzian",
};

/** What a stack deploys, if anything says so. */
export function systemOf(stack: string, config: StackConfig): System | undefined {
  const system = config.system ?? STACKS[stack];
  return system && SYSTEMS[system];
}

/** The components of a stack, declared on its target; nothing is registered. */
export function declareStack(
  stack: string,
  config: StackConfig,
  blueprint = new Blueprint(createTarget(stack, config)),
) {
  const images = { ...pinnedImages().images, ...config.images };
  const services = systemOf(stack, config)?.(blueprint, { ...config, images }) ?? [];
  return { blueprint, services };
}
