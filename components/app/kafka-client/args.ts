/** The client library that the app is linked with: its settings differ in names, units and ranges. */
export type KafkaLibrary = "librdkafka" | "java";
export type KafkaRole = "producer" | "consumer";

/** A value as text, number or boolean; it is checked against the library's own table. */
export type KafkaSetting = string | number | boolean;

/** How an app's Kafka client is set up. The addresses of the brokers are not part of it: they come from the connection. */
export interface KafkaClient {
  /** `librdkafka` is beneath the clients of Python (confluent-kafka), Go, .NET, Rust, Node.js and PHP; `java` is Kafka's own. */
  readonly library: KafkaLibrary;
  readonly role: KafkaRole;
  /** By the library's names, such as `{ "linger.ms": 50, "compression.type": "lz4" }`. @default the library's defaults */
  readonly settings?: Readonly<Record<string, KafkaSetting>>;
}
