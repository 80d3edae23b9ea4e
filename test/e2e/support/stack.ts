import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { Kafka } from "../../../components/kafka";
import { type Collected, collect } from "../../../components/monitoring/collect";
import type { OutsideTargets } from "../../../components/monitoring/external";
import { Prometheus, type PrometheusArgs } from "../../../components/prometheus";
import { everything } from "../../../components/prometheus/settings";
import { parseConfig } from "../../../stacks/config";
import { checksOf } from "../../../tools/check";
import { type Declaration, type DeclaredComponent, declare } from "../../../tools/check/declared";
import { type Cluster, clusterOf } from "../../../tools/check/kafka";
import { prometheusApi } from "../../../tools/check/prometheus";
import type { PrometheusApi } from "../../../tools/check/prometheus/api";
import type { Running } from "../../../tools/check/running";
import { ROOT } from "../../../tools/core/paths";
import { readConfig, readProject } from "../../../tools/engine/project";
import { copiedConfig } from "../../../tools/pulumi/home";
import { lastImages } from "../../../tools/pulumi/stack-config";
import { type CliOptions, cli, type Ended } from "./cli";

/** What is still to be seen of faults for a while after the stack is well again. */
const TRACES = [
  "none was restarted or killed for memory",
  "no pod was restarted",
  "no errors in the first 5 minutes",
  "no critical alert fires",
];

/** What a network without registries cannot have: Grafana's image, and the community edition of TimescaleDB. */
const NOT_TO_BE_HAD = [
  /^ {2}not-run +grafana .*there is no image of Grafana/,
  /^ {2}not-run +timescaledb .*Apache edition/,
];

/** What a stack may be without. */
const NOTHING_TO_CHECK = /^ {2}not-run .*\bno (job is declared|service has several replicas)$/;

/** Rows of `npm run check` that did not pass, but for those of what this network cannot have and of what is not declared. */
export function wrong(output: string): string[] {
  const rows = output.split("\n").filter((line) => /^ {2}(pass|fail|not-run) /.test(line));
  if (rows.length === 0) return [output];
  const expected = [/^ {2}pass /, NOTHING_TO_CHECK, ...NOT_TO_BE_HAD];
  return rows.filter((line) => !expected.some((pattern) => pattern.test(line)));
}

/** The same, but for the traces that the test's own faults leave. */
export function unexpected(output: string): string[] {
  return wrong(output).filter((line) => !TRACES.some((title) => line.includes(title)));
}

/** A stack of the repository's program under a name of its own, with state, configuration and ports of its own. */
export class E2eStack {
  /** DATASTACK_HOME of everything that is run for it. */
  readonly home: string;
  readonly configFile: string;
  readonly #values: Record<string, unknown>;

  constructor(
    readonly name: string,
    config: Readonly<Record<string, unknown>>,
  ) {
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), `datastack-${name}-`));
    this.configFile = path.join(this.home, `Pulumi.${name}.yaml`);
    this.#values = { system: "crypto-viz", ...config };
    this.configure({});
  }

  /** Changes configuration keys; `undefined` takes one out. */
  configure(change: Readonly<Record<string, unknown>>): void {
    Object.assign(this.#values, change);
    const config = Object.entries(this.#values).filter(([, value]) => value !== undefined);
    const keyed = Object.fromEntries(config.map(([key, value]) => [`datastack:${key}`, value]));
    fs.writeFileSync(this.configFile, stringify({ config: keyed }));
  }

  /** One of the project's commands for this stack. */
  run(command: string, args: readonly string[] = [], options: CliOptions = {}): Promise<Ended> {
    const env = { DATASTACK_HOME: this.home, ...options.env };
    return cli([command, this.name, "--config-file", this.configFile, ...args], { ...options, env });
  }

  get declaration(): Declaration {
    const copy = path.join(this.home, "stacks", this.name, `Pulumi.${this.name}.yaml`);
    const overrides = lastImages(copiedConfig(this.name, copy));
    const { values } = readConfig(readProject(ROOT), this.name, { file: this.configFile, overrides });
    return declare(this.name, parseConfig(values).config);
  }

  get running(): Running {
    return checksOf(this.declaration, async () => ({})).running;
  }

  get kafka(): Cluster {
    const [component] = this.declaration.all(Kafka);
    if (!component) throw new Error("the stack has no Kafka");
    return clusterOf(this.running, component);
  }

  get prometheus(): PrometheusApi {
    return prometheusApi(this.running, this.declaration, this.#prometheus);
  }

  /** What its Prometheus is declared to scrape and to evaluate. */
  get watched(): Collected {
    const { name, args } = this.#prometheus;
    return collect(everything(name, args));
  }

  /** What it is declared to scrape beside the stack. */
  get outside(): Partial<OutsideTargets> {
    return this.#prometheus.args;
  }

  get #prometheus(): DeclaredComponent<PrometheusArgs> {
    const [component] = this.declaration.all(Prometheus);
    if (!component) throw new Error("the stack has no Prometheus");
    return component;
  }

  /** Removes state and configuration, but nothing that was deployed. */
  forget(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}
