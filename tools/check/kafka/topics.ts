/** A topic as `kafka-topics.sh --describe` shows it. */
export interface DescribedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** Settings that are set on the topic itself. */
  readonly config: Readonly<Record<string, string>>;
}

/** A topic as it should be. What is left out may be anything. */
export interface WantedTopic {
  readonly partitions: number;
  readonly replication: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Reads the output of `kafka-topics.sh --describe`: one line for each topic, then one for each partition. */
export function parseTopics(output: string): DescribedTopic[] {
  return output.split("\n").flatMap((line) => {
    if (!line.startsWith("Topic:") || !line.includes("PartitionCount:")) return [];
    const fields = new Map(
      line.split("\t").map((field): [string, string] => {
        const at = field.indexOf(":");
        return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
      }),
    );
    return [
      {
        name: fields.get("Topic") ?? "",
        partitions: Number(fields.get("PartitionCount")),
        replication: Number(fields.get("ReplicationFactor")),
        config: parseConfig(fields.get("Configs") ?? ""),
      },
    ];
  });
}

/** Declared topics that differ from those that are there. Others in the cluster are nobody's business. */
export function compareTopics(
  wanted: Readonly<Record<string, WantedTopic>>,
  found: readonly DescribedTopic[],
): string[] {
  return Object.entries(wanted).flatMap(([name, want]) => {
    const topic = found.find((t) => t.name === name);
    if (!topic) return [`${name} is declared and does not exist`];
    const different = (what: string, have: unknown, declared: unknown): string[] =>
      have === declared ? [] : [`${name} has ${what} ${have ?? "not set"}, declared is ${declared}`];
    return [
      ...different("partitions", topic.partitions, want.partitions),
      ...different("replication", topic.replication, want.replication),
      ...Object.entries(want.config).flatMap(([key, value]) => different(key, topic.config[key], value)),
    ];
  });
}

/** `a=1,b=2,3`: a comma only separates where a setting's name and `=` follow. */
function parseConfig(text: string): Record<string, string> {
  const pairs = text.split(/,(?=[a-z][a-z0-9.]*=)/).filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}
