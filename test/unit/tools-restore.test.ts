import { describe, expect, test } from "vitest";
import type { Job } from "../../components/target/workload";
import { TimescaleDB, type TimescaleDBArgs } from "../../components/timescaledb";
import { catchUpCalls } from "../../components/timescaledb/schema/job";
import { parseConfig } from "../../stacks/config";
import { CRYPTO_VIZ_SCHEMA } from "../../stacks/crypto-viz-schema";
import { type Declaration, declare } from "../../tools/check/declared";
import type { KubernetesStack } from "../../tools/check/kubernetes/cluster";
import { Progress } from "../../tools/core/progress";
import { choose, repeatJobs } from "../../tools/restore";
import { DATABASE_DUMP, dumpRows, GRAFANA_ARCHIVE, parseDumps } from "../../tools/restore/dumps";
import { jobsOf } from "../../tools/restore/jobs";
import { KubernetesPlace, repeatedJob, restoreJob } from "../../tools/restore/kubernetes";
import { type Subject, select } from "../../tools/restore/subjects";
import { databaseArgs } from "../support/timescaledb";

const NEW = "market-20260302T023000Z-pg18-timescaledb-2.31.0.dump";
const OLD = "market-20260301T023000Z-pg18-timescaledb-2.30.1.dump";
const dumps = parseDumps(`${NEW} 1536\n${OLD} 3221225472\nsomething else\n`, DATABASE_DUMP);
const market = { title: "market", detail: "TIMESCALEDB", weight: ({ bytes }) => bytes } as Subject;

describe("the list of dumps", () => {
  test("has what a name says, newest first, and nothing that is none", () => {
    expect(dumps).toEqual([
      { name: NEW, bytes: 1536, time: "2026-03-02 02:30:00", detail: "2.31.0" },
      { name: OLD, bytes: 3221225472, time: "2026-03-01 02:30:00", detail: "2.30.1" },
    ]);
    expect(dumpRows(dumps, "TIMESCALEDB").map((row) => row[2])).toEqual(["SIZE", "1.5 KiB", "3 GiB"]);
  });

  test("is chosen from by name, or for the latest", () => {
    expect(choose(dumps, NEW, market).name).toBe(NEW);
    expect(choose(dumps, OLD, market).name).toBe(OLD);
    expect(() => choose(dumps, "market.dump", market)).toThrow(/^market.dump is no dump of market\. There are:\n/);
    expect(() => choose([], "latest", market)).toThrow("There is no dump of market yet.");
  });
});

describe("the latest dump", () => {
  const sized = (...sizes: readonly number[]) =>
    sizes.map((bytes, i) => ({ name: `d${sizes.length - i}`, bytes, time: "t", detail: "2.31.0" }));

  test.each([[[100, 100]], [[20, 100]], [[100, 1]], [[1]]])("is taken from %j", (sizes) =>
    expect(choose(sized(...sizes), "latest", market).name).toBe(`d${sizes.length}`),
  );

  test.each([
    [[19, 100], "d1"],
    [[19, 18, 100, 100], "d2"],
  ])("is refused from %j, with what an emptied database may have had before", (sizes, larger) => {
    const dumps = sized(...sizes);
    expect(() => choose(dumps, "latest", market)).toThrow(`by its name: --from ${larger}`);
    expect(() => choose(dumps, "latest", market)).toThrow(/DUMP .*\nd\d .*19 B.*\nd\d .*100 B/);
    expect(choose(dumps, larger, market).name).toBe(larger);
  });
});

describe("the database that is meant", () => {
  const stack = (...databases: [string, Partial<TimescaleDBArgs>][]) => {
    const all = databases.map(([name, args]) => ({ name, args: databaseArgs(args) }));
    const plans = all.map(({ name, args }) => TimescaleDB.plan(name, args));
    return { stack: "dev", plans, all: (of: unknown) => (of === TimescaleDB ? all : []) } as unknown as Declaration;
  };
  const schema = { hypertables: { trades: { columns: { time: "timestamptz" } } } } as const;

  test("is the only one with dumps", () => {
    const subject = { name: "db", title: "market", schedule: "db-backup", jobs: [], catchUp: expect.any(Function) };
    expect(select(stack(["db", { backup: {} }], ["other", {}]))).toMatchObject(subject);
    expect(select(stack(["db", { backup: {}, schema }])).jobs).toEqual(["db-migrate"]);
  });

  test("has jobs, which are repeated in their order: those of its clients, and none of another database", () => {
    const { target, images } = databaseArgs({});
    const resources = { cpu: 1, memory: "64Mi" } as const;
    const job = (name: string, to: string, after: readonly string[] = []): Job => ({
      name,
      image: images.timescaledb,
      resources,
      after,
      needs: [{ to: TimescaleDB.connection(to, databaseArgs({ target })) }],
    });
    const jobs = [
      job("api-superuser", "db", ["api-migrate"]),
      job("api-migrate", "db", ["between"]),
      job("between", "other", ["db-migrate"]),
      job("other-migrate", "other"),
      job("db-migrate", "db"),
    ];
    expect(jobsOf("db", jobs)).toEqual(["db-migrate", "api-migrate", "api-superuser"]);
    expect(jobsOf("none", jobs)).toEqual([]);
  });

  test("of crypto-viz has the jobs of its schema and of its API", () => {
    const { config } = parseConfig({ target: "docker" });
    expect(select(declare("dev", config)).jobs).toEqual([
      "timescaledb-migrate",
      "market-api-migrate",
      "market-api-superuser",
    ]);
  });

  test("of crypto-viz has aggregates, whose windows an old dump is out of", () => {
    const hours = (ago: number) => new Date(Date.now() - ago * 3_600_000).toISOString();
    const calls = (ago: number, edition: "apache" | "community") =>
      catchUpCalls({ schema: CRYPTO_VIZ_SCHEMA, edition }, hours(ago)).map((call) =>
        call.replace(/'2\d+-\S+Z'/, "'T'"),
      );
    const times = "(TIMESTAMPTZ 'T' - INTERVAL '4 hours', now() - INTERVAL '1 hour');";
    expect(calls(24, "apache")).toEqual([
      `CALL "datastack"."refresh_sentiment_hourly"${times}`,
      `CALL "datastack"."refresh_ticker_ohlc_hourly"${times}`,
    ]);
    expect(calls(24, "community")[0]).toMatch(
      /^CALL refresh_continuous_aggregate\('.*sentiment_hourly.*', TIMESTAMPTZ 'T' - /,
    );
    expect(calls(1.4, "apache")).toEqual([]);
    expect(calls(1.6, "apache")).toHaveLength(2);
    const { config } = parseConfig({ target: "docker" });
    expect(select(declare("dev", config)).catchUp("2026-03-01T02:30:00Z")).toHaveLength(2);
  });

  test("has to be named among several, and to exist", () => {
    const two = stack(["one", { backup: {} }], ["two", { backup: {} }]);
    expect(() => select(two)).toThrow("add --component, one of one, two");
    expect(select(two, "two").schedule).toBe("two-backup");
    expect(() => select(two, "three")).toThrow("three has no dumps in stack dev. These have: one, two.");
    expect(() => select(stack(["db", {}]))).toThrow("Stack dev has nothing to restore");
  });
});

describe("what people made in Grafana", () => {
  const FULL = "grafana-20260301T030000Z-12-dashboards.tar.gz";
  const EMPTY = "grafana-20260302T030000Z-0-dashboards.tar.gz";
  const archives = parseDumps(`${EMPTY} 300\n${FULL} 9000\n${NEW} 1\n`, GRAFANA_ARCHIVE);
  const gauzian = () => declare("gauzian", parseConfig({ "datastack:target": "kubernetes" }).config);

  test("is what is restored of a stack without a database", () => {
    const subject = select(gauzian());
    expect(subject).toMatchObject({
      name: "grafana",
      title: "grafana's content",
      schedule: "grafana-backup",
      script: "/opt/datastack/grafana/restore.sh",
      jobs: [],
    });
    expect(select(gauzian(), "grafana").schedule).toBe("grafana-backup");
  });

  test("has archives, by their number of dashboards, of which an emptied one is not taken for the latest", () => {
    const subject = select(gauzian());
    expect(archives).toEqual([
      { name: EMPTY, bytes: 300, time: "2026-03-02 03:00:00", detail: "0" },
      { name: FULL, bytes: 9000, time: "2026-03-01 03:00:00", detail: "12" },
    ]);
    expect(() => choose(archives, "latest", subject)).toThrow(`by its name: --from ${FULL}`);
    expect(choose(archives, FULL, subject).name).toBe(FULL);
  });

  test("is not promised where Grafana is left out", () => {
    const { config } = parseConfig({ "datastack:target": "kubernetes", "datastack:leftOut": '["grafana"]' });
    expect(() => select(declare("gauzian", config))).toThrow("Stack gauzian has nothing to restore");
  });
});

describe("on Kubernetes", () => {
  const pod = {
    restartPolicy: "Never",
    containers: [{ name: "db-backup", command: ["/bin/sh", "backup.sh"], image: "i" }],
  };
  const labels = { "datastack.io/service": "db-backup" };

  test("a dump is restored by a pod like that of the schedule, once", () => {
    const template = { metadata: { labels }, spec: { backoffLimit: 1, template: { metadata: { labels }, spec: pod } } };
    const job = restoreJob(
      template,
      { schedule: "db-backup", script: "/a/restore.sh" },
      "prod",
      ["restore", NEW],
      "x1",
    );
    expect(job).toMatchObject({
      kind: "Job",
      metadata: { name: "db-backup-restore-x1", namespace: "prod", labels },
      spec: { backoffLimit: 0, template: { metadata: { labels }, spec: { restartPolicy: "Never" } } },
    });
    expect(job.spec.template.spec.containers).toEqual([
      { name: "db-backup", image: "i", command: ["/bin/sh", "/a/restore.sh", "restore", NEW] },
    ]);
    expect(pod.containers[0]?.command).toEqual(["/bin/sh", "backup.sh"]);
  });

  test("a job is repeated under another name, without what ties its pods to the first", () => {
    const own = { "controller-uid": "u", "batch.kubernetes.io/controller-uid": "u", "job-name": "m" };
    const spec = {
      backoffLimit: 6,
      selector: { matchLabels: own },
      template: { metadata: { labels: { ...labels, ...own } }, spec: pod },
    };
    const job = repeatedJob(spec, labels, "db-migrate", "prod", "x1");
    expect(job.metadata).toEqual({ name: "db-migrate-again-x1", namespace: "prod", labels });
    expect(job.spec).toEqual({ backoffLimit: 6, template: { metadata: { labels }, spec: pod } });
  });
});

describe("the jobs after a restore", () => {
  const AGAIN = "npm run restore -- dev --jobs";

  /** Runs three jobs, of which those that are named fail. */
  async function repeated(failing: readonly string[]) {
    const ran: string[] = [];
    const progress = new Progress(process.stderr, true);
    const repeat = async (job: string): Promise<void> => {
      ran.push(job);
      if (failing.includes(job)) throw new Error(`${job} failed`);
    };
    const subject = { title: "market", jobs: ["migrate", "superuser", "warm"] };
    const outcome = await repeatJobs({ repeat }, subject, progress, AGAIN).catch((error: Error) => error.message);
    return { ran, outcome };
  }

  test("run in their order", async () => {
    const { ran, outcome } = await repeated([]);
    expect(ran).toEqual(["migrate", "superuser", "warm"]);
    expect(outcome).toBeUndefined();
  });

  test("stop where one fails, and say how to go on", async () => {
    const { ran, outcome } = await repeated(["superuser"]);
    expect(ran).toEqual(["migrate", "superuser"]);
    expect(outcome).toBe(
      `superuser failed\n\nmarket is restored, but not all jobs that use it have run since. To run them: ${AGAIN}`,
    );
  });
});

describe("a Job that is followed on Kubernetes", () => {
  interface Answer {
    readonly code: number;
    readonly stdout?: string;
    readonly stderr?: string;
  }
  const says = (status: object): Answer => ({ code: 0, stdout: JSON.stringify({ status }) });
  const ended = (type: string, message?: string) => says({ conditions: [{ type, status: "True", message }] });
  const AWAY: Answer = { code: 1, stderr: "Unable to connect to the server" };
  const GONE: Answer = { code: 1, stderr: 'Error from server (NotFound): jobs.batch "x" not found' };
  const TEMPLATE = { spec: { containers: [{}] } };
  const OBJECTS: Readonly<Record<string, object>> = {
    cronjob: { spec: { jobTemplate: { spec: { template: TEMPLATE } } } },
    job: { metadata: {}, spec: { backoffLimit: 6, template: TEMPLATE } },
  };

  /** Runs the script, or a job again, where looking at the Job is answered with these in turn; resolves with what was asked of the cluster, too. */
  async function followed(looks: Answer[], { again = false, log = "the log" } = {}) {
    const asked: string[] = [];
    const kubectl = async ([verb = "", kind = ""]: readonly string[]): Promise<Answer> => {
      asked.push(verb);
      // the first is for the object that the Job is made from
      if (verb === "get" && asked.length === 1) return { code: 0, stdout: JSON.stringify(OBJECTS[kind]) };
      if (verb === "get") return { stdout: "", stderr: "", ...(looks.shift() ?? GONE) };
      return { code: 0, stdout: verb === "logs" ? log : "", stderr: "" };
    };
    const stack = { where: "Kubernetes", namespace: "prod", kubectl } as unknown as KubernetesStack;
    const place = new KubernetesPlace(stack, { schedule: "backup", script: "/restore.sh" } as never);
    const run = again ? place.repeat("migrate") : place.script(["list"]);
    const outcome = await run.catch((error: unknown) => error);
    return { outcome, asked };
  }

  test("is waited for over an API server that is away, and removed when it has ended", async () => {
    const { outcome, asked } = await followed([AWAY, ended("Complete")]);
    expect(outcome).toEqual({ code: 0, stdout: "the log", stderr: "" });
    expect(asked).toEqual(["get", "create", "get", "get", "logs", "delete"]);
  });

  test("shows its log when it has failed", async () => {
    expect((await followed([ended("Failed")])).outcome).toEqual({ code: 1, stdout: "", stderr: "the log" });
  });

  test("is not at its end when an attempt has failed", async () => {
    const conditions = [
      { type: "Failed", status: "False" },
      { type: "SuccessCriteriaMet", status: "True" },
    ];
    const looks = [says({ active: 1, failed: 1, conditions }), ended("Complete")];
    const { outcome, asked } = await followed(looks, { again: true });
    expect(outcome).toBeUndefined();
    expect(asked).toEqual(["get", "create", "get", "get", "logs", "delete"]);
  });

  test("says why it has failed where its pod is gone", async () => {
    const late = "Job was active longer than specified deadline";
    const { outcome } = await followed([ended("Failed", late)], { again: true, log: "" });
    expect(String(outcome)).toMatch(new RegExp(`migrate-again-\\w+ has failed:\n${late}$`));
  });

  test("is said to be gone, and not removed, when somebody else has removed it", async () => {
    const { outcome, asked } = await followed([GONE]);
    expect(String(outcome)).toContain("cannot be followed any more");
    expect(asked).toEqual(["get", "create", "get"]);
  });
});
