import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { PostgresExporter, RedisExporter } from "../../components/exporters";
import type { Connection } from "../../components/target/connection";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import { all, at, kubernetes, one, record } from "../support/record";

const images = imageCatalogue();
const password = { existing: "gauzian-redis", key: "password" } as const;

const server = (kind: string, user: string, more: Partial<typeof password> = {}): Connection => ({
  id: kind,
  kind,
  port: 1234,
  peer: { cidrs: ["192.0.2.10/32"] },
  host: `${kind}.example.com`,
  endpoints: [`${kind}.example.com:1234`],
  credentials: { [user]: { user, password: { ...password, ...more } } },
});
const redis = (target: Target, more: Partial<typeof password> = {}) =>
  RedisExporter.plan("redis-exporter", { target, images, redis: server("redis", "exporter", more) });

describe("a password in a Secret that somebody else keeps", () => {
  it("is mounted from there, by its key alone, and copied nowhere", async () => {
    const target = new KubernetesTarget({ stack: "test" });
    const recording = await record(() => {
      new RedisExporter("redis-exporter", { target, images, redis: server("redis", "exporter") });
      const database = server("postgres", "monitoring", { existing: "gauzian-postgres" } as never);
      new PostgresExporter("postgres-exporter", { target, images, database });
    });
    expect(all(recording, kubernetes("core/v1", "Secret"))).toEqual([]);
    const pod = (name: string) =>
      at<{ volumes: unknown[]; containers: { volumeMounts: unknown[] }[] }>(
        one(recording, kubernetes("apps/v1", "Deployment"), name),
        "spec.template.spec",
      );
    expect(pod("postgres-exporter").volumes).toContainEqual({
      name: "kept-0",
      secret: {
        secretName: "gauzian-postgres",
        defaultMode: 0o444,
        items: [{ key: "password", path: "password" }],
      },
    });
    expect(pod("postgres-exporter").containers[0]?.volumeMounts).toContainEqual({
      name: "kept-0",
      mountPath: "/opt/datastack/postgres-exporter/password",
      subPath: "password",
      readOnly: true,
    });
    expect(pod("redis-exporter").containers[0]?.volumeMounts).toContainEqual({
      name: "kept-0",
      mountPath: "/opt/datastack/redis-exporter/password",
      subPath: "password",
      readOnly: true,
    });
  });

  it("becomes the JSON that redis_exporter reads, whatever signs it has", () => {
    const target = new KubernetesTarget({ stack: "test" });
    const [service] = redis(target).services ?? [];
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "redis-exporter-"));
    try {
      const text = (end: string) =>
        service?.files?.flatMap((file) => (file.path.endsWith(end) && !file.secret ? [file.content] : []))[0] ?? "";
      const script = text("/start.sh").replaceAll(/\/(opt\/datastack\/redis-exporter|tmp)\//g, `${root}/`);
      fs.writeFileSync(path.join(root, "password"), "a\"b\\c$d%s'e f\n");
      const [shell = "", , program = ""] = service?.command ?? [];
      expect([shell, program]).toEqual(["/bin/sh", "/redis_exporter"]);
      execFileSync(shell, ["-c", script, "start", "true"]);
      const made = fs.readFileSync(path.join(root, "passwords.json"), "utf8");
      expect(JSON.parse(made)).toEqual({ "redis://exporter@redis.example.com:1234": "a\"b\\c$d%s'e f" });
      expect(service?.args).toContain("--redis.password-file=/tmp/passwords.json");
    } finally {
      fs.rmSync(root, { recursive: true });
    }
  });

  it("is refused on Docker, and under names that no Secret has", () => {
    const problems = (target: Target, more = {}) => target.check([redis(target, more)]).map(formatProblem);
    expect(problems(new DockerTarget({ stack: "test" }))).toEqual([
      'redis-exporter.files[/opt/datastack/redis-exporter/password] = "gauzian-redis": is a Secret of Kubernetes, and Docker has none. Give the password itself; on the deploying machine it can be in a file.',
    ]);
    const kubernetes = new KubernetesTarget({ stack: "test" });
    expect(problems(kubernetes)).toEqual([]);
    expect(problems(kubernetes, { existing: "Gauzian Redis", key: "pass/word" })).toEqual([
      expect.stringContaining('= "Gauzian Redis": must be the name of a Secret'),
      expect.stringContaining('= "pass/word": must be a key of a Secret'),
    ]);
  });
});
