import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { UserError } from "../core/errors";
import { run, which } from "../core/exec";
import { ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { installPackages, isRootOnDebian } from "../core/system";
import { ensureEngine } from "../docker/engine";
import { chooseSource, ensureImages } from "../images";
import type { Deployment } from "../pulumi/state";
import { ensureToolchain } from "../toolchain";
import { composeFile } from "./compose";
import { inTurn, median, ratio, time } from "./measure";
import type { Row } from "./report";
import { EMPTY, emptyProject } from "./start";

const STACK = "bench";

const LABEL = `label=datastack.stack=${STACK}`;

/**
 * `docker-compose up -d` of the same containers when nothing has changed. They take the place of ours, with their volumes and files,
 * because two of each would stand in each other's way; so the two are measured one after the other.
 */
async function noChangeCompose(state: Deployment, work: string, rounds: number, progress: Progress) {
  if (!which("docker-compose")) {
    if (!isRootOnDebian())
      throw new UserError("docker-compose is not installed. Run: sudo apt-get install docker-compose");
    await progress.step("Install docker-compose", () => installPackages(["docker-compose"]));
  }
  const file = composeFile(state, work);
  const compose = (...args: string[]) => run("docker-compose", ["-p", "bench-compose", "-f", file, ...args]);
  const ours = (await run("docker", ["ps", "--quiet", "--filter", LABEL])).stdout.split("\n").filter(Boolean);
  await run("docker", ["stop", ...ours]);
  try {
    await compose("up", "-d");
    const ms: number[] = [];
    for (let round = 0; round < rounds; round++) ms.push(await time(() => compose("up", "-d")));
    const { stdout } = await compose("ps", "--quiet");
    return { ms, containers: stdout.split("\n").filter(Boolean).length };
  } finally {
    await compose("down");
  }
}

/** An `up` that changes nothing, of crypto-viz on Docker against an empty program; whole `pulumi up` commands. */
export async function noChangeUp(rounds: number): Promise<Row[]> {
  const progress = new Progress(process.stderr, true);
  const toolchain = await ensureToolchain(progress, ["docker", "random"]);
  await ensureEngine(progress, { yes: true });
  const images = await ensureImages(progress, await chooseSource("auto"));
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-bench-"));
  const empty = emptyProject(EMPTY);
  const env = { ...toolchain.env, PULUMI_BACKEND_URL: `file://${work}`, PULUMI_CONFIG_PASSPHRASE: "bench" };
  const folder = (stack: string) => path.join(work, stack);
  const configFile = (stack: string) => path.join(folder(stack), `Pulumi.${stack}.yaml`);
  const pulumi = (cwd: string, stack: string, ...args: string[]) =>
    run(toolchain.pulumi, [...args, "--stack", stack, "--non-interactive"], { cwd, env });
  const operate = (root: string, stack: string, verb: "up" | "destroy") =>
    pulumi(root, stack, verb, "--yes", "--skip-preview", "--config-file", configFile(stack));
  const ours = () => operate(ROOT, STACK, "up");
  const baseline = () => operate(empty, "empty", "up");
  try {
    for (const stack of [STACK, "empty"]) {
      // Pulumi writes the stack's salt beside the project file that it finds: not into the checkout
      fs.mkdirSync(folder(stack));
      fs.writeFileSync(path.join(folder(stack), "Pulumi.yaml"), stringify({ name: "datastack", runtime: "nodejs" }));
      const config = {
        "datastack:system": "crypto-viz",
        "datastack:images": images.references,
        "datastack:leftOut": images.leftOut,
      };
      fs.writeFileSync(configFile(stack), stringify({ config }));
      await pulumi(folder(stack), stack, "stack", "init", "--no-select");
    }
    await ours();
    const { warm } = await inTurn({ ours, baseline }, rounds);
    if (!warm.ours || !warm.baseline) throw new Error("a benchmark needs at least one round");
    const seconds = (ms: readonly number[]) => `${(median(ms) / 1000).toFixed(2)} s`;
    const state = JSON.parse((await pulumi(folder(STACK), STACK, "stack", "export", "--show-secrets")).stdout);
    const compose = await noChangeCompose(state, path.join(work, "compose"), rounds, progress);
    await cleanUp();
    return [
      {
        benchmark: "pulumi up against docker compose",
        measured: `${seconds(warm.ours.ms)} against ${seconds(compose.ms)} of docker-compose up -d, ${compose.containers} containers`,
        ratio: median(warm.ours.ms) / median(compose.ms),
      },
      {
        benchmark: "pulumi up without changes",
        measured: `${seconds(warm.ours.ms)} against ${seconds(warm.baseline.ms)} of an empty program`,
        ratio: ratio(warm.ours, warm.baseline),
      },
    ];
  } catch (error) {
    // what went wrong is not to be hidden by what cannot be cleaned up behind it
    await cleanUp().catch((left: Error) => progress.note(`left behind: ${left.message}`));
    throw error;
  }

  async function cleanUp(): Promise<void> {
    if (fs.existsSync(folder(STACK))) await operate(ROOT, STACK, "destroy");
    const volumes = await run("docker", ["volume", "ls", "--quiet", "--filter", LABEL]);
    const names = volumes.stdout.split("\n").filter(Boolean);
    if (names.length > 0) await run("docker", ["volume", "rm", ...names]);
    for (const made of [work, empty]) fs.rmSync(made, { recursive: true });
  }
}
