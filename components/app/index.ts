import * as pulumi from "@pulumi/pulumi";
import { deploy } from "../core/component";
import { type Problem, refuse, under } from "../core/problems";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Plan } from "../target/workload";
import type { AppArgs } from "./args";
import { appMonitoring } from "./monitoring";
import { appConnection, appPlan } from "./plan";
import { validateApp } from "./validate";

export type { AppAlert } from "./alerts";
export type {
  AppArgs,
  AppHttp,
  AppImage,
  AppJob,
  AppMetrics,
  AppPublication,
  AppSettings,
  AppUses,
  UsedServer,
} from "./args";
export { type DjangoAlert, DjangoApp, type DjangoAppArgs } from "./django";
export { HTTP_DIALECTS, type HttpDialect, type HttpDialectName } from "./http-dialect";
export type { KafkaClient, KafkaLibrary, KafkaRole, KafkaSetting } from "./kafka-client/args";

/**
 * A service of your own image: its settings, secrets and connections, jobs before its start, health, metrics and alerts.
 *
 * ```ts
 * new App("sink", {
 *   target,
 *   image: { reference: "registry.example.com/sink:1.4.0", user: { uid: 10001, gid: 10001 } },
 *   uses: {
 *     kafka: {
 *       connection: kafka.connection,
 *       client: { library: "librdkafka", role: "consumer", settings: { "group.id": "sink" } },
 *     },
 *     database: { connection: timescaledb.connection, user: "sink" },
 *   },
 *   metrics: { port: 9401 },
 * });
 * ```
 */
export class App extends pulumi.ComponentResource {
  static readonly type = "datastack:index:App";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
    super(App.type, name, {}, opts);
    refuse(under(name, App.validate(name, args)));
    this.connection = App.connection(name, args);
    this.monitoring = App.monitoring(name, args);
    this.nodes = deploy(App.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: AppArgs): Problem[] {
    return validateApp(name, args);
  }

  static plan(name: string, args: AppArgs): Plan {
    return appPlan(name, args);
  }

  static connection(name: string, args: AppArgs): Connection {
    return appConnection(name, args);
  }

  static monitoring(name: string, args: AppArgs): Monitoring {
    return appMonitoring(name, args);
  }
}
