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

interface Entry extends Omit<Image, "reference" | "source"> {
  /** Upstream's image. */
  readonly registry: string;
  /** Repository of the image that tools/images builds where no registry can be reached. */
  readonly local: string;
}

/** The one table of images. Ports and paths are those of both variants; see tools/images for the local ones. */
export const IMAGES = {
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
    user: { uid: 65534, gid: 65534 },
    probe: "wget",
  },
  /** /bin/node_exporter. */
  nodeExporter: {
    registry: "docker.io/prom/node-exporter:v1.12.1",
    local: "datastack.local/node-exporter",
    user: { uid: 65534, gid: 65534 },
    probe: "wget",
  },
} as const satisfies Record<string, Entry>;

export type ImageName = keyof typeof IMAGES;

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

function resolve(entry: Entry, override: string | undefined): Image {
  const { registry, local: _, ...facts } = entry;
  const reference = override ?? registry;
  return { ...facts, reference, source: reference.startsWith(LOCAL_REPOSITORY) ? "local" : "registry" };
}

/** A reference has to name a tag or a digest, and not the moving `latest`. */
export function checkImageReference(path: string, reference: string): Problem[] {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  if (name.includes("@sha256:") || (name.includes(":") && !name.endsWith(":latest"))) return [];
  return [{ path, value: reference, rule: 'must be pinned by a tag other than "latest", or by a digest' }];
}
