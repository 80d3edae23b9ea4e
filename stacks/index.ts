import "./require-node";
import * as pulumi from "@pulumi/pulumi";
import { Blueprint } from "../components/core/blueprint";
import { checkName } from "../components/core/names";
import type { Problem } from "../components/core/problems";
import { readConfig, type StackConfig } from "./config";
import { cryptoViz } from "./crypto-viz";
import type { System } from "./system";
import { createTarget } from "./target";
import { checkShrink, previousVolumeSizes, volumeSizes } from "./volumes";

const SYSTEMS: Readonly<Record<NonNullable<StackConfig["system"]>, System>> = { "crypto-viz": cryptoViz };

/** Stacks of this repository, by what they deploy. A stack of another name says it in its configuration. */
const STACKS: Readonly<Record<string, NonNullable<StackConfig["system"]>>> = { dev: "crypto-viz", prod: "crypto-viz" };

async function main() {
  const stack = pulumi.getStack();
  const { config, problems } = readConfig();
  const system = config.system ?? STACKS[stack];
  const blueprint = new Blueprint(createTarget(stack, config));
  const services = system ? SYSTEMS[system](blueprint, config) : [];
  const volumes = volumeSizes(blueprint.plans());
  blueprint.deploy([...checkStack(stack, system), ...problems, ...checkShrink(await previousVolumeSizes(), volumes)]);
  return { services, volumes };
}

function checkStack(stack: string, system: string | undefined): Problem[] {
  const unknown = {
    path: "stack",
    value: stack,
    rule: `must be one of ${Object.keys(STACKS).join(", ")}, or say what it deploys`,
    fix: `Run "pulumi config set datastack:system ${Object.keys(SYSTEMS)[0]}" for a stack of your own name`,
  };
  return [...checkName("stack", stack), ...(system ? [] : [unknown])];
}

export = main;
