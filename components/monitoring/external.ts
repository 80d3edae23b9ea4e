import type { SecretContent } from "../core/secrets";
import type { Duration } from "../core/units";
import type { Connection } from "../target/connection";
import type { ScrapeConfig, Target } from "../target/target";
import type { File } from "../target/workload";

/**
 * Something that Prometheus watches and that the stack does not run: pods of another namespace, or servers that have a name.
 *
 * ```ts
 * { job: "backend", namespace: "gauzian", selector: { app: "backend" }, port: 8080 }
 * { job: "minio", hosts: ["minio.example.com"], cidrs: ["10.1.2.0/24"], port: 9000, path: "/minio/v2/metrics/cluster", bearerToken }
 * ```
 */
export interface ExternalTarget {
  /** The `job` label. */
  readonly job: string;
  /** Port of the metrics page. */
  readonly port: number;
  /** Names or addresses to ask; each is an `instance`. @default every pod with `selector` in `namespace` (Kubernetes) */
  readonly hosts?: readonly string[];
  /** Where `hosts` are. On Kubernetes traffic is opened to there and nowhere else. @default the pods with `selector` in `namespace` */
  readonly cidrs?: readonly string[];
  /** Where its pods are (Kubernetes). Somebody else has made that namespace. */
  readonly namespace?: string;
  /** What all of its pods carry (Kubernetes). @default all pods of the namespace */
  readonly selector?: Readonly<Record<string, string>>;
  /**
   * Port of these pods, where `hosts` name their Service and it listens on another one (Kubernetes): traffic is opened to a pod's port,
   * and not to a Service's. @default `port`
   */
  readonly podPort?: number;
  /** @default "/metrics" */
  readonly path?: string;
  /** @default "http" */
  readonly scheme?: "http" | "https";
  /** Certificate of the authority that signed its own, as PEM. @default the authorities that the image of Prometheus knows */
  readonly ca?: string;
  /** Name in its certificate. @default the host that is asked */
  readonly serverName?: string;
  /** Sent with every scrape; a file of the container. @default none */
  readonly bearerToken?: SecretContent;
  /** @default Prometheus's own scrape interval */
  readonly interval?: Duration;
  /** @default Prometheus's own scrape timeout */
  readonly timeout?: Duration;
  /** Extra labels on every series. */
  readonly labels?: Readonly<Record<string, string>>;
  /** `metric_relabel_configs` entries. */
  readonly metricRelabel?: readonly Readonly<Record<string, unknown>>[];
}

/** What the kubelet of each node says that has pods of the stack (Kubernetes). */
export interface KubeletMetrics {
  /** How full the stack's volumes are. @default false */
  readonly volumes?: boolean;
  /** What the stack's containers use, as cAdvisor counts it. @default false */
  readonly containers?: boolean;
  /** Holds the kubelets' certificates against the cluster's authority. Most clusters' are self-signed. @default false */
  readonly verify?: boolean;
  /** Where the nodes are. @default every address, on the kubelet's port */
  readonly cidrs?: readonly string[];
}

/** What Prometheus scrapes beside the workloads of its stack. */
export interface OutsideTargets {
  readonly external: readonly ExternalTarget[];
  readonly kubelet?: KubeletMetrics;
}

export const KUBELET_PORT = 10_250;
const EVERYWHERE = ["0.0.0.0/0", "::/0"];
const FILES = "/etc/prometheus/external";

/** Whether its hosts are asked by name, or its pods are found. */
export function isStatic(target: ExternalTarget): target is ExternalTarget & { readonly hosts: readonly string[] } {
  return target.hosts !== undefined;
}

/** The traffic that Prometheus needs for it. */
export function externalConnection({ kind }: Pick<Target, "kind">, target: ExternalTarget): Connection {
  const { job, port, podPort, hosts = [], namespace, selector = {}, cidrs = [] } = target;
  const pods = kind === "kubernetes" && namespace !== undefined && cidrs.length === 0;
  return {
    id: job,
    kind: "metrics",
    port,
    peer: pods ? { namespace, labels: selector, ...(podPort === undefined ? {} : { port: podPort }) } : { cidrs },
    host: hosts[0] ?? job,
    endpoints: hosts.map((host) => hostPort(host, port)),
  };
}

/** The traffic to the kubelets: nodes are in no list that a policy could name, so it is by port alone unless told otherwise. */
export function kubeletConnection({ cidrs = EVERYWHERE }: KubeletMetrics): Connection {
  return { id: "kubelet", kind: "metrics", port: KUBELET_PORT, peer: { cidrs }, host: "kubelet", endpoints: [] };
}

/** Its certificate authority and its token. */
export function externalFiles({ job, ca, bearerToken }: ExternalTarget): File[] {
  return [
    ...(ca === undefined ? [] : [{ path: filesOf(job).ca, content: ca }]),
    ...(bearerToken === undefined ? [] : [{ path: filesOf(job).token, content: bearerToken, secret: true as const }]),
  ];
}

/** One entry of `scrape_configs`, but for how its instances are found. */
export function externalConfig(target: ExternalTarget): ScrapeConfig {
  const { job, path, scheme, ca, serverName, bearerToken, interval, timeout, metricRelabel = [] } = target;
  const tls = {
    ...(ca === undefined ? {} : { ca_file: filesOf(job).ca }),
    ...(serverName === undefined ? {} : { server_name: serverName }),
  };
  return {
    job_name: job,
    ...(path ? { metrics_path: path } : {}),
    ...(scheme === "https" ? { scheme } : {}),
    ...(interval ? { scrape_interval: interval } : {}),
    ...(timeout ? { scrape_timeout: timeout } : {}),
    ...(bearerToken === undefined ? {} : { authorization: { credentials_file: filesOf(job).token } }),
    ...(Object.keys(tls).length > 0 ? { tls_config: tls } : {}),
    ...(metricRelabel.length > 0 ? { metric_relabel_configs: metricRelabel } : {}),
  };
}

/** The same on every target. */
export function staticExternalConfig(target: ExternalTarget & { readonly hosts: readonly string[] }): ScrapeConfig {
  const { hosts, port, labels } = target;
  return {
    ...externalConfig(target),
    static_configs: hosts.map((host) => ({
      targets: [hostPort(host, port)],
      labels: { ...labels, instance: host },
    })),
  };
}

function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function filesOf(job: string): { readonly ca: string; readonly token: string } {
  return { ca: `${FILES}/${job}/ca.pem`, token: `${FILES}/${job}/token` };
}
