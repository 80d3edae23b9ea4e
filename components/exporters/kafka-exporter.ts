import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { checkName } from "../core/names";
import { type Problem, refuse, under } from "../core/problems";
import type { AlertTuning, Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, connectionTo } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Plan, Resources } from "../target/workload";
import { checkKafkaExporterTuning, type KafkaExporterAlert, kafkaExporterRules } from "./kafka-exporter-alerts";
import { kafkaExporterDashboards, kafkaExporterHighlights } from "./kafka-exporter-dashboards";

export interface KafkaExporterArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** The cluster to watch: a `Kafka` of this stack, or one of elsewhere. */
  readonly kafka: Connection;
  /** Regular expressions (RE2) of names. Offsets and lag of other topics and groups are not exported. */
  readonly topics?: {
    /** @default ".*" */
    readonly include?: string;
    /** @default "^__", Kafka's internal topics */
    readonly exclude?: string;
  };
  readonly groups?: {
    /** @default ".*" */
    readonly include?: string;
    /** @default "^$", none */
    readonly exclude?: string;
  };
  /**
   * Jobs that make what is asked about, such as `kafka-topics`: it starts after them. It looks for new topics once a minute, and
   * meanwhile reports groups that read them as errors. @default none
   */
  readonly after?: readonly string[];
  /** Limits. @default 0.5 cores, 128Mi */
  readonly resources?: Resources;
  /** Leaves alerts out or changes them. */
  readonly alerts?: AlertTuning<KafkaExporterAlert>;
}

const PORT = 9308;

/**
 * The protocol version that the exporter speaks. Brokers from 4.0 on refuse the oldest requests, which the exporter's default
 * of 2.0.0 would send.
 */
const PROTOCOL = "3.6.0";

/**
 * Topics' offsets and consumer groups' lag as metrics, asked from the brokers as any client would.
 *
 * ```ts
 * new KafkaExporter("kafka-exporter", { target, images, kafka: kafka.connection });
 * ```
 *
 * It connects without authentication or encryption, as `Kafka` listens inside a stack.
 */
export class KafkaExporter extends pulumi.ComponentResource {
  static readonly type = "datastack:index:KafkaExporter";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: KafkaExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(KafkaExporter.type, name, {}, opts);
    refuse(under(name, KafkaExporter.validate(name, args)));
    this.connection = KafkaExporter.connection(name, args);
    this.monitoring = KafkaExporter.monitoring(name, args);
    this.nodes = deploy(KafkaExporter.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: KafkaExporterArgs): Problem[] {
    return [
      ...checkName("name", name),
      ...checkServers(args.kafka),
      ...checkPattern("topics.include", args.topics?.include),
      ...checkPattern("topics.exclude", args.topics?.exclude),
      ...checkPattern("groups.include", args.groups?.include),
      ...checkPattern("groups.exclude", args.groups?.exclude),
      ...checkKafkaExporterTuning("alerts", args.alerts),
    ];
  }

  static plan(name: string, args: KafkaExporterArgs): Plan {
    const { topics = {}, groups = {} } = args;
    return {
      services: [
        {
          name,
          image: args.images.kafka,
          command: ["/opt/kafka-exporter/kafka_exporter"],
          args: [
            ...args.kafka.endpoints.map((endpoint) => `--kafka.server=${endpoint}`),
            `--kafka.version=${PROTOCOL}`,
            `--web.listen-address=:${PORT}`,
            `--topic.filter=${topics.include ?? ".*"}`,
            `--topic.exclude=${topics.exclude ?? "^__"}`,
            `--group.filter=${groups.include ?? ".*"}`,
            `--group.exclude=${groups.exclude ?? "^$"}`,
          ],
          // It ends when no broker answers at its start.
          needs: [{ to: args.kafka, start: true }],
          ...(args.after ? { after: args.after } : {}),
          ports: { metrics: { port: PORT } },
          ready: { probe: { http: { port: "metrics", path: "/healthz" } } },
          resources: args.resources ?? { cpu: 0.5, memory: "128Mi" },
          stop: { grace: 10 },
        },
      ],
    };
  }

  static connection(name: string, args: KafkaExporterArgs): Connection {
    return connectionTo(args.target, name, { kind: "kafka-exporter", port: PORT });
  }

  static monitoring(name: string, args: KafkaExporterArgs): Monitoring {
    const page = { name: "metrics", number: PORT };
    const target = serviceTarget(name, page, KafkaExporter.connection(name, args), { metricRelabel: LAG_NAMES });
    return {
      targets: [target],
      rules: kafkaExporterRules(name, args.alerts),
      dashboards: kafkaExporterDashboards(),
      highlights: kafkaExporterHighlights(name),
    };
  }
}

/** Builds of the exporter differ in what they call lag; the alerts know one name. */
const LAG_NAMES = [
  {
    source_labels: ["__name__"],
    regex: "kafka_consumergroup_uncommitted_offsets(.*)",
    target_label: "__name__",
    replacement: "kafka_consumergroup_lag$1",
  },
];

function checkServers(kafka: Connection): Problem[] {
  if (kafka.endpoints.length > 0) return [];
  return [{ path: "kafka.endpoints", rule: "must name at least one broker as host:port" }];
}

function checkPattern(path: string, pattern: string | undefined): Problem[] {
  if (pattern === undefined) return [];
  try {
    new RegExp(pattern);
  } catch {
    return [{ path, value: pattern, rule: "must be a regular expression" }];
  }
  const lookaround = /\(\?<?[=!]|\\[1-9]/.test(pattern);
  return lookaround
    ? [{ path, value: pattern, rule: "must be an RE2 expression: it has no look-around and no back references" }]
    : [];
}
