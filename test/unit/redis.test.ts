import { describe, expect, it } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { Redis, type RedisArgs } from "../../components/redis";
import { redisConf } from "../../components/redis/config";
import { spec } from "../../components/redis/spec";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { all, CONTAINER, kubernetes, one, PASSWORD, plain, record, Secret } from "../support/record";

const target = new DockerTarget({ stack: "test" });
const images = imageCatalogue();
const redis = (more: Partial<RedisArgs> = {}): RedisArgs => ({ target, images, use: "cache", ...more });
const workload = (more: Partial<RedisArgs> = {}) => Redis.plan("redis", redis(more)).services?.[0];
const file = (end: string, more: Partial<RedisArgs> = {}) => workload(more)?.files?.find((f) => f.path.endsWith(end));
const problems = (more: Partial<RedisArgs>) => Redis.validate("redis", redis(more)).map(formatProblem);

/** Settings by name; one that is there several times has several values. */
function settings(more: Partial<RedisArgs> = {}): Map<string, string> {
  const lines = redisConf(spec("redis", redis(more)))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const map = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
    map.set(name, map.has(name) ? `${map.get(name)}\n${value}` : value);
  }
  return map;
}

describe("memory", () => {
  const MI = 2 ** 20;

  it.each([
    ["256Mi", 134],
    ["1Gi", 595],
    ["4Gi", 2438],
  ] as const)("of a limit of %s is %i MiB for data: 60 %% of what 32 MiB leave", (memory, data) => {
    expect(Number(settings({ resources: { cpu: 1, memory } }).get("maxmemory"))).toBe(data * MI);
  });

  it("is bounded for clients too, so that no request can exceed the container's limit", () => {
    const conf = settings({ resources: { cpu: 1, memory: "1Gi" } });
    const clients = `${59 * MI}`;
    expect(conf.get("maxmemory-clients")).toBe(clients);
    expect(conf.get("proto-max-bulk-len")).toBe(clients);
    expect(conf.get("client-query-buffer-limit")).toBe(clients);
    expect(conf.get("client-output-buffer-limit")?.split("\n")).toEqual(
      ["normal", "pubsub", "replica"].map((kind) => `${kind} ${clients} ${(59 * MI) / 4} 60`),
    );
    expect(conf.get("maxclients")).toBe("3776");
  });

  it("has room for the pages that change while the file is rewritten", () => {
    for (const memory of ["64Mi", "256Mi", "1Gi", "16Gi"] as const) {
      const { maxMemory } = spec("redis", redis({ resources: { cpu: 1, memory } }));
      expect(problems({ resources: { cpu: 1, memory }, storage: { size: "64Gi" } })).toEqual([]);
      expect(maxMemory).toBeGreaterThanOrEqual(16 * MI);
    }
  });

  it("is threaded only where there are cores for it", () => {
    expect(settings().get("io-threads")).toBe("1");
    expect(settings({ resources: { cpu: 4, memory: "1Gi" } }).get("io-threads")).toBe("3");
  });
});

describe("configuration", () => {
  it("keeps every write within a second, on a volume, and makes no snapshots beside", () => {
    expect(Object.fromEntries(settings())).toMatchObject({
      dir: "/data",
      appendonly: "yes",
      appendfsync: "everysec",
      save: '""',
      "protected-mode": "yes",
    });
    expect(settings({ fsync: "always" }).get("appendfsync")).toBe("always");
    expect(workload()?.volumes).toEqual([{ name: "data", path: "/data", size: "1Gi" }]);
  });

  it("evicts from caches only", () => {
    expect(settings().get("maxmemory-policy")).toBe("allkeys-lru");
    expect(settings({ eviction: "allkeys-lfu" }).get("maxmemory-policy")).toBe("allkeys-lfu");
    expect(settings({ use: "queue" }).get("maxmemory-policy")).toBe("noeviction");
  });

  it("closes idle connections only when told to", () => {
    expect(settings().get("timeout")).toBe("0");
    expect(settings({ idleTimeout: "5m" }).get("timeout")).toBe("300");
  });

  it("is the same text each time, without a secret", () => {
    expect(file("redis.conf")).toEqual(file("redis.conf"));
    expect(file("redis.conf")?.secret).toBeUndefined();
    expect(JSON.stringify(file("redis.conf"))).not.toContain("password");
  });
});

describe("users", () => {
  const acl = async (more: Partial<RedisArgs> = {}) => {
    const recording = await record(() => {
      new Redis("redis", redis({ target: new DockerTarget({ stack: "test" }), ...more }));
    });
    const uploads = plain(one(recording, CONTAINER, "redis-0").inputs.uploads ?? []) as {
      file: string;
      content: string;
    }[];
    const content = uploads.find((upload) => upload.file.endsWith("users.acl"))?.content ?? "";
    return Object.fromEntries(content.split("\n").map((line) => [line.split(" ")[1], line]));
  };

  it("are known by a digest; the default one is off", async () => {
    const users: Readonly<Record<string, string>> = await acl();
    expect(users.default).toBe("user default off resetpass resetkeys resetchannels -@all");
    for (const user of ["app", "exporter", "admin"]) expect(users[user]).toMatch(/^user \w+ on #[0-9a-f]{64} /);
    const digests = Object.values(users).flatMap((line) => /#\w+/.exec(line) ?? []);
    expect(new Set(digests).size).toBe(3);
  });

  it("may do what they need: an application no dangerous command, the exporter nothing with keys", async () => {
    const { app, exporter } = await acl();
    expect(app).toMatch(/ ~\* &\* \+@all -@dangerous -@admin \+info -function$/);
    expect(exporter).toMatch(/ resetkeys resetchannels -@all \+ping \+info \+config\|get /);
    expect(exporter).not.toMatch(/\+@|~|\+config( |$)/);
  });

  it("get single commands back after all that was taken away", async () => {
    const { app } = await acl({ allow: ["keys", "flushdb"] });
    expect(app).toMatch(/ -@admin \+info -function \+flushdb \+keys$/);
  });

  it("have generated passwords, of which clients see two", () => {
    expect(Redis.plan("redis", redis()).secrets).toEqual([
      { generated: "redis-app" },
      { generated: "redis-exporter" },
      { generated: "redis-admin" },
    ]);
    expect(Redis.connection("redis", redis()).credentials).toEqual({
      app: { user: "app", password: { generated: "redis-app" } },
      exporter: { user: "exporter", password: { generated: "redis-exporter" } },
    });
  });

  it("bring no password onto a command line, into the environment or into a label", async () => {
    const recording = await record(() => {
      new Redis("redis", redis({ target: new DockerTarget({ stack: "test" }) }));
    });
    const container = one(recording, CONTAINER, "redis-0");
    const uploads = (container.inputs.uploads ?? []) as { file: string; content: unknown }[];
    const secret = uploads.filter((upload) => upload.content instanceof Secret).map((upload) => upload.file);
    expect(secret).toEqual(["admin-password", "users.acl"].map((end) => `/opt/datastack/redis/${end}`));
    const { uploads: _uploads, ...rest } = container.inputs;
    expect(JSON.stringify(rest)).not.toMatch(/Secret|password=/i);
    expect(workload()?.command).toEqual(["redis-server", "/opt/datastack/redis/redis.conf"]);
    expect(workload()?.ready.probe).toEqual({ exec: ["sh", "/opt/datastack/redis/ready.sh"] });
    expect(JSON.stringify(workload()?.env ?? {})).toBe("{}");
  });
});

describe("probe", () => {
  it("counts only a PONG, whatever redis-cli's status, and asks with the password from a file", () => {
    const ready = String(file("ready.sh")?.content);
    expect(ready).toContain('[ "$reply" = PONG ] && exit 0');
    const cli = String(file("cli.sh")?.content);
    expect(cli).toContain("REDISCLI_AUTH=$(cat /opt/datastack/redis/admin-password)");
    expect(cli).not.toMatch(/--pass| -a /);
  });
});

describe("on its targets", () => {
  it("is one container with a volume and a port on loopback", async () => {
    const recording = await record(() => {
      new Redis("redis", redis({ target: new DockerTarget({ stack: "test" }), publish: { port: 6380 } }));
    });
    expect(all(recording, PASSWORD).map((password) => password.name)).toEqual([
      "redis-admin",
      "redis-app",
      "redis-exporter",
    ]);
    expect(one(recording, CONTAINER, "redis-0").inputs).toMatchObject({
      ports: [{ internal: 6379, external: 6380, ip: "127.0.0.1" }],
      user: "999:999",
    });
  });

  it("is a StatefulSet whose users lie in a Secret", async () => {
    const recording = await record(() => {
      new Redis("redis", redis({ target: new KubernetesTarget({ stack: "test" }) }));
    });
    const { data = {} } = plain(one(recording, kubernetes("core/v1", "Secret"), "redis-secrets").inputs) as {
      data?: Record<string, string>;
    };
    const texts = Object.values(data).map((text) => Buffer.from(text, "base64").toString());
    expect(texts.filter((text) => text.includes("user app on #"))).toHaveLength(1);
    one(recording, kubernetes("apps/v1", "StatefulSet"), "redis");
  });
});

describe("an existing server", () => {
  const existing = {
    host: "redis.example.com",
    cidrs: ["10.0.0.0/16"],
    credentials: { app: { user: "shop", password: "a" }, exporter: { user: "watch", password: "b" } },
  };

  it("is connected to, and nothing runs", () => {
    expect(Redis.plan("redis", redis({ existing }))).toEqual({});
    expect(Redis.connection("redis", redis({ existing }))).toMatchObject({
      kind: "redis",
      host: "redis.example.com",
      port: 6379,
      peer: { cidrs: ["10.0.0.0/16"] },
      credentials: { app: { user: "shop" }, exporter: { user: "watch" } },
    });
    expect(problems({ existing })).toEqual([]);
  });

  it("takes no settings", () => {
    expect(problems({ existing, storage: { size: "1Gi" } })).toEqual([
      "storage: has no effect on an existing server. Remove it, or remove existing.",
    ]);
  });
});
