import type { Plan } from "../../components/target/workload";
import { UserError } from "../core/errors";
import type { Progress } from "../core/progress";
import { type Engine, ensureEngine } from "../docker/engine";
import {
  chooseSource,
  ensureImages,
  type ImageSettings,
  type ImageSource,
  imageNotes,
  imageSettings,
  leftOutNotes,
} from "../images";
import { ensureToolchain, missingPluginError, type PluginName, type Toolchain } from "../toolchain";
import { ownImages, type Subject, wantedSource } from "./stack-config";

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

/** Images of the plans on the engine, and what the configuration has to say about them. On Kubernetes the nodes pull them. */
export async function imagesOf(
  subject: Subject,
  plans: readonly Plan[],
  given: ImageSource | undefined,
  progress: Progress,
): Promise<ImageSettings> {
  const names = ownImages(subject.config, plans);
  if (subject.config.target !== "docker") {
    if (given === "local") {
      throw new UserError(
        "--images=local is for Docker: a Kubernetes node does not see this machine's images. Name yours in datastack:images.",
      );
    }
    const settings = imageSettings("registry", names);
    for (const line of imageNotes(settings)) progress.note(line);
    return settings;
  }
  const wanted = wantedSource(subject.stack, given);
  const source = await chooseSource(wanted, names);
  if (wanted === "auto")
    progress.note(
      `Images: ${source === "local" ? "no registry answers, they are built here" : "from their registries"}.`,
    );
  const settings = await ensureImages(progress, source, names);
  for (const line of leftOutNotes(settings.leftOut)) progress.note(line);
  return settings;
}
