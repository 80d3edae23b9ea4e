import { execFileSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { DjangoApp, type DjangoAppArgs } from "../../components/app";
import { workersFor } from "../../components/app/django/workers";
import { deploy } from "../../components/core/component";
import { formatProblem } from "../../components/core/problems";
import { which } from "../../tools/core/exec";
import { djangoArgs, servers, TARGETS } from "../support/app";
import { fileOf } from "../support/kafka";
import { CONTAINER, dependsOn, one, PASSWORD, record, waitsFor } from "../support/record";

const target = TARGETS.docker();
const plan = (more: Partial<DjangoAppArgs> = {}) => DjangoApp.plan("web", djangoArgs(target, more));
const problems = (more: Partial<DjangoAppArgs>) =>
  DjangoApp.validate("web", djangoArgs(target, more)).map(formatProblem);

describe("the preset", () => {
  it("migrates, then makes the administrator, then starts", () => {
    const { jobs = [], services = [] } = plan({ migrations: { user: "owner", timeout: 900 } });
    expect(jobs.map(({ name, after, restores }) => ({ name, after, restores }))).toEqual([
      { name: "web-migrate", after: [], restores: ["database"] },
      { name: "web-superuser", after: ["web-migrate"], restores: ["database"] },
    ]);
    expect(jobs[0]).toMatchObject({ command: ["python3", "manage.py", "migrate", "--noinput"], timeout: 900 });
    expect(jobs.map((job) => job.env?.DATABASE_USER)).toEqual(["owner", "shop"]);
    expect(services[0]?.after).toEqual(["web-superuser"]);
    expect(services[0]?.env).not.toHaveProperty("DJANGO_SUPERUSER_PASSWORD_FILE");
  });

  it("leaves out what somebody else does", () => {
    const { jobs, secrets, services } = plan({ migrations: false, superuser: false, static: "image" });
    expect(jobs).toEqual([]);
    expect(secrets?.map((s) => s.generated)).toEqual(["web-secret-key"]);
    expect(services?.[0]).not.toHaveProperty("after");
    expect(services?.[0]?.env).not.toHaveProperty("COLLECT_STATIC");
    expect(Object.keys(services?.[0]?.scratch ?? {})).toEqual(["/tmp"]);
  });

  it("generates its key and the administrator's password, and tells only their files", () => {
    const { secrets, services = [], jobs = [] } = plan();
    expect(secrets).toEqual([{ generated: "web-secret-key", length: 50 }, { generated: "web-superuser" }]);
    expect(services[0]?.env).toMatchObject({ DJANGO_SECRET_KEY_FILE: "/run/secrets/django_secret_key" });
    expect(jobs[1]?.env).toMatchObject({
      DJANGO_SUPERUSER_NAME: "admin",
      DJANGO_SUPERUSER_PASSWORD_FILE: "/run/secrets/django_superuser_password",
    });
  });

  it("takes a key of one's own instead", () => {
    const { secrets } = plan({ secrets: { DJANGO_SECRET_KEY: pulumi.secret("mine") } });
    expect(secrets?.map((s) => s.generated)).toEqual(["web-superuser"]);
  });

  it("collects static files into memory, and allows the hosts that it is asked by", () => {
    const { env, scratch } = plan({ hosts: ["shop.example.com"], replicas: 2 }).services?.[0] ?? {};
    expect(scratch).toEqual({ "/tmp": "64Mi", "/app/static": "32Mi" });
    expect(env).toMatchObject({ COLLECT_STATIC: "true", DJANGO_STATIC_ROOT: "/app/static" });
    expect(env?.DJANGO_ALLOWED_HOSTS).toBe("localhost,127.0.0.1,web,web-0,web-1,shop.example.com");
    const kubernetes = DjangoApp.plan("web", djangoArgs(TARGETS.kubernetes())).services?.[0]?.env;
    expect(kubernetes?.DJANGO_ALLOWED_HOSTS?.split(",")).toContain(TARGETS.kubernetes().host("web"));
  });

  it("ends requests before the container ends, and logs the slow ones", () => {
    const { args = [], stop, files } = plan({ stopGrace: 40, slowRequestSeconds: 2.5 }).services?.[0] ?? {};
    expect(args).toContain("--graceful-timeout=35");
    expect(stop).toEqual({ grace: 40 });
    expect(fileOf(files, "gunicorn.conf.py")).toContain("SLOW_SECONDS = 2.5\n");
    expect(plan({ workers: { config: "/app/own.py" } }).services?.[0]?.args).toContain("--config=/app/own.py");
  });
});

describe("the scripts that Python runs in the container", () => {
  const python = which("python3");
  const parses = (text: string) => {
    execFileSync(python ?? "", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], { input: text, stdio: "pipe" });
  };

  it.skipIf(!python).each(["start.py", "gunicorn.conf.py", "superuser.py"])("%s is Python", (name) => {
    const text = fileOf(plan().services?.[0]?.files, name);
    expect(() => parses(text)).not.toThrow();
    expect(() => parses(`${text}\nif:`)).toThrow(/SyntaxError/);
  });

  it("find what they are told where the variables say", () => {
    const { jobs = [], services = [] } = plan();
    const read = (name: string) =>
      [...fileOf(services[0]?.files, name).matchAll(/os\.environ(?:\.get\(|\[)"([A-Z_]+)"/g)].map((match) => match[1]);
    expect(jobs[1]?.env).toMatchObject(
      Object.fromEntries(read("superuser.py").map((name) => [name, expect.any(String)])),
    );
    expect(services[0]?.env).toMatchObject(
      Object.fromEntries(
        read("start.py")
          .filter((name) => name !== "PROMETHEUS_MULTIPROC_DIR")
          .map((name) => [name, expect.any(String)]),
      ),
    );
  });
});

describe("processes and threads", () => {
  const of = (cpu: number, memory: "256Mi" | "384Mi" | "4Gi") =>
    workersFor({ resources: { cpu, memory }, scratch: 96 * 2 ** 20, stopGrace: 30 });

  it("follow from processor time and memory", () => {
    expect(of(0.5, "384Mi")).toMatchObject({ processes: 2, threads: 4 });
    expect(of(0.5, "256Mi").processes).toBe(1);
    expect(of(2, "4Gi").processes).toBe(3);
    expect(of(4, "4Gi").processes).toBe(5);
  });

  it("are refused where memory does not hold them", () => {
    expect(problems({ resources: { cpu: 1, memory: "128Mi" } })).toEqual([
      'resources.memory = "128Mi": must be at least 256Mi for one process of 112Mi, with 96Mi of files in memory. Raise it, or set workers.memory to what a process needs.',
    ]);
    expect(problems({ workers: { processes: 8 } })[0]).toContain("must be at least 1040Mi for 8 processes");
    expect(problems({ workers: { threads: 0 }, stopGrace: 5 })).toHaveLength(2);
  });
});

describe("what is refused", () => {
  it.each<[string, Partial<DjangoAppArgs>, string]>([
    ["no health path", { http: {} as never }, "http.health: must be given"],
    ["a health path that is none", { http: { health: "health" } }, 'must begin with "/"'],
    ["all hosts", { hosts: ["*"] }, 'hosts[0] = "*"'],
    ["all origins", { corsOrigins: ["*"] }, "must be one origin"],
    ["an origin with a path", { csrfTrustedOrigins: ["https://a.example/x"] }, "must be one origin"],
    ["its own variable", { settings: { DJANGO_ALLOWED_HOSTS: "*" } }, "Use hosts"],
    ["a key in plain text", { settings: { DJANGO_SECRET_KEY: "abc" } }, "has the name of a secret"],
    ["a WSGI application that is a path", { wsgi: "shop/wsgi.py" }, "must be the Python module"],
    ["static files over the code", { static: { path: "/app" } }, "must be a directory of its own"],
    ["an administrator without a name", { superuser: { name: "" } }, "must be a user name"],
    ["another user for migrations", { migrations: { user: "root" } }, 'migrations.user = "root"'],
    ["no threshold for slow requests", { slowRequestSeconds: 0 }, "must be a number of seconds above 0"],
    ["an alert of another component", { alerts: { AppRestarting: false } }, "is not an alert of this component"],
  ])("%s", (_, more, rule) => {
    const found = problems(more);
    expect(found.join("\n")).toContain(rule);
  });
});

it("is registered in an order in which everything that it waits for is there", async () => {
  const recording = await record(() => {
    const docker = TARGETS.docker();
    const parent = new pulumi.ComponentResource("datastack:test:Servers", "servers");
    for (const each of servers(docker).plans) deploy(each, { target: docker }, parent);
    new DjangoApp("web", djangoArgs(docker));
  });
  const web = one(recording, CONTAINER, "web");
  expect(dependsOn(recording, web)).toEqual(expect.arrayContaining(["database", "redis", "web-superuser"]));
  expect(waitsFor(recording, web)).toContain("web-migrate");
  expect(one(recording, PASSWORD, "web-superuser").inputs).toMatchObject({ length: 32 });
});

describe.each(["docker", "kubernetes"] as const)("on %s", (kind) => {
  it.each([1, 3])("%s replicas are a plan without problems", (replicas) => {
    const on = TARGETS[kind]();
    const args = djangoArgs(on, { replicas });
    expect(DjangoApp.validate("web", args)).toEqual([]);
    expect(on.check([...servers(on).plans, DjangoApp.plan("web", args)])).toEqual([]);
  });
});
