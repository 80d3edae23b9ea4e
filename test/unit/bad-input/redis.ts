import { imageCatalogue } from "../../../components/core/images";
import { PostgresExporter, RedisExporter, SqlExporter } from "../../../components/exporters";
import { Redis, type RedisArgs } from "../../../components/redis";
import type { Connection } from "../../../components/target/connection";
import { type Case, component } from "./case";

const images = imageCatalogue();

const redis = (title: string, args: Partial<Omit<RedisArgs, "target">>) =>
  component(title, Redis, { images, use: "queue", ...args } as Omit<RedisArgs, "target">);

const server = (kind: string): Connection => ({
  id: "elsewhere",
  kind,
  port: 5432,
  peer: { cidrs: ["10.0.0.0/16"] },
  host: "db.example.com",
  endpoints: ["db.example.com:5432"],
});

/** Redis, and the exporters of Redis and PostgreSQL. */
export const CASES: readonly Case[] = [
  redis("eviction policy with queues", { eviction: "allkeys-lru" }),
  redis("a cache that refuses writes when it is full", { use: "cache", eviction: "noeviction" }),
  redis("unknown eviction policy", { use: "cache", eviction: "lru" as never }),
  redis("Redis for nothing in particular", { use: "store" as never }),
  redis("maxmemory above what the limit leaves", {
    maxMemory: "900Mi",
    resources: { cpu: 1, memory: "1Gi" },
    storage: { size: "4Gi" },
  }),
  redis("more clients than their memory has room for", { maxClients: 5000 }),
  redis("volume too small for the append-only file", {
    resources: { cpu: 1, memory: "4Gi" },
    storage: { size: "2Gi" },
  }),
  redis("a dangerous command that cannot be given back", { allow: ["config" as never] }),
  redis("settings of an existing Redis, and no way to log in", {
    maxMemory: "1Gi",
    existing: {
      host: "redis.example.com:6379",
      cidrs: [],
      credentials: { app: { user: "app", password: "secret" } },
    } as never,
  }),
  component("exporter of another kind of server", RedisExporter, { images, redis: server("postgres") }),
  component("exporter without a login", PostgresExporter, { images, database: server("postgres") }),
  component("tuning of an alert beyond its bounds", SqlExporter, {
    images,
    database: { ...server("postgres"), credentials: { monitoring: { user: "monitoring", password: "secret" } } },
    edition: "apache",
    alerts: { TimescaleDBAggregateBehind: { threshold: 0.5 } },
  }),
];
