import * as pulumi from "@pulumi/pulumi";
import { deploy } from "../core/component";
import { type Problem, refuse, under } from "../core/problems";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Plan } from "../target/workload";
import type { RedisArgs } from "./args";
import { redisConnection, redisPlan } from "./plan";
import { validateRedis } from "./validate";

export type { AllowedCommand, EvictionPolicy, ExistingRedis, RedisArgs, RedisUse } from "./args";

/**
 * A Redis server: users by ACL instead of one password for all, the default user off, its memory bounded below the container's
 * limit, its data in an append-only file on a kept volume. `RedisExporter` watches it.
 *
 * ```ts
 * const redis = new Redis("redis", { target, images, use: "cache" });
 * redis.connection.credentials?.app;    // user and password of applications
 * ```
 */
export class Redis extends pulumi.ComponentResource {
  static readonly type = "datastack:index:Redis";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Redis.type, name, {}, opts);
    refuse(under(name, Redis.validate(name, args)));
    this.connection = Redis.connection(name, args);
    this.monitoring = Redis.monitoring(name, args);
    this.nodes = deploy(Redis.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: RedisArgs): Problem[] {
    return validateRedis(name, args);
  }

  static plan(name: string, args: RedisArgs): Plan {
    return redisPlan(name, args);
  }

  static connection(name: string, args: RedisArgs): Connection {
    return redisConnection(name, args);
  }

  /** It says nothing by itself in Prometheus's words; see `RedisExporter`. */
  static monitoring(_name: string, _args: RedisArgs): Monitoring {
    return { targets: [], rules: [] };
  }
}
