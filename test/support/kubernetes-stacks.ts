import * as path from "node:path";
import { IMAGES } from "../../components/core/images";
import { sha256 } from "../../components/core/names";
import { parseConfig } from "../../stacks/config";
import { declareStack } from "../../stacks/systems";
import { recordInProcess } from "../../tools/engine/in-process";
import { readConfig, readProject } from "../../tools/engine/project";
import { seededRandom } from "../../tools/engine/random";
import type { Recording } from "../../tools/engine/recording";
import { manifestsOf } from "../../tools/render/manifests";
import { type KubeObject, Objects } from "./policies/objects";

/** A stack of this repository as it is deployed to a cluster. */
export interface KubernetesStack {
  readonly title: string;
  readonly stack: string;
  /** In place of what its own file says. */
  readonly config?: Readonly<Record<string, string>>;
}

/** As `npm run images:pin` leaves it, with an image of one's own in the place of the one that no registry has. */
const pinned = JSON.stringify(
  Object.fromEntries(
    Object.entries(IMAGES).map(([name, { registry = "registry.example.com/datastack:1" }]) => [
      name,
      `${registry}@sha256:${sha256(name)}`,
    ]),
  ),
);

/** What gauzian's operators have already, in a namespace of its own. */
const kept = (key: string) => ({ name: "gauzian-exporters", key });
const pods = (app: string) => ({ namespace: "gauzian", selector: { app } });
const host = (name: string) => `${name}.gauzian.svc.cluster.local`;
export const GAUZIAN_EXISTING = {
  backend: JSON.stringify({ ...pods("backend"), port: 8080 }),
  postgres: JSON.stringify({
    ...pods("postgres"),
    host: host("postgres"),
    user: "metrics",
    database: "gauzian",
    sslMode: "disable",
    passwordSecret: kept("postgres"),
  }),
  redis: JSON.stringify({ ...pods("redis"), host: host("redis"), user: "default", passwordSecret: kept("redis") }),
  minio: JSON.stringify({ ...pods("minio"), tokenSecret: kept("minio") }),
};

export const KUBERNETES_STACKS: readonly KubernetesStack[] = [
  { title: "prod", stack: "prod" },
  { title: "prod with pinned images", stack: "prod", config: { images: pinned } },
  { title: "the monitored Kafka by itself", stack: "prod", config: { system: "kafka" } },
  { title: "gauzian", stack: "gauzian" },
  { title: "gauzian with what exists", stack: "gauzian", config: GAUZIAN_EXISTING },
];

const root = path.resolve(__dirname, "../..");
const project = readProject(root);

function configOf({ stack, config = {} }: KubernetesStack): Readonly<Record<string, string>> {
  return readConfig(project, stack, { overrides: config }).values;
}

/** Its components, declared and not registered. */
export function declared(subject: KubernetesStack) {
  const { config, problems } = parseConfig(configOf(subject));
  return { ...declareStack(subject.stack, config), problems };
}

/** What it registers. */
export function recorded(subject: KubernetesStack, options: { readonly preview?: boolean } = {}): Promise<Recording> {
  const program = (): void => {
    const { blueprint, problems } = declared(subject);
    blueprint.deploy(problems);
  };
  return recordInProcess(program, {
    project: project.name,
    stack: subject.stack,
    config: configOf(subject),
    random: seededRandom(subject.stack),
    ...(options.preview ? { preview: true, opaque: true } : {}),
  });
}

const rendered = new Map<string, Promise<Objects>>();

/** Its manifests, as they are rendered; made once per test run. To break them, copy them. */
export function objectsOf(subject: KubernetesStack): Promise<Objects> {
  const known = rendered.get(subject.title);
  if (known) return known;
  const objects = recorded(subject).then(
    (recording) => new Objects(manifestsOf(recording).map(({ object }) => object as unknown as KubeObject)),
  );
  rendered.set(subject.title, objects);
  return objects;
}
