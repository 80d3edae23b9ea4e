import { IMAGES, type ImageName } from "../../components/core/images";
import { LOCK_FILE } from "../../stacks/images-lock";
import type { Command } from "../core/command";
import { UserError } from "../core/errors";
import { inRoot } from "../core/paths";
import { Progress } from "../core/progress";
import { table } from "../core/terminal";
import { ensureEngine } from "../docker/engine";
import { chooseSource, ensureLocalImages, IMAGE_NAMES, isBuilt, isPresent, localReferences } from "../images";
import { pin, writeLock } from "../images/pin";
import { lockRequirements } from "../images/python-lock";

export function register(program: Command): void {
  const images = program.command("images").description("Container images: where they come from, and local builds");
  images
    .command("list", { isDefault: true })
    .description("Show each image with its registry and its local reference")
    .action(list);
  images
    .command("build")
    .description("Build those local images that are not there yet (for networks without a registry)")
    .argument("[names...]", "which ones; all when none is named")
    .option("--yes", "install and start a Docker engine without asking", false)
    .action(build);
  images
    .command("pin")
    .description(`Write the digests that the tags of the catalogue have now into ${LOCK_FILE}; every stack uses them`)
    .action(pinAll);
  images
    .command("lock")
    .description(
      "Write the checksums of the wheels into apps/market/requirements.txt, after a version was changed there",
    )
    .action(() => lockRequirements(inRoot("apps/market/requirements.txt")));
}

async function pinAll(): Promise<void> {
  const references = IMAGE_NAMES.flatMap((name) => {
    const { registry } = IMAGES[name];
    return registry === undefined ? [] : [[name, registry] as const];
  });
  const lock = await new Progress().step("Digests of the catalogue's images", () =>
    pin(Object.fromEntries(references)),
  );
  const changes = writeLock(inRoot(LOCK_FILE), lock);
  const result = changes.length === 0 ? [`${LOCK_FILE} is as it was.`] : [...changes, "", `Commit ${LOCK_FILE}.`];
  process.stdout.write(`${result.join("\n")}\n`);
}

async function list(): Promise<void> {
  const references = localReferences();
  const rows: string[][] = [["IMAGE", "REGISTRY", "LOCAL", "BUILT"]];
  for (const name of IMAGE_NAMES) {
    const local = references[name];
    const built = local ? ((await isPresent(local)) ? "yes" : "no") : "cannot be";
    rows.push([name, IMAGES[name].registry ?? "none", local ?? "none", built]);
  }
  process.stdout.write(`${table(rows)}\n`);
}

async function build(names: readonly string[], options: { yes: boolean }): Promise<void> {
  const built = names.length > 0 ? names.map(builtImage) : IMAGE_NAMES.filter(isBuilt);
  const progress = new Progress();
  await ensureEngine(progress, options);
  const source = await chooseSource("auto");
  const references = await ensureLocalImages(progress, built, source === "registry");
  process.stdout.write(`${Object.values(references).join("\n")}\n`);
}

function builtImage(given: string): ImageName {
  const built = IMAGE_NAMES.filter(isBuilt);
  const name = built.find((one) => one === given);
  if (name) return name;
  throw new UserError(`${given}: must be an image that can be built, of ${built.join(", ")}.`);
}
