import type { AppArgs, DjangoAppArgs } from "../../components/app";
import { imageCatalogue } from "../../components/core/images";
import { Kafka } from "../../components/kafka";
import type { Connection } from "../../components/target/connection";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import type { Plan, Workload } from "../../components/target/workload";

const images = imageCatalogue();

export const IMAGE = { reference: "registry.example.com/shop:1.0", user: { uid: 10001, gid: 10001 } } as const;

export const TARGETS = {
  docker: (): Target => new DockerTarget({ stack: "test" }),
  kubernetes: (): Target => new KubernetesTarget({ stack: "test" }),
} as const;

/** A database and a cache of the stack, as their components connect to them. */
export function servers(target: Target): { database: Connection; redis: Connection; kafka: Connection; plans: Plan[] } {
  const kafkaArgs = { target, images, topics: { ticks: {} } };
  return {
    database: {
      ...connection(target, "database", "postgres", 5432),
      database: "shop",
      credentials: {
        shop: { user: "shop", password: { generated: "database-shop" } },
        owner: { user: "owner", password: { generated: "database-owner" } },
      },
    },
    redis: {
      ...connection(target, "redis", "redis", 6379),
      credentials: { app: { user: "app", password: { generated: "redis-app" } } },
    },
    kafka: Kafka.connection("kafka", kafkaArgs),
    plans: [
      {
        secrets: [{ generated: "database-shop" }, { generated: "database-owner" }, { generated: "redis-app" }],
        services: [server("database", 5432), server("redis", 6379)],
      },
      Kafka.plan("kafka", kafkaArgs),
    ],
  };
}

function connection(target: Target, id: string, kind: string, port: number): Connection {
  const host = target.host(id);
  return { id, kind, port, peer: { workload: id }, host, endpoints: [`${host}:${port}`] };
}

export function server(name: string, port: number): Workload {
  return {
    name,
    image: images.prometheus,
    command: ["true"],
    ports: { main: { port } },
    ready: { probe: { tcp: { port: "main" } } },
    resources: { cpu: 0.1, memory: "32Mi" },
    stop: { grace: 5 },
  };
}

/** A worker with everything that one can have. */
export function workerArgs(target: Target, more: Partial<AppArgs> = {}): AppArgs {
  const { database, redis, kafka } = servers(target);
  return {
    target,
    image: IMAGE,
    command: ["python3", "-m", "shop.sink"],
    settings: { LOG_LEVEL: "info", BATCH: 500, DRY_RUN: false },
    secrets: { SIGNING_KEY: { generated: "sink-signing-key" } },
    uses: {
      database: { connection: database, user: "shop" },
      redis: { connection: redis },
      kafka: {
        connection: kafka,
        client: { library: "librdkafka", role: "consumer", settings: { "group.id": "sink" } },
      },
    },
    metrics: { port: 9401 },
    ...more,
  };
}

export function djangoArgs(target: Target, more: Partial<DjangoAppArgs> = {}): DjangoAppArgs {
  const { database, redis } = servers(target);
  return {
    target,
    image: IMAGE,
    wsgi: "shop.wsgi",
    http: { health: "/health/" },
    uses: { database: { connection: database, user: "shop" }, redis: { connection: redis } },
    ...more,
  };
}
