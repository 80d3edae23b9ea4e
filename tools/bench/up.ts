import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { run } from "../core/exec";
import { ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { ensureEngine } from "../docker/engine";
import { chooseSource, ensureImages } from "../images";
import { ensureToolchain } from "../toolchain";
import { inTurn, median, ratio } from "./measure";
import type { Row } from "./report";
import { EMPTY, emptyProject } from "./start";

const STACK = "bench";

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
    return [
      {
        benchmark: "pulumi up without changes",
        measured: `${seconds(warm.ours.ms)} against ${seconds(warm.baseline.ms)} of an empty program`,
        ratio: ratio(warm.ours, warm.baseline),
      },
    ];
  } finally {
    if (fs.existsSync(folder(STACK))) await operate(ROOT, STACK, "destroy");
    const volumes = await run("docker", ["volume", "ls", "--quiet", "--filter", `label=datastack.stack=${STACK}`]);
    const names = volumes.stdout.split("\n").filter(Boolean);
    if (names.length > 0) await run("docker", ["volume", "rm", ...names]);
    for (const made of [work, empty]) fs.rmSync(made, { recursive: true });
  }
}
