import type { Problem } from "./problems";

/** A container image as workloads use it, with the facts that a target has to know about it. */
export interface Image {
  /** What is pulled: `repository:tag` or `repository@sha256:…`. */
  readonly reference: string;
  /** `registry` images are pulled; `local` ones must already be there. */
  readonly source: "registry" | "local";
  readonly user: { readonly uid: number; readonly gid: number };
  /** What the image has for asking over HTTP or TCP from inside. */
  readonly probe: "wget" | "bash";
}

/** What the table knows of an image. It has a `registry`, a `local` variant, or both. */
export interface ImageEntry extends Omit<Image, "reference" | "source"> {
  /** Upstream's image. @default none: this project builds it, wherever it runs */
  readonly registry?: string;
  /** Repository of the image that tools/images builds where no registry can be reached. @default none: it can only be pulled */
  readonly local?: string;
  /** The only target whose stacks use it. @default both */
  readonly target?: "docker" | "kubernetes";
}

const NOBODY = { uid: 65534, gid: 65534 } as const;

const TABLE = {
  /** Kafka 4.3.1 in /opt/kafka, the JMX agent in /opt/prometheus-jmx-exporter, kafka_exporter in /opt/kafka-exporter. */
  kafka: {
    registry: "quay.io/strimzi/kafka:1.2.0-kafka-4.3.1",
    local: "datastack.local/kafka",
    user: { uid: 1001, gid: 1001 },
    probe: "bash",
  },
  /** /bin/prometheus and /bin/promtool. */
  prometheus: {
    registry: "docker.io/prom/prometheus:v3.14.0",
    local: "datastack.local/prometheus",
    user: NOBODY,
    probe: "wget",
  },
  /** /bin/node_exporter. */
  nodeExporter: {
    registry: "docker.io/prom/node-exporter:v1.12.1",
    local: "datastack.local/node-exporter",
    user: NOBODY,
    probe: "wget",
  },
  /**
   * PostgreSQL 18 with TimescaleDB: postgres, initdb, psql, pg_isready, pg_dump, pg_restore and bash are on PATH, and the user is
   * called postgres. Upstream's image has the community edition, the local one (Debian's packages) the Apache edition only.
   */
  timescaledb: {
    registry: "docker.io/timescale/timescaledb:2.29.2-pg18",
    local: "datastack.local/timescaledb",
    user: { uid: 70, gid: 70 },
    probe: "bash",
  },
  /** redis-server and redis-cli on PATH, in Debian: bash is there, wget is not. */
  redis: {
    registry: "docker.io/library/redis:8.10.2-trixie",
    local: "datastack.local/redis",
    user: { uid: 999, gid: 999 },
    probe: "bash",
  },
  /** /redis_exporter, in the variant that has a shell and wget. */
  redisExporter: {
    registry: "docker.io/oliver006/redis_exporter:v1.88.0-alpine",
    local: "datastack.local/redis-exporter",
    user: { uid: 59000, gid: 59000 },
    probe: "wget",
  },
  /**
   * /bin/postgres_exporter. SqlExporter runs it too, with queries of its own (`--extend.query-path`, `--disable-default-metrics`):
   * one program that both kinds of networks can have, where no sql_exporter is.
   */
  postgresExporter: {
    registry: "quay.io/prometheuscommunity/postgres-exporter:v0.19.1",
    local: "datastack.local/postgres-exporter",
    user: NOBODY,
    probe: "wget",
  },
  /** /bin/alertmanager and /bin/amtool. */
  alertmanager: {
    registry: "docker.io/prom/alertmanager:v0.34.2",
    local: "datastack.local/alertmanager",
    user: NOBODY,
    probe: "wget",
  },
  /** /run.sh; its home is /usr/share/grafana. There is no way to build it where no registry answers. */
  grafana: {
    registry: "docker.io/grafana/grafana:13.2.3",
    user: { uid: 472, gid: 0 },
    probe: "wget",
  },
  /** /kube-state-metrics. Upstream's has nothing beside it: the kubelet asks for its health, and wget is in the local one only. */
  kubeStateMetrics: {
    registry: "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0",
    local: "datastack.local/kube-state-metrics",
    user: NOBODY,
    probe: "wget",
    target: "kubernetes",
  },
  /** apps/market: Python and the packages of its requirements, the sources in /app. */
  market: {
    local: "datastack.local/market",
    user: { uid: 10001, gid: 10001 },
    probe: "bash",
  },
  /** apps/files: /bin/files, static, on busybox; /data is its user's. */
  files: {
    local: "datastack.local/files",
    user: { uid: 10002, gid: 10002 },
    probe: "wget",
  },
} as const satisfies Record<string, ImageEntry>;

export type ImageName = keyof typeof TABLE;

/** The one table of images. Users, paths and programs are those of both variants; see tools/images for the local ones. */
export const IMAGES: Readonly<Record<ImageName, ImageEntry>> = TABLE;

/** The images that stacks of these targets can use. */
export function imagesFor(targets: readonly ("docker" | "kubernetes")[]): ImageName[] {
  return (Object.keys(IMAGES) as ImageName[]).filter((name) => {
    const { target } = IMAGES[name];
    return target === undefined || targets.includes(target);
  });
}

/** References that replace those of the table, such as a private registry's or a digest. */
export type ImageOverrides = Partial<Record<ImageName, string>>;

/** The images of one stack. */
export type ImageCatalogue = Readonly<Record<ImageName, Image>>;

/** Every image from its registry, but for those in `overrides`, which are taken as they are. */
export function imageCatalogue(overrides: ImageOverrides = {}): ImageCatalogue {
  const names = Object.keys(IMAGES) as ImageName[];
  return Object.fromEntries(names.map((name) => [name, resolve(IMAGES[name], overrides[name])])) as ImageCatalogue;
}

/** An image that is only on this machine is not pulled; its repository name says so. */
export const LOCAL_REPOSITORY = "datastack.local/";

function resolve({ registry, local, target: _, ...facts }: ImageEntry, override: string | undefined): Image {
  // what is only built here has a name by its content, which the configuration tells; this one says what is missing
  const reference = override ?? registry ?? `${local}:not-built`;
  return { ...facts, reference, source: reference.startsWith(LOCAL_REPOSITORY) ? "local" : "registry" };
}

/** A reference has to name a tag or a digest, and not the moving `latest`. */
export function checkImageReference(path: string, reference: string): Problem[] {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  if (name.includes("@sha256:") || (name.includes(":") && !name.endsWith(":latest"))) return [];
  return [{ path, value: reference, rule: 'must be pinned by a tag other than "latest", or by a digest' }];
}
