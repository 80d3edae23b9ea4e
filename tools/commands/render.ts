import * as path from "node:path";
import { parse as parseYaml } from "yaml";
import { PROJECT, parseConfig } from "../../stacks/config";
import { ownImages } from "../../stacks/images";
import { declareStack } from "../../stacks/systems";
import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { inRoot, ROOT, userPath } from "../core/paths";
import { Progress } from "../core/progress";
import { readConfig, readProject } from "../engine/project";
import { imageNotes, imageSettings } from "../images";
import { isDeployedHere, writeConfigCopy } from "../pulumi/home";
import { imageValues, textsOf } from "../pulumi/stack-config";
import { type ProgramOptions, type Rendered, recordStack, render, SCRIPT } from "../render/render";

export function register(program: Command): void {
  program
    .command("render")
    .description(
      "write the manifests of a Kubernetes stack, one YAML file per object; needs no cluster and no credentials",
    )
    .argument("<stack>", "stack with datastack:target kubernetes, such as prod")
    .requiredOption("-o, --out <folder>", "folder for the manifests; emptied of those of an earlier render")
    .option("-s, --secrets <file>", "also write the Secrets, in plain text, into this file (0600)")
    .option("-c, --config <key=value...>", "configuration in place of the one in Pulumi.<stack>.yaml", collect)
    .option("--config-file <file>", "configuration file in place of Pulumi.<stack>.yaml")
    .option(
      "--images <source>",
      "registry, or local: those that this machine builds where no registry answers",
      "registry",
    )
    .action(async (stack: string, options: CommandOptions) => {
      const out = userPath(options.out);
      const secrets = options.secrets === undefined ? undefined : userPath(options.secrets);
      const { notes, ...program } = programOf(stack, options);
      const rendered = await new Progress().step(`Manifests of ${stack}`, () =>
        render({ stack, out, ...(secrets === undefined ? {} : { secrets }) }, (random, previous) =>
          recordStack(program, random, previous),
        ),
      );
      const deployed = isDeployedHere(PROJECT, stack)
        ? [
            `Stack ${stack} is deployed by Pulumi from here, and not to be applied as well: check and restore go by that.`,
          ]
        : [];
      if (deployed.length === 0) remember(program);
      process.stdout.write(`${[...notes, ...deployed, ...report(rendered, out, secrets)].join("\n")}\n`);
    });
}

interface CommandOptions {
  readonly out: string;
  readonly secrets?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly configFile?: string;
  readonly images: string;
}

/**
 * The program with its configuration, and what is to be said about its images. Local references are a function of the checkout,
 * so a render needs neither the images nor an engine. What the stack itself says of images goes before.
 */
function programOf(
  stack: string,
  { images, config = {}, configFile }: CommandOptions,
): ProgramOptions & { readonly notes: readonly string[] } {
  if (images !== "registry" && images !== "local")
    throw new UserError(`--images ${images}: must be registry or local.`);
  const file = configFile ? userPath(configFile) : undefined;
  const program = { stack, ...(file ? { configFile: file } : {}) };
  const { values } = readConfig(readProject(ROOT), stack, { overrides: config, ...(file ? { file } : {}) });
  const own = parseConfig(values);
  // the program says what is wrong, together with everything else that is
  if (own.problems.length > 0) return { ...program, config, notes: [] };
  const settings = imageSettings(images, ownImages(own.config, declareStack(stack, own.config).blueprint.plans()));
  const texts = textsOf(imageValues(own.config, settings));
  return { ...program, config: { ...config, ...texts }, notes: imageNotes(settings) };
}

/** What was rendered last is what `check` compares with, as for a stack that was brought up. */
function remember({ stack, configFile, config = {} }: ProgramOptions): void {
  const keyed = Object.entries(config).map(([key, value]) => [
    key.includes(":") ? key : `${PROJECT}:${key}`,
    parseYaml(value),
  ]);
  writeConfigCopy(stack, configFile ?? inRoot(`Pulumi.${stack}.yaml`), Object.fromEntries(keyed));
}

function collect(given: string, earlier: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = given.indexOf("=");
  if (at < 1) throw new UserError(`--config ${given}: must be <key>=<value>, such as kafkaBrokers=1.`);
  return { ...earlier, [given.slice(0, at)]: given.slice(at + 1) };
}

function report(rendered: Rendered, out: string, secrets: string | undefined): string[] {
  const { manifests, leftOut, gone, changed, random, logs } = rendered;
  const shown = (file: string): string => {
    const relative = path.relative(userPath("."), file);
    return relative.startsWith("..") ? file : relative || ".";
  };
  const count = manifests.filter((m) => m.kind !== "Secret").length;
  const hasSecrets = manifests.some((m) => m.kind === "Secret");
  const withSecrets = secrets !== undefined && hasSecrets;
  const script = shown(path.join(out, SCRIPT));
  return [
    ...logs.map((log) => `${log.severity}: ${log.message}`),
    `${count} manifests in ${shown(out)}${changed === 0 ? ", unchanged" : ""}.`,
    ...(withSecrets && secrets ? [`Secrets are in ${shown(secrets)}, in plain text (0600).`] : []),
    ...(leftOut.length > 0 ? [`Left out (give --secrets <file> to have them): ${leftOut.join(", ")}.`] : []),
    ...(random
      ? [`Generated passwords are kept in ${random} (0600). Back it up: the next render takes them from there.`]
      : []),
    ...(gone.length > 0
      ? ["No longer part of the stack, and not removed from the cluster by applying (docs/manifests.md):"]
      : []),
    ...gone.map((object) => `  ${removal(object)}`),
    "",
    "Apply them, now and after every change, with:",
    ...(withSecrets && secrets
      ? [`  kubectl apply --server-side -f ${shown(secrets)} && sh ${script}`]
      : [`  sh ${script}`]),
  ];
}

/** What an object of an earlier render takes to be removed. Those that hold data are named, but nothing offers to delete them. */
function removal(object: string): string {
  const [kind = "", id = ""] = object.split(" ");
  if (HOLDS_DATA.includes(kind)) return `${object}: holds data, which deleting it would lose`;
  const [namespace, name] = id.includes("/") ? id.split("/") : [undefined, id];
  return `kubectl delete ${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ""}`;
}

const HOLDS_DATA: readonly string[] = ["PersistentVolumeClaim", "Namespace", "CustomResourceDefinition"];
