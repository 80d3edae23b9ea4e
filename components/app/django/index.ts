import * as pulumi from "@pulumi/pulumi";
import { deploy } from "../../core/component";
import { type Problem, refuse, under } from "../../core/problems";
import type { Monitoring } from "../../monitoring/monitoring";
import type { Connection } from "../../target/connection";
import type { Deployed } from "../../target/target";
import type { Plan } from "../../target/workload";
import { appMonitoring } from "../monitoring";
import { appConnection, appPlan } from "../plan";
import { djangoAlerts } from "./alerts";
import { appArgs } from "./app-args";
import type { DjangoAppArgs } from "./args";
import { validateDjangoApp } from "./validate";

export type { DjangoAlert } from "./alerts";
export type { DjangoAppArgs, DjangoSuperuser, DjangoWorkers } from "./args";

/**
 * A Django project behind gunicorn: migrated and with an administrator before it starts, static files collected, every request
 * counted.
 *
 * ```ts
 * new DjangoApp("shop", {
 *   target,
 *   image: { reference: "registry.example.com/shop:2.1.0", user: { uid: 10001, gid: 10001 } },
 *   wsgi: "shop.wsgi",
 *   http: { health: "/health/", publish: { port: 8000 } },
 *   uses: { database: { connection: timescaledb.connection, user: "shop" } },
 * });
 * ```
 */
export class DjangoApp extends pulumi.ComponentResource {
  static readonly type = "datastack:index:DjangoApp";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: DjangoAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super(DjangoApp.type, name, {}, opts);
    refuse(under(name, DjangoApp.validate(name, args)));
    this.connection = DjangoApp.connection(name, args);
    this.monitoring = DjangoApp.monitoring(name, args);
    this.nodes = deploy(DjangoApp.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: DjangoAppArgs): Problem[] {
    return validateDjangoApp(name, args);
  }

  static plan(name: string, args: DjangoAppArgs): Plan {
    return appPlan(name, appArgs(name, args));
  }

  static connection(name: string, args: DjangoAppArgs): Connection {
    return appConnection(name, appArgs(name, args));
  }

  static monitoring(name: string, args: DjangoAppArgs): Monitoring {
    return appMonitoring(name, appArgs(name, args), djangoAlerts(name));
  }
}
