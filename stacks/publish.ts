import type { Connection } from "../components/target/connection";
import { LOOPBACK } from "../components/target/workload";
import type { StackConfig } from "./config";

/** A port on the host, as components take it. */
export interface HostPort {
  readonly port: number;
  readonly address: string;
  readonly advertisedHost?: string;
}

type Published = Partial<
  Record<"kafka" | "kafkaRmi" | "timescaledb" | "redis" | "api" | "prometheus" | "alertmanager" | "grafana", HostPort>
>;

/** Which services are published, and where, by the configuration's `publish` and port keys. */
export function hostPorts(config: StackConfig): Published {
  if (config.publish === "none") return {};
  const address = config.publish === "all" ? "0.0.0.0" : LOOPBACK;
  const advertised = config.advertisedHost ? { advertisedHost: config.advertisedHost } : {};
  const loopback = (port: number): HostPort => ({ port, address: LOOPBACK });
  return {
    kafka: { port: config.kafkaPort, address, ...advertised },
    // The others do not ask who is there, or speak without encryption: never beyond loopback.
    kafkaRmi: loopback(config.kafkaRmiPort),
    timescaledb: loopback(config.timescaledbPort),
    redis: loopback(config.redisPort),
    api: loopback(config.apiPort),
    prometheus: loopback(config.prometheusPort),
    alertmanager: loopback(config.alertmanagerPort),
    grafana: loopback(config.grafanaPort),
  };
}

/** How a person reaches a service: by its host port, else by its address within the stack. */
export function urlOf(published: HostPort | undefined, inside: Connection, scheme?: string): string {
  const host = published?.address === LOOPBACK ? LOOPBACK : published?.advertisedHost;
  const authority = published ? `${host}:${published.port}` : `${inside.host}:${inside.port}`;
  return scheme ? `${scheme}://${authority}` : authority;
}
