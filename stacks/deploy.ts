import * as pulumi from "@pulumi/pulumi";
import { checkImageReference } from "../components/core/images";
import { checkName } from "../components/core/names";
import type { Problem } from "../components/core/problems";
import { PROJECT, readConfig } from "./config";
import { checkBuilt } from "./images";
import { pinnedImages } from "./images-lock";
import { declareStack, STACKS, SYSTEMS, systemOf } from "./systems";
import { checkShrink, previousVolumes, volumesOf } from "./volumes";

/** The program of every stack: reads the configuration, declares, checks everything, and only then registers. */
export async function deployStack() {
  const stack = pulumi.getStack();
  const { config, problems } = readConfig();
  const { blueprint, services } = declareStack(stack, config);
  const plans = blueprint.plans();
  const volumes = volumesOf(plans);
  blueprint.deploy([
    ...checkStack(stack, systemOf(stack, config) !== undefined),
    ...problems,
    ...Object.entries(config.images).flatMap(([name, reference]) =>
      checkImageReference(`${PROJECT}:images.${name}`, reference),
    ),
    ...pinnedImages().problems,
    // what is wrong in the configuration is its default here, which says nothing about images and volumes
    ...(problems.length === 0 ? [...checkBuilt(config, plans), ...checkShrink(await previousVolumes(), volumes)] : []),
  ]);
  const generated = plans.some((plan) => plan.secrets?.length);
  return { services, volumes, ...(generated ? { passwords: blueprint.target.secrets.passwords } : {}) };
}

function checkStack(stack: string, known: boolean): Problem[] {
  const unknown = {
    path: "stack",
    value: stack,
    rule: `must be one of ${Object.keys(STACKS).join(", ")}, or say what it deploys`,
    fix: `Run "pulumi config set datastack:system ${Object.keys(SYSTEMS)[0]}" for a stack of your own name`,
  };
  return [...checkName("stack", stack), ...(known ? [] : [unknown])];
}
