import { IMAGES } from "../../components/core/images";
import { UserError } from "../core/errors";
import type { Progress } from "../core/progress";
import { type Engine, ensureEngine } from "../docker/engine";
import { chooseSource, ensureLocalImages, type ImageSource, pullImages, type References } from "../images";
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

/** Images on the engine; the references of those that were built here. On Kubernetes the nodes pull them. */
export async function imagesOf(
  subject: Subject,
  given: ImageSource | undefined,
  progress: Progress,
): Promise<References | undefined> {
  const names = ownImages(subject.config);
  if (subject.config.target !== "docker") {
    if (given === "local") {
      throw new UserError(
        "--images=local is for Docker: a Kubernetes node does not see this machine's images. Name yours in datastack:images.",
      );
    }
    return undefined;
  }
  const wanted = wantedSource(subject.stack, given);
  const source = await chooseSource(wanted, names);
  if (wanted === "auto")
    progress.note(
      `Images: ${source === "local" ? "no registry answers, they are built here" : "from their registries"}.`,
    );
  if (source === "local") return ensureLocalImages(progress, names);
  await pullImages(
    progress,
    names.map((name) => IMAGES[name].registry),
  );
  return undefined;
}
