import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { imageCatalogue } from "../../components/core/images";
import { Kafka, type KafkaArgs } from "../../components/kafka";
import { DockerTarget } from "../../components/target/docker";
import type { File, Workload } from "../../components/target/workload";
import { UserError } from "../core/errors";
import { capture, run } from "../core/exec";
import { Progress } from "../core/progress";
import { ensureEngine } from "../docker/engine";
import { chooseSource, ensureLocalImages } from "../images";
import { inTurn, median, ratio } from "./measure";
import type { Row } from "./report";

const PARTITIONS = 1000;
const AGENT_PORT = 9404;
const USER = "1001:1001";

/**
 * Scrapes of the JMX agent with our rules and with none, in turn, on two brokers that are alike but for that: each with a topic
 * of 1,000 partitions.
 */
export async function jmxScrape(rounds: number): Promise<Row[]> {
  const progress = new Progress(process.stderr, true);
  await ensureEngine(progress, { yes: true });
  const local = (await chooseSource("auto", ["kafka"])) === "local";
  const images = imageCatalogue(local ? await ensureLocalImages(progress, ["kafka"]) : {});
  const containers: string[] = [];
  try {
    const urls = new Map<string, string>();
    for (const rules of ["ours", "none"] as const) {
      const name = `datastack-bench-${rules}-${process.pid}`;
      containers.push(name);
      urls.set(rules, await startBroker(name, broker({ images, target: new DockerTarget({ stack: "bench" }) }), rules));
    }
    const [ours, none] = [urls.get("ours") ?? "", urls.get("none") ?? ""];
    const { cold, warm } = await inTurn({ ours: () => scrape(ours), none: () => scrape(none) }, Math.max(rounds, 10));
    if (!warm.ours || !warm.none) throw new Error("a benchmark needs at least one round");
    const series = { ours: await seriesOf(ours), none: await seriesOf(none) };
    const ms = (value: number | undefined) => `${(value ?? 0).toFixed(0)} ms`;
    return [
      {
        benchmark: `JMX scrape, ${PARTITIONS} partitions, first`,
        measured: `${ms(cold.ours)} against ${ms(cold.none)} without rules`,
        ratio: (cold.ours ?? 0) / (cold.none ?? 1),
      },
      {
        benchmark: `JMX scrape, ${PARTITIONS} partitions, warm`,
        measured: `${ms(median(warm.ours.ms))} against ${ms(median(warm.none.ms))} without rules`,
        ratio: ratio(warm.ours, warm.none),
        target: 0.25,
      },
      {
        benchmark: `JMX series, ${PARTITIONS} partitions`,
        measured: `${series.ours} against ${series.none} without rules`,
        ratio: series.ours / series.none,
      },
    ];
  } finally {
    for (const name of containers) await run("docker", ["rm", "--force", "--volumes", name], { ok: [0, 1] });
  }
}

function broker(args: Pick<KafkaArgs, "images" | "target">): Workload {
  const [workload] = Kafka.plan("kafka", { ...args, resources: { cpu: 2, memory: "2Gi" } }).services ?? [];
  if (!workload) throw new Error("Kafka plans no workload");
  return workload;
}

/** A broker with the component's own files, formatted and started without Pulumi; resolves with the agent's URL. */
async function startBroker(name: string, kafka: Workload, rules: "ours" | "none"): Promise<string> {
  const volume = kafka.volumes?.[0];
  const preparation = volume?.prepare?.(0);
  if (!volume || !preparation || !kafka.command)
    throw new Error("Kafka's plan has no volume, or nothing that prepares it");
  const files = [...(kafka.files ?? []), ...(kafka.perReplica?.(0).files ?? []), ...(preparation.files ?? [])];
  await run("docker", [
    ...["run", "--detach", "--name", name, "--hostname", "kafka-0"],
    ...["--user", USER, "--memory", "2g", "--env", "DATASTACK_REPLICA=0", "--publish", `127.0.0.1::${AGENT_PORT}`],
    ...["--tmpfs", "/tmp:mode=1777", "--tmpfs", `${volume.path}:mode=1777`],
    ...Object.entries(preparation.env ?? {}).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...["--entrypoint", "sleep", kafka.image.reference, "infinity"],
  ]);
  await copyInto(
    name,
    files.map((file) => (rules === "none" && file.path.endsWith("/jmx.yaml") ? { ...file, content: "{}\n" } : file)),
  );
  await run("docker", ["exec", "--user", "0", name, "chown", USER, volume.path]);
  await run("docker", ["exec", name, ...preparation.command]);
  await run("docker", ["exec", "--detach", name, ...kafka.command]);
  const tool = "/opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka-0:29092";
  const create = `${tool} --create --if-not-exists --topic bench --partitions ${PARTITIONS}`;
  await run("docker", ["exec", name, "bash", "-c", `for i in {1..30}; do ${create} && exit; sleep 1; done; exit 1`]);
  const published = await capture("docker", ["port", name, `${AGENT_PORT}/tcp`]);
  return `http://${published.split("\n")[0]}/metrics`;
}

async function copyInto(container: string, files: readonly File[]): Promise<void> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-bench-"));
  try {
    for (const { path: target, content } of files) {
      const file = path.join(root, target);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content as string, { mode: 0o755 });
    }
    fs.chmodSync(root, 0o755);
    await run("docker", ["cp", `${root}/.`, `${container}:/`]);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new UserError(`${url} answers ${response.status}: ${text.slice(0, 200)}`);
  return text;
}

async function seriesOf(url: string): Promise<number> {
  return (await scrape(url)).split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
}
