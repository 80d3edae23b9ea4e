import type { KafkaLibrary } from "./args";

/** Settings that both libraries have under different names: Java's first, then librdkafka's, then what to mind. */
const PAIRS: readonly (readonly [string, string, string?])[] = [
  ["buffer.memory", "queue.buffering.max.kbytes", "in KiB, where buffer.memory is in bytes"],
  ["compression.gzip.level", "compression.level"],
  ["compression.lz4.level", "compression.level"],
  ["compression.zstd.level", "compression.level"],
  ["max.request.size", "message.max.bytes"],
  ["partitioner.class", "partitioner"],
  ["receive.buffer.bytes", "socket.receive.buffer.bytes"],
  ["send.buffer.bytes", "socket.send.buffer.bytes"],
  ["socket.connection.setup.timeout.max.ms", "socket.connection.setup.timeout.ms"],
  ["fetch.max.wait.ms", "fetch.wait.max.ms"],
  ["metric.reporters", "statistics.interval.ms", "with a callback that takes the statistics"],
  ["metrics.recording.level", "statistics.interval.ms", "with a callback that takes the statistics"],
];

/** Of one library only, with what does that work in the other. */
const NONE: Readonly<Record<KafkaLibrary, Readonly<Record<string, string>>>> = {
  // Known to Java, asked of librdkafka.
  librdkafka: {
    "interceptor.classes": "librdkafka has no interceptors of classes: take it out",
    "key.deserializer": "librdkafka hands over bytes: deserialise them in the app",
    "key.serializer": "librdkafka takes bytes: serialise them in the app",
    "max.block.ms":
      "librdkafka does not block: its produce call says that the queue is full, and the app polls and tries again",
    "value.deserializer": "librdkafka hands over bytes: deserialise them in the app",
    "value.serializer": "librdkafka takes bytes: serialise them in the app",
  },
  // Known to librdkafka, asked of Java.
  java: {
    "compression.codec": "Java's is compression.type",
    debug: "Java logs by its logging framework: set the level of org.apache.kafka there",
    "enable.partition.eof": "Java does not tell the end of a partition: compare with endOffsets()",
    "fetch.message.max.bytes": "Java's is max.partition.fetch.bytes",
    "message.send.max.retries": "Java's is retries",
    "message.timeout.ms": "Java's is delivery.timeout.ms",
    "queue.buffering.max.messages": "Java limits by bytes alone: use buffer.memory",
    "queue.buffering.max.ms": "Java's is linger.ms",
    "request.required.acks": "Java's is acks",
  },
};

/** What to use in `library` for a setting of the other one, as a sentence without a full stop. */
export function counterpart(library: KafkaLibrary, name: string): string | undefined {
  const [from, to] = library === "librdkafka" ? ([0, 1] as const) : ([1, 0] as const);
  const pair = PAIRS.find((names) => names[from] === name);
  if (!pair) return NONE[library][name];
  const hint = library === "librdkafka" ? pair[2] : undefined;
  return `${library === "java" ? "Java's" : "librdkafka's"} is ${pair[to]}${hint ? `, ${hint}` : ""}`;
}
