import type { ImageName } from "../../components/core/images";
import type { Plan } from "../../components/target/workload";
import type { StackConfig } from "../../stacks/config";
import { ownImages } from "../../stacks/images";
import { kubeconfigFiles } from "../../stacks/kubeconfig";
import { clusterOf, load } from "../cluster/cluster";
import type { Layout } from "../cluster/settings";
import { UserError } from "../core/errors";
import type { Progress } from "../core/progress";
import { type Engine, ensureEngine } from "../docker/engine";
import {
  chooseSource,
  ensureImages,
  ensureLocalImages,
  type ImageSettings,
  type ImageSource,
  imageNotes,
  imageSettings,
  leftOutNotes,
  settingsFor,
} from "../images";
import { ensureToolchain, missingPluginError, type PluginName, type Toolchain } from "../toolchain";
import { lastImageSettings, type Subject, wantedSource } from "./stack-config";

/** Points every Docker client that this process starts at the engine of the stack's configuration. */
export function useEngineOf({ config }: Subject): void {
  if (!config.dockerHost) return;
  process.env.DOCKER_HOST = config.dockerHost;
  delete process.env.DOCKER_CONTEXT;
  if (!config.dockerCertPath) return;
  process.env.DOCKER_CERT_PATH = config.dockerCertPath;
  process.env.DOCKER_TLS_VERIFY = "1";
}

/** Pulumi with the plugins of the stack's target. */
export async function toolchainOf({ stack, config }: Subject, progress: Progress): Promise<Toolchain> {
  const wanted: PluginName[] = config.target === "docker" ? ["docker", "random"] : ["kubernetes", "random"];
  const toolchain = await ensureToolchain(progress, wanted);
  for (const name of wanted) {
    if (!toolchain.plugins.some((plugin) => plugin.name === name)) throw missingPluginError(name, stack);
  }
  return toolchain;
}

/** A running engine, where the stack is one for Docker. */
export async function engineOf(
  { config }: Subject,
  progress: Progress,
  options: { yes: boolean },
): Promise<Engine | undefined> {
  if (config.target !== "docker") return undefined;
  return ensureEngine(progress, options);
}

interface ImageOptions {
  readonly images?: ImageSource;
  /** Answers yes to the start of an engine. */
  readonly yes: boolean;
}

/** Images of the plans on the engine or the cluster, and what the configuration has to say about them. */
export async function imagesOf(
  subject: Subject,
  plans: readonly Plan[],
  options: ImageOptions,
  progress: Progress,
): Promise<ImageSettings> {
  const names = ownImages(subject.config, plans);
  if (subject.config.target !== "docker") return clusterImages(subject, names, options, progress);
  const source = await sourceOf(wantedFor(subject, options.images), names, progress);
  const settings = await ensureImages(progress, source, names);
  for (const line of leftOutNotes(settings.leftOut)) progress.note(line);
  return settings;
}

/** What the next run would say of images; gets none. */
export async function imagesAhead(subject: Subject, plans: readonly Plan[]): Promise<ImageSettings> {
  const names = ownImages(subject.config, plans);
  const source = await chooseSource(wantedFor(subject), names);
  return subject.config.target === "docker" ? settingsFor(source, names) : imageSettings(source, names);
}

/** What the last run from here said of images; where there was none, references of what only this checkout has. */
export function deployedImages({ stack, config }: Subject, plans: readonly Plan[]): ImageSettings {
  const last = lastImageSettings(stack);
  const { references } = imageSettings("registry", ownImages(config, plans));
  return { references: { ...references, ...last.references }, leftOut: last.leftOut };
}

/** Nodes pull their images; those of this machine's own cluster are given what is built here. */
async function clusterImages(
  subject: Subject,
  names: readonly ImageName[],
  { images: given, yes }: ImageOptions,
  progress: Progress,
): Promise<ImageSettings> {
  const cluster = ownCluster(subject.config);
  if (!cluster) {
    if (given === "local") {
      throw new UserError(
        "--images=local is for Docker and for the cluster of npm run cluster: the nodes of another one do not see this machine's images. " +
          "Name yours in datastack:images.",
      );
    }
    const settings = imageSettings("registry", names);
    for (const line of imageNotes(settings)) progress.note(line);
    return settings;
  }
  const source = await sourceOf(wantedFor(subject, given), names, progress);
  const settings = imageSettings(source, names);
  for (const line of leftOutNotes(settings.leftOut)) progress.note(line);
  const built = Object.keys(settings.references) as ImageName[];
  if (built.length === 0) return settings;
  await ensureEngine(progress, { yes });
  const references = await ensureLocalImages(progress, built, source === "registry");
  await load(cluster, Object.values(references), progress);
  return settings;
}

/** The cluster of `npm run cluster` that the configuration, or the environment, means. */
function ownCluster({ kubeconfig }: StackConfig): Layout | undefined {
  const [file, ...others] = kubeconfigFiles(kubeconfig);
  return file && others.length === 0 ? clusterOf(file) : undefined;
}

/** Where images are to come from, before anybody has been asked. */
function wantedFor({ stack, config }: Subject, given?: ImageSource): ImageSource {
  const wanted = wantedSource(stack, given);
  if (config.target === "docker") return wanted;
  if (!ownCluster(config)) return "registry";
  // asked anew: a run for another cluster went by registries without asking
  return given === undefined && wanted === "registry" ? "auto" : wanted;
}

/** Says which it is, unless that was asked for. */
async function sourceOf(
  wanted: ImageSource,
  names: readonly ImageName[],
  progress: Progress,
): Promise<"registry" | "local"> {
  const source = await chooseSource(wanted, names);
  if (wanted === "auto")
    progress.note(
      `Images: ${source === "local" ? "no registry answers, they are built here" : "from their registries"}.`,
    );
  return source;
}
