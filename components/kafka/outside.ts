import { type Exposure, LOOPBACK, type Publication } from "../target/workload";
import type { KafkaArgs, KafkaExposure } from "./args";

/** Ports that are used unless told otherwise. */
export const PUBLISHED_PORT = 9092;
const NODE_PORT = 32_092;

/** How clients outside of the stack reach the brokers. */
export interface Outside {
  /** What broker i tells them. */
  readonly advertised: (broker: number) => { readonly host: string; readonly port: number };
  readonly publish?: (broker: number) => Publication;
  readonly expose?: (broker: number) => Exposure;
}

export function outside({ publish, expose }: Pick<KafkaArgs, "publish" | "expose">): Outside | undefined {
  if (expose) return { advertised: (broker) => endpoint(expose, broker), expose: (broker) => service(expose, broker) };
  if (!publish) return undefined;
  const { address = LOOPBACK, port = PUBLISHED_PORT, advertisedHost: host = address } = publish;
  return {
    advertised: (broker) => ({ host, port: port + broker }),
    publish: (broker) => ({ host: port + broker, address }),
  };
}

/** All nodes have the same node ports, so brokers differ in that; load balancers differ in their address. */
function endpoint({ by, hosts, port }: KafkaExposure, broker: number) {
  const host = typeof hosts === "string" ? hosts.replaceAll("{broker}", String(broker)) : (hosts[broker] ?? "");
  return { host, port: by === "NodePort" ? (port ?? NODE_PORT) + broker : (port ?? PUBLISHED_PORT) };
}

function service(expose: KafkaExposure, broker: number): Exposure {
  const { by, from, annotations } = expose;
  const { host, port } = endpoint(expose, broker);
  const filled = Object.entries(annotations ?? {}).map(([key, text]) => [
    key,
    text.replaceAll("{broker}", String(broker)).replaceAll("{host}", host),
  ]);
  return { by, port, from, ...(annotations ? { annotations: Object.fromEntries(filled) } : {}) };
}
