import { ComponentResource } from "@pulumi/pulumi";
import { imageCatalogue } from "../../components/core/images";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import type { Workload } from "../../components/target/workload";
import { recordInProcess } from "../engine/in-process";
import { seededRandom } from "../engine/random";
import { cpuTime, median } from "./measure";
import type { Row } from "./report";

const SIZES = [10, 100, 1000] as const;

/** How the processor time of registration grows with the number of services: it has to stay close to linear. */
export async function registration(rounds: number): Promise<Row[]> {
  const targets: Readonly<Record<string, () => Target>> = {
    Docker: () => new DockerTarget({ stack: "bench" }),
    Kubernetes: () => new KubernetesTarget({ stack: "bench" }),
  };
  const rows: Row[] = [];
  // as in our stacks, whose program turns them off (stacks/prepare-process.ts)
  Error.stackTraceLimit = 0;
  for (const [name, create] of Object.entries(targets)) {
    // the SDKs are loaded once, before anything is timed
    await register(create, 1);
    const times = new Map<number, number>();
    for (const size of SIZES) {
      const samples: number[] = [];
      for (let round = 0; round < rounds; round++) samples.push(await cpuTime(() => register(create, size)));
      times.set(size, median(samples));
    }
    const [ten, hundred, thousand] = SIZES.map((size) => times.get(size) ?? Number.NaN) as [number, number, number];
    const measured = `${SIZES.map((s) => `${s}: ${((times.get(s) ?? 0) / 1000).toFixed(2)} s`).join(", ")}`;
    rows.push({ benchmark: `${name}: registration, t(100)/t(10)`, measured, ratio: hundred / ten });
    rows.push({ benchmark: `${name}: registration, t(1000)/t(100)`, measured, ratio: thousand / hundred, target: 12 });
  }
  return rows;
}

function register(create: () => Target, size: number): Promise<unknown> {
  return recordInProcess(
    () => {
      const target = create();
      const parent = new ComponentResource("datastack:bench:Services", "services", {});
      for (let i = 0; i < size; i++) target.service(service(`service-${i}`), { parent });
    },
    { project: "datastack", stack: "bench", random: seededRandom("bench") },
  );
}

function service(name: string): Workload {
  return {
    name,
    image: imageCatalogue().prometheus,
    files: [{ path: "/etc/service.yml", content: `name: ${name}\n` }],
    ports: { http: { port: 8080 } },
    ready: { probe: { http: { port: "http", path: "/ready" } } },
    resources: { cpu: 0.1, memory: "64Mi" },
    stop: { grace: 10 },
  };
}
