import type { ComponentArgs } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import type { Duration, Size } from "../core/units";
import type { AlertTuning } from "../monitoring/monitoring";
import type { Resources } from "../target/workload";
import type { KafkaAlert } from "./alerts";
import type { BrokerSetting, Setting, TopicSetting } from "./settings";

/** A topic as code. What is left out is the cluster's default and is not managed. */
export interface Topic {
  /** 1 to 10,000. Can grow, never shrink; growing changes which partition a key goes to. @default 1 */
  readonly partitions?: number;
  /** Copies, at most the number of brokers. Can grow, not shrink; see `reassignment`. @default 3, or the number of brokers if that is less */
  readonly replication?: number;
  /** Age at which records are deleted. @default the cluster's `log.retention.*`, which is 7 days */
  readonly retention?: Duration | "forever";
  /** Size of one partition above which its oldest segments are deleted. @default not limited */
  readonly retentionSize?: Size;
  /** What the broker stores. @default "producer": as it was sent */
  readonly compression?: "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
  /** Size of one log file, 1Mi to below 2Gi; only whole ones are deleted or compacted. @default "1Gi" */
  readonly segment?: Size;
  /** Copies that must have a record before `acks=all` is answered. @default 1 less than `replication` above 2, else 1 */
  readonly minInSyncReplicas?: number;
  /** Any other topic setting by its Kafka name, such as `cleanup.policy`. */
  readonly config?: Readonly<Partial<Record<TopicSetting, Setting>>>;
}

/** How topics get the copies that they lack, Kafka's own included: when brokers are added, or `replication` is raised. */
export interface KafkaReassignment {
  /** Bytes per second that each broker may send and receive for it, at least 1Mi. Has to be above what is written. @default "50Mi" */
  readonly throttle?: Size;
  /** How long the topics' job waits, at most 1 day. It fails after that, Kafka goes on, and the next run waits again. @default "30m" */
  readonly within?: Duration;
}

/** One host port per broker. */
export interface KafkaPublication {
  /** Host port of broker 0; broker i has this plus i. @default 9092 */
  readonly port?: number;
  /** Address of the host to bind to. Beyond loopback needs `advertisedHost`: there is no authentication yet. @default "127.0.0.1" */
  readonly address?: string;
  /** Name or address under which clients outside reach the host. @default `address` when it is loopback */
  readonly advertisedHost?: string;
}

/**
 * One Service per broker, for clients outside of the cluster (Kubernetes). There is no authentication yet: whoever is let in may do
 * everything.
 */
export interface KafkaExposure {
  /** `LoadBalancer`: an address for each broker. `NodePort`: a port of every node for each broker. */
  readonly by: "LoadBalancer" | "NodePort";
  /** Names or addresses under which clients reach the brokers: a list in their order, or one text with `{broker}` for the number. */
  readonly hosts: string | readonly string[];
  /** LoadBalancer: port of each. NodePort: port of broker 0; broker i has this plus i. @default 9092, and 32092 */
  readonly port?: number;
  /** Address blocks of the clients. For node ports also those of the nodes, which pass traffic on under their own address. */
  readonly from: readonly string[];
  /**
   * Of each Service; `{broker}` and `{host}` stand for the broker's number and host, as in
   * `{ "external-dns.alpha.kubernetes.io/hostname": "{host}" }`. @default none
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** JMX over RMI, for JConsole and the like. It has no authentication, so it is published on loopback only. */
export interface KafkaRmi {
  /** Port of broker 0; broker i has this plus i, in the container and on the host, because RMI names its own port. @default 9101 */
  readonly port?: number;
  /** Publishes it on the host, under the same port; only loopback addresses. @default not published */
  readonly publish?: { readonly port?: number; readonly address?: string };
}

/** A cluster that somebody else runs: topics are managed in it, nothing else. */
export interface ExistingKafka {
  /** `host:port` of its brokers as workloads of the stack reach them; one port for all. */
  readonly bootstrap: readonly string[];
  /** Where its brokers are, as CIDR blocks, for network policies. */
  readonly cidrs: readonly string[];
}

/** Kafka in KRaft mode: every node is broker and controller. No transport authentication or encryption yet. */
export interface KafkaArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** Nodes: an odd number, 1 to 9. Can grow: existing topics get the copies of the larger cluster; see `reassignment`. @default 1 */
  readonly brokers?: number;
  /** Topics by name. One that is taken out of here stays in the cluster. @default none */
  readonly topics?: Readonly<Record<string, Topic>>;
  /** @default { throttle: "50Mi", within: "30m" } */
  readonly reassignment?: KafkaReassignment;
  /** Volume of each broker. Grow only. @default { size: "10Gi" } */
  readonly storage?: { readonly size: Size };
  /** Of each broker. @default { cpu: 1, memory: "1Gi" } */
  readonly resources?: Resources;
  /** Java heap, at most 75 % of the memory limit: the rest is page cache. @default half of the memory limit, at most 5Gi */
  readonly heap?: Size;
  /** Java options of the broker process alone. Heap, agent and RMI have their own arguments. @default none */
  readonly jvm?: readonly string[];
  /** Environment of the broker's container, and so of every tool that is run in it. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Clients on the host and beyond (Docker). @default reached inside the stack only */
  readonly publish?: KafkaPublication;
  /** Clients outside of the cluster (Kubernetes). @default reached inside the stack only */
  readonly expose?: KafkaExposure;
  /**
   * Whether a broker's rack is the zone of its node (Kubernetes, several brokers), so that copies are in different zones. `where-known`:
   * where its pod is told the zone. `required`: it does not start without. `off`: no rack. @default "where-known"
   */
  readonly rack?: "where-known" | "required" | "off";
  /** @default off */
  readonly rmi?: KafkaRmi;
  readonly metrics?: {
    /** Series for each partition (size, offsets, in-sync replicas). Many partitions make scrapes slow. @default false */
    readonly partitions?: boolean;
  };
  /** Broker settings by their Kafka name, in place of Kafka's default. @default none */
  readonly config?: Readonly<Partial<Record<BrokerSetting, Setting>>>;
  /**
   * Identity of the cluster: 22 characters of URL-safe base64. Set it to adopt volumes of a stack of another name; never change it.
   * @default derived from the names of stack and component, so that kept volumes match a stack that is created again
   */
  readonly clusterId?: string;
  /**
   * Nodes whose volume was lost and may be initialised again: as new members of the running cluster, or, with one broker,
   * as an empty one. No effect on a volume that is intact. Take it out again afterwards. @default none
   */
  readonly recover?: readonly number[];
  /** Changes to the alerts of this component. */
  readonly alerts?: AlertTuning<KafkaAlert>;
  /** A cluster that exists, in place of brokers of one's own. Only `topics` can be given with it. */
  readonly existing?: ExistingKafka;
}
