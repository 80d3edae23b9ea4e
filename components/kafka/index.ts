import * as pulumi from "@pulumi/pulumi";
import { deploy } from "../core/component";
import { type Problem, refuse, under } from "../core/problems";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Plan } from "../target/workload";
import type { KafkaArgs } from "./args";
import { kafkaMonitoring } from "./monitoring";
import { brokerConnection, metricsConnection, topicsJob, workload } from "./plan";
import { spec } from "./spec";
import { validateKafka } from "./validate";

export type { KafkaAlert } from "./alerts";
export type {
  ExistingKafka,
  KafkaArgs,
  KafkaExposure,
  KafkaPublication,
  KafkaReassignment,
  KafkaRmi,
  Topic,
} from "./args";
export type { BrokerSetting, Setting, TopicSetting } from "./settings";

/**
 * A Kafka cluster, its topics and its metrics: every node is broker and controller (KRaft), with the JMX agent's metrics for
 * Prometheus.
 *
 * ```ts
 * const kafka = new Kafka("kafka", {
 *   target,
 *   images: imageCatalogue(),
 *   brokers: 3,
 *   topics: { orders: { partitions: 6, retention: "7d" } },
 * });
 * ```
 */
export class Kafka extends pulumi.ComponentResource {
  static readonly type = "datastack:index:Kafka";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: KafkaArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Kafka.type, name, {}, opts);
    refuse(under(name, Kafka.validate(name, args)));
    this.connection = Kafka.connection(name, args);
    this.monitoring = Kafka.monitoring(name, args);
    this.nodes = deploy(Kafka.plan(name, args), args, this).nodes;
    this.registerOutputs({ endpoints: [...this.connection.endpoints] });
  }

  static validate(name: string, args: KafkaArgs): Problem[] {
    return validateKafka(name, args);
  }

  static plan(name: string, args: KafkaArgs): Plan {
    const several = !args.existing && spec(name, args).brokers > 1;
    // Without topics of one's own there are Kafka's, and the defaults of a cluster that has grown.
    const jobs = several || Object.keys(args.topics ?? {}).length > 0 ? [topicsJob(name, args)] : [];
    return args.existing ? { jobs } : { services: [workload(name, args)], jobs };
  }

  static connection(name: string, args: KafkaArgs): Connection {
    return brokerConnection(name, args);
  }

  /** Of a cluster that somebody else runs only what an exporter can ask from outside is known; see `KafkaExporter`. */
  static monitoring(name: string, args: KafkaArgs): Monitoring {
    if (args.existing) return { targets: [], rules: [] };
    const { brokers } = spec(name, args);
    const alerts = args.alerts ? { alerts: args.alerts } : {};
    return kafkaMonitoring(name, { brokers, connection: metricsConnection(name, args), ...alerts });
  }
}
