import type { Connection } from "../components/target/connection";
import type { StackConfig } from "./config";

/** A port on the host, as components take it. */
export interface HostPort {
  readonly port: number;
  readonly address: string;
  readonly advertisedHost?: string;
}

type Published = Partial<Record<"kafka" | "kafkaRmi" | "prometheus", HostPort>>;

/** Which services are published, and where, by the configuration's `publish` and port keys. */
export function hostPorts(config: StackConfig): Published {
  if (config.publish === "none") return {};
  const address = config.publish === "all" ? "0.0.0.0" : "127.0.0.1";
  const advertised = config.advertisedHost ? { advertisedHost: config.advertisedHost } : {};
  return {
    kafka: { port: config.kafkaPort, address, ...advertised },
    // Unauthenticated by nature: never beyond loopback.
    kafkaRmi: { port: config.kafkaRmiPort, address: "127.0.0.1" },
    prometheus: { port: config.prometheusPort, address },
  };
}

/** How a person reaches a service: by its host port, else by its address within the stack. */
export function urlOf(
  config: StackConfig,
  published: HostPort | undefined,
  inside: Connection,
  scheme?: string,
): string {
  const host = config.publish === "all" ? (config.advertisedHost ?? "127.0.0.1") : "127.0.0.1";
  const authority = published ? `${host}:${published.port}` : `${inside.host}:${inside.port}`;
  return scheme ? `${scheme}://${authority}` : authority;
}
