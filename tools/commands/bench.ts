import { formatReport, type Row } from "../bench/report";
import type { Command } from "../core/command";
import { Progress } from "../core/progress";

type Benchmark = (rounds: number) => Promise<Row[]>;

const BENCHMARKS: Readonly<Record<string, { readonly title: string; readonly load: () => Promise<Benchmark> }>> = {
  start: { title: "Program start", load: async () => (await import("../bench/start.js")).programStart },
  registration: { title: "Registration", load: async () => (await import("../bench/registration.js")).registration },
  up: { title: "No-change up", load: async () => (await import("../bench/up.js")).noChangeUp },
  scrape: { title: "JMX scrape", load: async () => (await import("../bench/scrape.js")).jmxScrape },
};

export function register(program: Command): void {
  program
    .command("bench")
    .description("measure, and print ratios against a baseline of the same run")
    .argument("[names...]", `which ones: ${Object.keys(BENCHMARKS).join(", ")}`, Object.keys(BENCHMARKS))
    .option("--rounds <n>", "warm rounds of each", "5")
    .action(async (names: string[], options: { rounds: string }) => {
      const progress = new Progress();
      const rows: Row[] = [];
      for (const name of names) {
        const benchmark = BENCHMARKS[name];
        if (!benchmark) throw new Error(`${name} is no benchmark; there are ${Object.keys(BENCHMARKS).join(", ")}`);
        const run = await benchmark.load();
        rows.push(...(await progress.step(benchmark.title, () => run(Number(options.rounds)))));
      }
      process.stdout.write(`${formatReport(rows)}\n`);
    });
}
