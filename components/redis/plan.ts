import { type Connection, type Credentials, connectionTo } from "../target/connection";
import type { Plan, Workload } from "../target/workload";
import { aclFile } from "./acl";
import type { ExistingRedis, RedisArgs } from "./args";
import { ACL_FILE, redisConf } from "./config";
import { ADMIN_FILE, CLI, CLI_SCRIPT, READY, READY_SCRIPT } from "./scripts";
import { DATA, FILES, PORT, secret, spec, USERS } from "./spec";

export function redisPlan(name: string, args: RedisArgs): Plan {
  if (args.existing) return {};
  return { secrets: USERS.map((user) => secret(name, user)), services: [workload(name, args)] };
}

function workload(name: string, args: RedisArgs): Workload {
  const s = spec(name, args);
  return {
    name,
    image: args.images.redis,
    command: ["redis-server", `${FILES}/redis.conf`],
    files: [
      { path: `${FILES}/redis.conf`, content: redisConf(s) },
      { path: ACL_FILE, content: aclFile(name, args.allow), secret: true },
      { path: ADMIN_FILE, content: secret(name, "admin"), secret: true },
      { path: CLI, content: CLI_SCRIPT, executable: true },
      { path: READY, content: READY_SCRIPT, executable: true },
    ],
    volumes: [{ name: "data", path: DATA, size: s.storage }],
    ports: { redis: { port: PORT, ...(s.publish ? { publish: publication(s.publish) } : {}) } },
    replicas: 1,
    identity: "stable",
    // It reads the whole append-only file before it answers anything but errors.
    ready: { probe: { exec: ["sh", READY] }, startWithin: 600 },
    alive: { tcp: { port: "redis" } },
    resources: s.resources,
    stop: { grace: 30 },
  };
}

function publication({ port, address }: { readonly port: number; readonly address: string }) {
  return { host: port, address };
}

export function redisConnection(name: string, args: RedisArgs): Connection {
  if (args.existing) return existingConnection(name, args.existing);
  return {
    ...connectionTo(args.target, name, { kind: "redis", port: PORT, replicas: 1 }),
    credentials: { app: credentials(name, "app"), exporter: credentials(name, "exporter") },
  };
}

function credentials(name: string, user: "app" | "exporter"): Credentials {
  return { user, password: secret(name, user) };
}

function existingConnection(id: string, { host, port = PORT, cidrs, credentials: users }: ExistingRedis): Connection {
  return { id, kind: "redis", port, peer: { cidrs }, host, endpoints: [`${host}:${port}`], credentials: users };
}
