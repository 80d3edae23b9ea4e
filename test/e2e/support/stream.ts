import { BIN, type KafkaTools } from "../../../tools/check/kafka/tools";

/** One message that the brokers have acknowledged with acks=all. */
export interface Acknowledged {
  readonly value: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Command of Kafka's own verifiable producer: numbered values `<prefix>.<n>`, acks=all, no retries, one line of JSON for each
 * acknowledgement or failure.
 */
export function producerCommand(options: {
  readonly bootstrap: string;
  readonly topic: string;
  readonly prefix: number;
  /** Per second. */
  readonly rate: number;
  /** @default until it is stopped */
  readonly messages?: number;
}): string[] {
  const { bootstrap, topic, prefix, rate, messages } = options;
  return [
    `${BIN}/kafka-verifiable-producer.sh`,
    ...["--bootstrap-server", bootstrap, "--topic", topic, "--acks", "-1"],
    ...["--value-prefix", String(prefix), "--throughput", String(rate)],
    ...(messages === undefined ? [] : ["--max-messages", String(messages)]),
  ];
}

/** What the line of an acknowledgement has in it. */
export const SUCCESS = '"producer_send_success"';

/** Acknowledgements in what such producers printed. */
export function acknowledged(log: string): Acknowledged[] {
  return log.split("\n").flatMap((line) => {
    if (!line.includes(SUCCESS)) return [];
    try {
      const { value, partition, offset } = JSON.parse(line) as Acknowledged;
      return [{ value, partition, offset }];
    } catch {
      // the last line of one that was killed
      return [];
    }
  });
}

/** How many sends failed, which is no loss: the producer was told. */
export function refused(log: string): number {
  return log.split("\n").filter((line) => line.includes('"producer_send_error"')).length;
}

/** All values of a topic from which nothing was deleted yet. Throws when they do not come. */
export async function consumeAll(tools: KafkaTools, topic: string): Promise<ReadonlySet<string>> {
  const ends = await tools.run("kafka-get-offsets", ["--topic", topic, "--time", "latest"]);
  const messages = [...ends.matchAll(/:(\d+)$/gm)].reduce((sum, [, end]) => sum + Number(end), 0);
  const all = ["--from-beginning", "--max-messages", String(messages), "--timeout-ms", "120000"];
  const read = await tools.run("kafka-console-consumer", ["--topic", topic, ...all], { timeout: 300_000 });
  return new Set(read.split("\n").filter(Boolean));
}

/** Acknowledged messages that are not in the topic: there must be none. */
export function lost(sent: readonly Acknowledged[], found: ReadonlySet<string>): string[] {
  return sent.filter(({ value }) => !found.has(value)).map((m) => `${m.value} (${m.partition}:${m.offset})`);
}
