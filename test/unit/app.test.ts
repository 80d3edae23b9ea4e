import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { App, type AppArgs } from "../../components/app";
import { deploy } from "../../components/core/component";
import { formatProblem } from "../../components/core/problems";
import { secretText } from "../../components/core/secrets";
import type { Workload } from "../../components/target/workload";
import { servers, TARGETS, workerArgs } from "../support/app";
import { fileOf } from "../support/kafka";
import { at, CONTAINER, dependsOn, isSecret, one, record, waitsFor } from "../support/record";

const target = TARGETS.docker();
const service = (args: AppArgs, name = "sink"): Workload => {
  const found = App.plan(name, args).services?.[0];
  if (!found) throw new Error("no service");
  return found;
};
const problems = (more: Partial<AppArgs>) => App.validate("sink", workerArgs(target, more)).map(formatProblem);

describe("what an app is told", () => {
  it("is its settings and, by the documented names, what it uses", () => {
    expect(service(workerArgs(target)).env).toEqual({
      LOG_LEVEL: "info",
      BATCH: "500",
      DRY_RUN: "false",
      METRICS_PORT: "9401",
      DATABASE_HOST: "database",
      DATABASE_PORT: "5432",
      DATABASE_NAME: "shop",
      DATABASE_USER: "shop",
      DATABASE_PASSWORD_FILE: "/run/secrets/database_password",
      REDIS_HOST: "redis",
      REDIS_PORT: "6379",
      REDIS_USER: "app",
      REDIS_PASSWORD_FILE: "/run/secrets/redis_password",
      KAFKA_BOOTSTRAP_SERVERS: "kafka-0:29092",
      KAFKA_CLIENT_CONFIG: "/opt/datastack/app/kafka-client.json",
      SIGNING_KEY_FILE: "/run/secrets/signing_key",
    });
  });

  it("holds no secret but in secret files", () => {
    const { env, files = [] } = service(workerArgs(target));
    expect(files.filter((file) => file.secret).map(({ path, content }) => [path, content])).toEqual([
      ["/run/secrets/database_password", { generated: "database-shop" }],
      ["/run/secrets/redis_password", { generated: "redis-app" }],
      ["/run/secrets/signing_key", { generated: "sink-signing-key" }],
    ]);
    expect(JSON.stringify(env)).not.toContain("database-shop");
    expect(JSON.parse(fileOf(files, "kafka-client.json"))).toEqual({ "client.id": "sink", "group.id": "sink" });
  });

  it("is properties for a Java client", () => {
    const { kafka } = servers(target);
    const client = { library: "java", role: "producer", settings: { "linger.ms": 5, acks: "all" } } as const;
    const { env, files } = service(workerArgs(target, { uses: { kafka: { connection: kafka, client } } }));
    expect(env?.KAFKA_CLIENT_CONFIG).toBe("/opt/datastack/app/kafka-client.properties");
    expect(fileOf(files, ".properties")).toBe("acks=all\nclient.id=sink\nlinger.ms=5\n");
  });

  it("generates the secrets that are called after it, and no others", () => {
    const secrets = {
      SIGNING_KEY: { generated: "sink-signing-key" },
      PEER_URL: secretText`https://${{ secret: { generated: "sink-peer" }, as: "url" }}@peer`,
      SHARED: { generated: "shared-key" },
    };
    const generated = App.plan("sink", workerArgs(target, { secrets })).secrets?.map((s) => s.generated);
    expect(generated).toEqual(["sink-signing-key", "sink-peer"]);
  });
});

describe("what is refused", () => {
  it.each([
    ["API_KEY", "hunter2"],
    ["SMTP_PASSWORD", "hunter2"],
    ["GITHUB_TOKEN", "hunter2"],
    ["SECRET_KEY_BASE", "hunter2"],
    ["AWS_SECRET_ACCESS_KEY", "hunter2"],
    ["CLIENT_SECRETS", "hunter2"],
    ["BROKER_URL", "amqp://user:pass@rabbit:5672/"],
    ["TLS_PEM", "-----BEGIN EC PRIVATE KEY-----\nMHc"],
  ])("a secret in a plain setting: %s", (name, value) => {
    const [problem, ...more] = problems({ settings: { [name]: value } });
    expect(more).toEqual([]);
    expect(problem).toContain(`settings.${name}: has`);
    expect(problem).toContain(`${name}_FILE`);
    expect(problem).not.toContain(value);
  });

  it.each([
    ["PASSWORD_MIN_LENGTH", 12],
    ["TOKEN_TTL_SECONDS", 3600],
    ["SIGNING_KEY_ID_PATH", "/keys"],
    ["ALLOW_EMPTY_PASSWORD", true],
    ["MONKEY", "x"],
    ["UPSTREAM_URL", "https://example.com:8443/a@b"],
    ["COMPASS", "north"],
  ])("nothing that only looks like one: %s", (name, value) => {
    expect(problems({ settings: { [name]: value } })).toEqual([]);
  });

  it("a variable that the stack sets", () => {
    expect(problems({ settings: { DATABASE_HOST: "x", METRICS_PORT: 1, DATASTACK_REPLICA: 0 } })).toEqual([
      "settings.DATABASE_HOST: is set by uses.database. Remove it, or rename it in the app.",
      "settings.METRICS_PORT: is set by metrics.port. Remove it, or rename it in the app.",
      "settings.DATASTACK_REPLICA: is set by the stack, for apps of several replicas. Remove it, or rename it in the app.",
    ]);
    expect(problems({ secrets: { DATABASE_PASSWORD: "x" } })).toEqual([
      "secrets.DATABASE_PASSWORD: sets DATABASE_PASSWORD_FILE, which uses.database sets too. Rename one of them.",
    ]);
  });

  it("a user that the server does not have, and a choice that is not made", () => {
    const { database } = servers(target);
    expect(problems({ uses: { database: { connection: database, user: "shopp" } } })).toEqual([
      'uses.database.user = "shopp": is no user of database. The nearest is shop.',
    ]);
    expect(problems({ uses: { database: { connection: database } } })).toEqual([
      "uses.database.user: must be given: database has several users. Choose one of owner, shop.",
    ]);
    const job = { migrate: { command: ["x"], databaseUser: "admin" } };
    expect(problems({ before: job })).toEqual([
      'before.migrate.databaseUser = "admin": is no user of database. It has owner, shop.',
    ]);
  });

  it("another kind of server", () => {
    const { redis } = servers(target);
    expect(problems({ uses: { kafka: { connection: redis } } })).toEqual([
      'uses.kafka.connection = "redis": must be a connection of kafka.',
    ]);
  });
});

describe("jobs before the start", () => {
  const before = {
    migrate: { command: ["migrate"], databaseUser: "owner", timeout: 900 },
    seed: { command: ["seed"], settings: { ROWS: 10 }, secrets: { SEED_KEY: { generated: "sink-seed" } } },
  };

  it("come one after the other, with all that the app has", () => {
    const plan = App.plan("sink", workerArgs(target, { before, after: ["kafka-topics"] }));
    expect(plan.jobs?.map(({ name, after, restores, timeout }) => ({ name, after, restores, timeout }))).toEqual([
      { name: "sink-migrate", after: ["kafka-topics"], restores: ["database"], timeout: 900 },
      { name: "sink-seed", after: ["kafka-topics", "sink-migrate"], restores: ["database"], timeout: undefined },
    ]);
    expect(plan.services?.[0]?.after).toEqual(["kafka-topics", "sink-seed"]);
    expect(plan.jobs?.[0]?.env).toMatchObject({ DATABASE_USER: "owner", LOG_LEVEL: "info" });
    expect(plan.jobs?.[1]?.env).toMatchObject({
      DATABASE_USER: "shop",
      ROWS: "10",
      SEED_KEY_FILE: "/run/secrets/seed_key",
    });
    expect(plan.services?.[0]?.env).not.toHaveProperty("ROWS");
    expect(plan.secrets?.map((s) => s.generated)).toEqual(["sink-signing-key", "sink-seed"]);
  });

  it("are registered before the app, which waits for them; passwords stay secret", async () => {
    const recording = await record(() => {
      const docker = TARGETS.docker();
      const parent = new pulumi.ComponentResource("datastack:test:Servers", "servers");
      const { plans } = servers(docker);
      for (const plan of plans) deploy(plan, { target: docker }, parent);
      new App("sink", workerArgs(docker, { before, after: ["kafka-topics"] }));
    });
    const sink = one(recording, CONTAINER, "sink");
    expect(dependsOn(recording, sink)).toEqual(expect.arrayContaining(["database", "redis", "kafka-0", "sink-seed"]));
    expect(waitsFor(recording, sink)).toContain("sink-migrate");
    const uploads = at<{ file: string }[]>(sink, "uploads");
    const secret = uploads.flatMap(({ file }, i) => (isSecret(sink, `uploads[${i}].content`) ? [file] : []));
    expect(secret).toEqual(
      ["database_password", "redis_password", "signing_key"].map((name) => `/run/secrets/${name}`),
    );
  });
});

describe("several replicas", () => {
  const web = { port: 8080, health: "/health", publish: { port: 18080 }, dialect: "generic" } as const;

  it("have addresses and host ports of their own, and are watched one by one", () => {
    const args = workerArgs(target, { http: web, replicas: 3 });
    const { identity, ports, perReplica } = service(args);
    expect([identity, ports.http]).toEqual(["stable", { port: 8080 }]);
    expect([0, 1, 2].map((i) => perReplica?.(i).publish?.http?.host)).toEqual([18080, 18081, 18082]);
    expect(App.connection("sink", args).endpoints).toEqual(["sink-0:8080", "sink-1:8080", "sink-2:8080"]);
    expect(App.monitoring("sink", args).targets).toMatchObject([{ identity: "stable", replicas: 3 }]);
  });

  it("are none when there is one", () => {
    const { identity, ports, perReplica } = service(workerArgs(target, { http: web }));
    expect([identity, ports.http, perReplica]).toEqual(["none", { port: 8080, publish: { host: 18080 } }, undefined]);
  });
});

describe("health and metrics", () => {
  it("of a worker are the page of its metrics, of a server the path that it names", () => {
    expect(service(workerArgs(target)).ready.probe).toEqual({ http: { port: "metrics", path: "/metrics" } });
    const http = { port: 8080, health: "/health" };
    expect(service(workerArgs(target, { http })).ready.probe).toEqual({ http: { port: "http", path: "/health" } });
  });

  it("ask for a way to tell whether it works", () => {
    const { metrics, ...none } = workerArgs(target);
    expect(metrics).toBeDefined();
    expect(App.validate("sink", none).map((p) => p.path)).toEqual(["ready"]);
    expect(App.validate("sink", { ...none, ready: { exec: ["test", "-f", "/tmp/ready"] } })).toEqual([]);
    expect(App.monitoring("sink", none)).toMatchObject({ targets: [], rules: [] });
  });

  it("bring alerts for what the app exports, and no others", () => {
    const names = (args: AppArgs) =>
      App.monitoring("sink", args).rules.flatMap((group) => (group.alerts ?? []).map((alert) => alert.name));
    expect(names(workerArgs(target))).toEqual(["AppDown", "AppFileDescriptors", "AppRestarting"]);
    expect(names(workerArgs(target, { metrics: { port: 9401, process: false } }))).toEqual(["AppDown"]);
    const http = { port: 8080, health: "/health", dialect: "generic", expectsTraffic: true } as const;
    expect(names(workerArgs(target, { http, metrics: {} }))).toContain("HttpNoTraffic");
  });

  it("take alerts of one's own, with a runbook, and refuse the tuning of one that is not there", () => {
    const own = {
      ShopStopped: { severity: "warning", for: "5m", summary: "s", description: "d.", runbook: "https://r" },
    };
    const alerts = {
      ShopStopped: { ...own.ShopStopped, severity: "warning", for: "5m", expr: () => ({}) as never },
    } as const;
    const [, group] = App.monitoring("sink", workerArgs(target, { monitoring: { alerts } })).rules;
    expect(group).toMatchObject({ name: "sink-own", alerts: [{ name: "ShopStopped", runbook: "https://r" }] });
    expect(problems({ alerts: { HttpLatencyHigh: false } })).toEqual([
      "alerts.HttpLatencyHigh: is not an alert of this component. Its alerts are AppDown, AppFileDescriptors, AppRestarting.",
    ]);
  });

  it("cannot be tuned above what the histogram can show", () => {
    const http = { port: 8080, health: "/health", dialect: "generic" } as const;
    expect(problems({ http, alerts: { HttpLatencyCritical: { threshold: 10 } } })).toEqual([]);
    expect(problems({ http, alerts: { HttpLatencyCritical: { threshold: 11 } } })).toHaveLength(1);
  });
});

describe.each(["docker", "kubernetes"] as const)("on %s", (kind) => {
  it.each([
    ["a worker", {}],
    ["a server of three replicas", { http: { port: 8080, health: "/health", dialect: "generic" }, replicas: 3 }],
    ["jobs", { before: { migrate: { command: ["migrate"], databaseUser: "owner" } } }],
  ] as const)("%s is a plan without problems", (_, more) => {
    const on = TARGETS[kind]();
    const args = workerArgs(on, more as Partial<AppArgs>);
    expect(App.validate("sink", args)).toEqual([]);
    expect(on.check([...servers(on).plans, App.plan("sink", args)])).toEqual([]);
  });
});
