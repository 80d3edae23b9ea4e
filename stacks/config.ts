import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { IMAGES, type ImageName } from "../components/core/images";
import type { Problem } from "../components/core/problems";
import { bytes, type Duration, type Size, seconds } from "../components/core/units";
import { backendSchema, checkServers, gatewaySchema, minioSchema, postgresSchema, redisSchema } from "./gauzian-config";
import { checkReceivers, receiverSchema } from "./receivers";

const size = (description: string, value: Size) =>
  z
    .custom<Size>((v) => typeof v === "string" && bytes(v) !== undefined, 'must be a size such as "512Mi" or "10Gi"')
    .meta({ type: "string", description })
    .default(value);

const duration = (description: string, value: Duration) =>
  z
    .custom<Duration>((v) => typeof v === "string" && seconds(v) !== undefined, 'must be a duration such as "15d"')
    .meta({ type: "string", description })
    .default(value);

const port = (description: string, value: number) => z.int().min(1024).max(65535).meta({ description }).default(value);

const exposure = z.strictObject({
  by: z.enum(["LoadBalancer", "NodePort"]),
  hosts: z.union(
    [z.string().min(1), z.array(z.string().min(1))],
    "must be a text, or a list of texts that are not empty",
  ),
  from: z.array(z.string()),
  port: z.int().exactOptional(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

const imageNames = Object.keys(IMAGES) as [ImageName, ...ImageName[]];

/**
 * Every configuration key of the stacks: what it accepts, its default and its description. The type `StackConfig`, the checks at
 * run time, the `config:` block of Pulumi.yaml and docs/configuration.md all come from here.
 */
export const schema = z.strictObject({
  system: z.enum(["crypto-viz", "gauzian", "kafka"]).optional().meta({
    description:
      "System that this stack deploys; needed for a stack of your own name. dev and prod deploy crypto-viz, gauzian what it is called; kafka is a monitored Kafka by itself.",
  }),
  target: z.enum(["docker", "kubernetes"]).default("docker").meta({ description: "Where the stack runs." }),
  production: z.boolean().default(false).meta({
    description: "Protects volumes against deletion, and refuses to destroy the stack before that is lifted.",
  }),
  publish: z.enum(["none", "loopback", "all"]).default("none").meta({
    description:
      "Where service ports are published on the host (Docker): nowhere, on 127.0.0.1, or Kafka's on every address. What has no authentication, such as Prometheus, stays on 127.0.0.1.",
  }),
  advertisedHost: z.string().min(1).optional().meta({
    description: "Name or address under which Kafka clients outside the host reach it; needed when publish is all.",
  }),
  kafkaPort: port("Host port of broker 0; broker i gets this plus i.", 9092),
  prometheusPort: port("Host port of Prometheus.", 9090),
  kafkaRmiPort: port("Host port of broker 0's JMX RMI; broker i gets this plus i.", 9101),
  kafkaRmi: z.boolean().default(false).meta({ description: "JMX over RMI for JConsole and the like." }),
  kafkaBrokers: z
    .int()
    .min(1)
    .max(9)
    .default(1)
    .meta({ description: "Kafka nodes, each broker and controller: 1, 3, 5 …" }),
  kafkaMemory: size("Memory limit of one broker; half of it becomes heap, the rest is page cache.", "1536Mi"),
  kafkaStorage: size("Volume of one broker. Grow only.", "10Gi"),
  kafkaRecover: z.array(z.int().min(0)).default([]).meta({
    description: "Node ids whose volume was lost: their new volume is initialised as a joiner of the running cluster.",
  }),
  kafkaExpose: exposure.optional().meta({
    target: "kubernetes",
    description:
      "Kafka clients outside of the cluster, by one Service per broker: `by`, `hosts`, `from`, `port`, `annotations`; see docs/kafka.md. Without it there are none.",
  }),
  kafkaRack: z.enum(["where-known", "required", "off"]).optional().meta({
    target: "kubernetes",
    description:
      "Whether a broker's rack is its node's zone; required: it does not start without. Without it: where-known.",
  }),
  timescaledbPort: port("Host port of TimescaleDB.", 15432),
  timescaledbEdition: z.enum(["community", "apache"]).optional().meta({
    description:
      "Edition of TimescaleDB. Without it, what the image has: community, or apache where it was built from Debian's packages.",
  }),
  timescaledbMemory: size("Memory limit of TimescaleDB; its own settings are computed from it.", "1Gi"),
  timescaledbStorage: size("Volume of TimescaleDB. Grow only.", "20Gi"),
  timescaledbRecover: z.boolean().default(false).meta({
    description: "The volume of TimescaleDB was lost and may be initialised as an empty one; see docs/timescaledb.md.",
  }),
  backupsKept: z.int().min(1).max(366).default(7).meta({
    description: "Nightly dumps of the database that are kept; with gauzian, archives of what people made in Grafana.",
  }),
  redisPort: port("Host port of Redis.", 6380),
  redisMemory: size("Memory limit of Redis; what it holds is bounded below it.", "256Mi"),
  apiPort: port("Host port of the API and its admin pages.", 8000),
  feedRate: z.int().min(1).max(2000).default(12).meta({
    description: "Prices a second of the synthetic feed; trades are twice as many.",
  }),
  nodeExporterPort: port(
    "Port of every node that the node exporter listens on (Kubernetes: nothing else there may).",
    9100,
  ),
  alertmanagerPort: port("Host port of Alertmanager.", 9093),
  alertReceivers: z.record(z.string(), receiverSchema).default({}).meta({
    description: "Who is told of alerts, by name; their secrets are in files, see docs/alertmanager.md.",
  }),
  alertWatchdog: z.string().min(1).optional().meta({
    description: "Name of the receiver that is told every five minutes that alerts work (dead man's switch).",
  }),
  grafanaPort: port("Host port of Grafana.", 3000),
  prometheusRetention: duration("How long Prometheus keeps samples.", "15d"),
  prometheusStorage: size("Volume of Prometheus; samples may take at most 80 % of it. Grow only.", "10Gi"),
  backend: backendSchema.optional().meta({
    description:
      "gauzian: a back end that exists, in place of the stack's own: `port`, `path`, and `namespace` and `selector` of its pods, or `hosts` and `cidrs`; see docs/gauzian.md.",
  }),
  backendLoad: z.int().min(0).max(200).default(5).meta({
    description: "gauzian: requests a second that the stack's own back end makes of itself; 0 for none.",
  }),
  postgres: postgresSchema.optional().meta({
    description:
      "gauzian: a PostgreSQL that exists, for its exporter: `host`, `user`, `passwordSecret` or `passwordFile`, `cidrs` or `namespace` and `selector`; see docs/gauzian.md.",
  }),
  redis: redisSchema.optional().meta({
    description: "gauzian: a Redis that exists, for its exporter, as `postgres`; see docs/gauzian.md.",
  }),
  minio: minioSchema.optional().meta({
    description:
      "gauzian: a MinIO that exists: `namespace` and `selector` of its pods, or `hosts` and `cidrs`, and `tokenSecret` or `tokenFile`; see docs/gauzian.md.",
  }),
  gateway: gatewaySchema.optional().meta({
    target: "kubernetes",
    description:
      "gauzian: host names for `prometheus` and `grafana` by Traefik, with `tls` by `secret` or `issuer`; see docs/gauzian.md.",
  }),
  clusterMetrics: z.boolean().default(true).meta({
    target: "kubernetes",
    description:
      "kube-state-metrics: what it says of the stack's workloads, schedules and claims. Alerts about schedules need it there.",
  }),
  kubeletMetrics: z.boolean().default(false).meta({
    description:
      "What kubelets say of the stack's volumes and containers (Kubernetes); needs a right to the metrics of every node.",
  }),
  runbooks: z.string().min(1).optional().meta({
    description: "Base address of the runbooks in alerts. Without it they carry the path in this repository.",
  }),
  rotations: z.record(z.string(), z.int().min(1)).default({}).meta({
    description:
      'Generated passwords to replace, by name: raise a number to have a new one (taking one out makes a new one too), such as `{"grafana-admin": 2}`.',
  }),
  images: z.partialRecord(z.enum(imageNames), z.string()).default({}).meta({
    description: "Image references that replace those of the catalogue, such as a private registry's or a digest.",
  }),
  leftOut: z.array(z.enum(imageNames)).default([]).meta({
    description:
      "Images that can neither be pulled nor built, so the stack goes without what needs them. `npm start` finds out for itself.",
  }),
  dockerHost: z
    .string()
    .regex(/^(unix|tcp|ssh|npipe):\/\/.+/, 'must be an address such as "ssh://user@host" or "tcp://host:2376"')
    .optional()
    .meta({ target: "docker", description: "Docker engine. Without it, the one that the docker client uses." }),
  dockerCertPath: z.string().min(1).optional().meta({
    target: "docker",
    description: "Folder with ca.pem, cert.pem and key.pem for a tcp:// engine with TLS.",
  }),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .meta({ target: "kubernetes", description: "Path of the kubeconfig file. Without it, the usual one." }),
  kubeContext: z
    .string()
    .min(1)
    .optional()
    .meta({ target: "kubernetes", description: "Context in the kubeconfig. Without it, the current one." }),
  clusterIdentifier: z.string().min(1).optional().meta({
    target: "kubernetes",
    description:
      "What Pulumi tells this cluster from others by; another one replaces everything, so it is never changed on a deployed stack. Without it, the stack's name.",
  }),
  namespace: z.string().min(1).optional().meta({
    target: "kubernetes",
    description: "Namespace of the stack; its host agents are in `<namespace>-agents`. Without it, the stack's name.",
  }),
  apiServerCidrs: z.array(z.string().min(1)).default([]).meta({
    target: "kubernetes",
    description:
      'Where the API server is, such as `["10.0.0.1/32"]`: what discovers pods may go nowhere else. Without it, to every address on 443 and 6443.',
  }),
  dnsCidrs: z.array(z.string().min(1)).default([]).meta({
    target: "kubernetes",
    description:
      "Addresses of name servers beside the DNS pods of kube-system, as CIDRs, such as a cache on every node.",
  }),
  priorityClass: z.string().min(1).optional().meta({
    target: "kubernetes",
    description: "Priority class that is there, for all pods. Without it, the stack makes one: datastack-<namespace>.",
  }),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).optional().meta({
    target: "kubernetes",
    description:
      "When nodes pull images of a registry. Without it: always those with a tag, and those with a digest if they are missing.",
  }),
  storageClass: z
    .string()
    .min(1)
    .optional()
    .meta({ target: "kubernetes", description: "Storage class of volumes. Without it, the cluster's default." }),
});

export type StackConfig = z.infer<typeof schema>;

export const PROJECT = "datastack";

/** One row per key, for Pulumi.yaml and the docs. */
export interface ConfigKey {
  readonly key: string;
  readonly type: "string" | "integer" | "boolean" | "array" | "object";
  readonly description: string;
  readonly default?: unknown;
  /** Of the elements of an array. */
  readonly items?: { readonly type: string };
  readonly values?: readonly string[];
  /** The one target that it is for. */
  readonly target?: StackConfig["target"];
}

export function configKeys(): ConfigKey[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Object.entries(json.properties ?? {}).map(([key, property]) => {
    const p = property as Omit<ConfigKey, "key" | "values" | "items"> & { enum?: string[]; items?: { type: string } };
    return {
      key,
      type: p.type,
      description: p.description,
      ...(p.default === undefined ? {} : { default: p.default }),
      ...(p.items ? { items: { type: p.items.type } } : {}),
      ...(p.enum ? { values: p.enum } : {}),
      ...(p.target ? { target: p.target } : {}),
    };
  });
}

/** The configuration of the running stack, checked. */
export function readConfig(): { config: StackConfig; problems: Problem[] } {
  return parseConfig(pulumi.runtime.allConfig());
}

/** `all` is keyed as Pulumi keys it: `<project>:<key>`, values as text. Other projects' keys are providers' and are left alone. */
export function parseConfig(all: Readonly<Record<string, string>>): { config: StackConfig; problems: Problem[] } {
  const types = new Map(configKeys().map((k) => [k.key, k.type]));
  // Nothing, as Pulumi.yaml has it for a key that is not given.
  const given = ([, text]: [string, string]) => text !== "" && text !== "{}";
  const own = Object.entries(all)
    .filter(([key]) => key.startsWith(`${PROJECT}:`))
    .filter(given);
  const input = Object.fromEntries(
    own.map(([key, text]) => [key.slice(PROJECT.length + 1), decode(text, types.get(key.slice(PROJECT.length + 1)))]),
  );
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return { config: forTarget(result.data), problems: checkTogether(input, result.data) };
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, input));
  // What is wrong is replaced by its default, so that the rest of the configuration can be checked in the same run.
  const valid = Object.fromEntries(
    Object.entries(input).filter(([key]) => types.has(key) && !result.error.issues.some((i) => i.path[0] === key)),
  );
  return { config: forTarget(schema.parse(valid)), problems };
}

/** What is on by default where the target has it, and off elsewhere. */
function forTarget(config: StackConfig): StackConfig {
  return { ...config, clusterMetrics: config.clusterMetrics && config.target === "kubernetes" };
}

/** Keys that have no meaning beside the others. */
function checkTogether(input: Readonly<Record<string, unknown>>, config: StackConfig): Problem[] {
  const misplaced = configKeys().filter(
    ({ key, target, default: own }) =>
      // Pulumi hands every default over as if it had been given
      key in input && target && target !== config.target && !isDeepStrictEqual(input[key], own),
  );
  return [
    ...checkReceivers(`${PROJECT}:alertReceivers`, config.alertReceivers),
    ...checkServers(PROJECT, config),
    ...misplaced.map(({ key, target }) => ({
      path: `${PROJECT}:${key}`,
      value: input[key],
      rule: `is for target ${target}, and this stack's target is ${config.target}`,
      fix: "Take it out, or change datastack:target",
    })),
    ...(config.dockerCertPath && !config.dockerHost
      ? [
          {
            path: `${PROJECT}:dockerCertPath`,
            value: config.dockerCertPath,
            rule: "needs datastack:dockerHost",
            fix: 'Give the engine\'s address, such as "tcp://host:2376"; DOCKER_HOST brings its own DOCKER_CERT_PATH',
          },
        ]
      : []),
  ];
}

function decode(text: string, type: ConfigKey["type"] | undefined): unknown {
  if (type === undefined || type === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Issue = z.core.$ZodIssue;

function toProblems(issue: Issue, input: Readonly<Record<string, unknown>>): Problem[] {
  const path = `${PROJECT}:${issue.path.join(".")}`;
  if (issue.code === "unrecognized_keys") {
    if (issue.path[0] === "images") {
      return issue.keys.map((key) => ({ path: `${path}.${key}`, rule: `must be one of ${imageNames.join(", ")}` }));
    }
    if (issue.path.length > 0) {
      return issue.keys.map((key) => ({
        path: `${path}.${key}`,
        rule: "is not known here",
        fix:
          issue.path[0] === "alertReceivers"
            ? "See docs/alertmanager.md for what a receiver can have in the configuration"
            : `docs/configuration.md says what ${PROJECT}:${String(issue.path[0])} can have`,
      }));
    }
    return issue.keys.map((key) => ({
      path: `${PROJECT}:${key}`,
      rule: "is not a key of this project",
      fix: `Known keys: ${configKeys()
        .map((k) => k.key)
        .join(", ")}`,
    }));
  }
  const value = issue.path.reduce<unknown>((v, part) => (v as Record<PropertyKey, unknown> | undefined)?.[part], input);
  return [{ path, value, rule: rule(issue) }];
}

function rule(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${article(issue.expected)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map((v) => JSON.stringify(v)).join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "must not be empty" : `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function article(type: string): string {
  const noun = type === "int" || type === "number" ? "whole number" : type === "record" ? "object" : type;
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
