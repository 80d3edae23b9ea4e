import { stableJson } from "../../core/names";
import type { KafkaClient } from "./args";

/** The file that an app hands to its client: JSON for librdkafka's bindings, properties for Java. All values are texts. */
export function clientConfig(folder: string, app: string, client: KafkaClient): { path: string; content: string } {
  const settings = Object.fromEntries(
    Object.entries({ "client.id": app, ...client.settings }).map(([name, value]) => [name, String(value)]),
  );
  if (client.library === "librdkafka")
    return { path: `${folder}/kafka-client.json`, content: `${stableJson(settings, 2)}\n` };
  const lines = Object.keys(settings)
    .sort()
    .map((name) => `${name}=${(settings[name] ?? "").replaceAll("\\", "\\\\")}\n`);
  return { path: `${folder}/kafka-client.properties`, content: lines.join("") };
}
