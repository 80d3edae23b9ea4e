import { App, type AppArgs, DjangoApp, type DjangoAppArgs, type KafkaClient } from "../../../components/app";
import type { Connection } from "../../../components/target/connection";
import { type Case, component } from "./case";

const image = { reference: "registry.example.com/shop:1.0", user: { uid: 10001, gid: 10001 } };

const elsewhere = (id: string, port: number): Connection => ({
  id,
  kind: id,
  port,
  peer: { cidrs: ["192.0.2.10/32"] },
  host: `${id}.example.com`,
  endpoints: [`${id}.example.com:${port}`],
});

const postgres: Connection = {
  ...elsewhere("postgres", 5432),
  database: "shop",
  credentials: {
    shop: { user: "shop", password: "not a secret" },
    reports: { user: "reports", password: "not a secret" },
  },
};
const database = { connection: postgres, user: "shop" };
const http = { port: 8080, health: "/health" };

const app = (title: string, args: Partial<Omit<AppArgs, "target">>) =>
  component(title, App, { image, metrics: { port: 9400 }, ...args } as Omit<AppArgs, "target">, undefined, "shop");

const django = (title: string, args: Partial<Omit<DjangoAppArgs, "target">>) =>
  component(
    title,
    DjangoApp,
    { image, wsgi: "shop.wsgi", http: { health: "/health/" }, uses: { database }, ...args } as Omit<
      DjangoAppArgs,
      "target"
    >,
    undefined,
    "shop",
  );

const kafka = (title: string, client: Partial<KafkaClient>) =>
  app(title, {
    uses: {
      kafka: { connection: elsewhere("kafka", 9092), client: { library: "librdkafka", role: "producer", ...client } },
    },
  });

export const CASES: readonly Case[] = [
  kafka("Java's setting for another client library", { settings: { "buffer.memory": 33554432 } }),
  kafka("misspelt client setting", { settings: { "linger.msec": 20 } }),
  kafka("client setting out of range", { settings: { "queue.buffering.max.kbytes": 0 } }),
  kafka("compression that the client does not know", { settings: { "compression.type": "brotli" } }),
  kafka("consumer's setting for a producer", { settings: { "auto.offset.reset": "earliest" } }),
  kafka("brokers among the client settings", { settings: { "bootstrap.servers": "kafka:9092" } }),
  kafka("idempotent producer that waits for one copy", { settings: { "enable.idempotence": true, acks: 1 } }),
  kafka("consumer without a group", { role: "consumer" }),
  kafka("unknown client library", { library: "sarama" as never }),
  app("password among the plain settings", { settings: { SMTP_PASSWORD: "hunter2" } }),
  app("password within an address", { settings: { BROKER_URL: "amqp://shop:hunter2@rabbit:5672/" } }),
  app("setting in place of what follows from uses", { uses: { database }, settings: { DATABASE_HOST: "localhost" } }),
  app("user that the database does not have", { uses: { database: { connection: postgres, user: "shopp" } } }),
  app("database with several users and none chosen", { uses: { database: { connection: postgres } } }),
  app("cache in place of a database", { uses: { database: { connection: elsewhere("redis", 6379) } } }),
  app("server without a health path", { http: { port: 8080 } as never }),
  app("privileged port", { http: { ...http, port: 80 } }),
  app("worker that cannot be asked anything", { metrics: undefined as never }),
  app("same port for two things", { http, ports: { admin: 8080 } }),
  app("unknown dialect", { http: { ...http, dialect: "flask" as never } }),
  app("latency above the last bucket", {
    http: { ...http, dialect: "generic" },
    alerts: { HttpLatencyHigh: { threshold: 30 } },
  }),
  app("moving tag of one's own image", { image: { ...image, reference: "registry.example.com/shop:latest" } }),
  django("Django without a health path", { http: {} as never }),
  django("Django with every host", { hosts: ["*"] }),
  django("Django with every origin", { corsOrigins: ["*"] }),
  django("Django's key among the plain settings", { settings: { DJANGO_SECRET_KEY: "hunter2" } }),
  django("Django's hosts among the plain settings", { settings: { DJANGO_ALLOWED_HOSTS: "*" } }),
  django("more processes than memory holds", { workers: { processes: 16 } }),
  django("no time to end requests", { stopGrace: 5 }),
  django("static files over the code", { static: { path: "/app" } }),
  django("migrations by a user that is not there", { migrations: { user: "owner" } }),
];
