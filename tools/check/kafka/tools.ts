import { UserError } from "../../core/errors";
import type { ExecOptions, Instance, Running } from "../running";

/** Where both variants of the image have Kafka's command line tools. */
export const BIN = "/opt/kafka/bin";

/** What tools print when something is wrong although they end well. */
const TROUBLE = /\b(ERROR|FATAL)\b|Exception\b/;

/** Kafka's own command line tools, run in a broker's container as an operator would. */
export class KafkaTools {
  constructor(
    private readonly running: Running,
    readonly instance: Instance,
    readonly bootstrap: string,
  ) {}

  /** Standard output of a tool. Throws when it fails, or succeeds with an error on its way. */
  async run(tool: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
    const command = [`${BIN}/${tool}.sh`, "--bootstrap-server", this.bootstrap, ...args];
    const { code, stdout, stderr } = await this.running.exec(this.instance, command, options);
    const trouble = (stderr + stdout).split("\n").find((line) => TROUBLE.test(line));
    if (code === 0 && !trouble) return stdout;
    const said = trouble ?? (stderr || stdout).trim().split("\n").at(-1);
    throw new UserError(`${tool} on ${this.instance.workload}-${this.instance.replica} ended with ${code}: ${said}`);
  }

  async listTopics(): Promise<string[]> {
    const lines = (await this.run("kafka-topics", ["--list"])).split("\n");
    return lines.map((line) => line.trim()).filter(Boolean);
  }

  describeTopics(): Promise<string> {
    return this.run("kafka-topics", ["--describe"]);
  }

  /** Partitions that lack a copy, one line for each. */
  async underReplicated(): Promise<string[]> {
    const lines = (await this.run("kafka-topics", ["--describe", "--under-replicated-partitions"])).split("\n");
    return lines.map((line) => line.trim().replace(/\s+/g, " ")).filter(Boolean);
  }

  /** `describe --status` of the metadata quorum, by its field names. */
  async quorum(): Promise<Readonly<Record<string, string>>> {
    const text = await this.run("kafka-metadata-quorum", ["describe", "--status"]);
    return Object.fromEntries(
      [...text.matchAll(/^(\w+):\s+(.*)$/gm)].map((match): [string, string] => [match[1] ?? "", match[2] ?? ""]),
    );
  }
}

/** Ids of the nodes in a list of `CurrentVoters` or `CurrentObservers`, in both of the forms that Kafka has had. */
export function nodeIds(list: string | undefined): number[] {
  const text = list ?? "[]";
  const ids = /"id"/.test(text) ? [...text.matchAll(/"id":\s*(-?\d+)/g)].map((m) => m[1]) : text.match(/-?\d+/g);
  return (ids ?? []).map(Number).sort((a, b) => a - b);
}
