import { describe, expect, it } from "vitest";
import type { ScrapeTarget } from "../../components/monitoring/scrape";
import type { Workload } from "../../components/target/workload";
import { parseConfig } from "../../stacks/config";
import { checksOf } from "../../tools/check";
import { declare } from "../../tools/check/declared";
import { strangers, unfinishedJobs, unwell } from "../../tools/check/docker/containers";
import type { ContainerInfo } from "../../tools/check/docker/engine";
import { beyondLoopback, declaredPorts, limitProblems } from "../../tools/check/docker/limits";
import { nodeIds } from "../../tools/check/kafka/tools";
import { compareTopics, parseTopics } from "../../tools/check/kafka/topics";
import { budgetProblems, claimProblems, declaredClaims } from "../../tools/check/kubernetes/safety";
import { rollout } from "../../tools/check/kubernetes/workloads";
import { beginning, errorLines } from "../../tools/check/log-errors";
import { type Check, fail, nothingToCheck, pass, type Result, some } from "../../tools/check/outcome";
import { metricNameFinder } from "../../tools/check/prometheus/metric-names";
import { brokenRules, compareGroups, unknownMetrics } from "../../tools/check/prometheus/rules";
import { compareTargets, declaredTargets, downTargets } from "../../tools/check/prometheus/targets";
import { allGood, runChecks } from "../../tools/check/runner";
import { formatRow, formatSummary, layoutOf } from "../../tools/check/table";

const check = (title: string, run: Check["run"], rest: Partial<Check> = {}): Check => ({
  family: "family",
  title,
  run,
  ...rest,
});
const statuses = (results: readonly Result[]) => results.map((r) => r.outcome.status);

describe("the runner", () => {
  it("runs in order, turns what is thrown into a failure, and says what the rest waited for", async () => {
    const results = await runChecks([
      check("good", async () => pass("fine")),
      check("broken", async () => {
        throw new Error("no route to host");
      }),
      check("dependent", async () => pass(""), { after: "broken" }),
      check("nothing", async () => nothingToCheck("no job is declared")),
      check("nothing either", async () => pass(""), { after: "nothing" }),
    ]);
    expect(statuses(results)).toEqual(["pass", "fail", "not-run", "not-run", "not-run"]);
    expect(results[1]?.outcome.detail).toBe("no route to host");
    expect(results[2]?.outcome).toMatchObject({ detail: 'needs "broken"', expected: false });
    expect(results[4]?.outcome).toMatchObject({ expected: true });
    expect(allGood(results)).toBe(false);
    expect(allGood(results.filter((_, i) => [0, 3, 4].includes(i)))).toBe(true);
    expect(allGood(results.slice(2, 3))).toBe(false);
  });

  it("asks again while a check may settle, and no longer", async () => {
    let asked = 0;
    const flaky = async () => (++asked < 3 ? fail("not yet") : pass("now"));
    expect(statuses(await runChecks([check("flaky", flaky, { settle: 5 })], { pause: 1 }))).toEqual(["pass"]);
    expect(asked).toBe(3);
    asked = 0;
    expect(statuses(await runChecks([check("flaky", flaky, { settle: 5 })], { once: true }))).toEqual(["fail"]);
    expect(asked).toBe(1);
    asked = 0;
    expect(statuses(await runChecks([check("flaky", flaky)], { pause: 1 }))).toEqual(["fail"]);
    expect(asked).toBe(1);
  });

  it("stops at a gate", async () => {
    const checks = [
      check("there", async () => fail("is not"), { gate: true }),
      check("other", async () => pass(""), { family: "another" }),
    ];
    expect(statuses(await runChecks(checks))).toEqual(["fail", "not-run"]);
  });
});

describe("the table", () => {
  const checks = [check("short", async () => pass("")), check("a longer title", async () => pass(""))];
  const layout = layoutOf(checks);
  const [first = checks[0] as Check, second = checks[0] as Check] = checks;

  it("aligns its columns and puts each problem on a line of its own", () => {
    const rows = [
      formatRow({ check: first, outcome: pass("4 containers"), milliseconds: 250 }, layout),
      formatRow({ check: second, outcome: fail("one", "two"), milliseconds: 61_000 }, layout),
    ];
    expect(rows[0]).toBe("  pass     family  short               250 ms  4 containers");
    expect(rows[1]?.split("\n")).toEqual([
      "  fail     family  a longer title   1 min 1 s",
      "           one",
      "           two",
    ]);
  });

  it("counts what passed of all", () => {
    const results = [pass("a"), fail("b"), nothingToCheck("c")].map((outcome) => ({
      check: first,
      outcome,
      milliseconds: 1,
    }));
    expect(formatSummary(results, 1500)).toBe("1 of 3 passed (1 failed, 1 not run) in 1.5 s");
    expect(formatSummary(results.slice(0, 1), 1500)).toBe("1 of 1 passed in 1.5 s");
  });

  it("cuts long lists", () => {
    expect(some(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  });
});

const labels = { "datastack.stack": "dev" };
function container(name: string, state: object = {}, rest: object = {}): ContainerInfo {
  return {
    Id: name,
    Name: `/${name}`,
    RestartCount: 0,
    State: { Status: "running", Running: true, ExitCode: 0, Health: { Status: "healthy" }, ...state },
    Config: { Labels: labels },
    HostConfig: { Memory: 0, MemorySwap: 0, NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0, LogConfig: { Type: "local" } },
    NetworkSettings: { Ports: {} },
    ...rest,
  } as unknown as ContainerInfo;
}

describe("containers", () => {
  it("have to run and to be healthy", () => {
    const containers = [
      container("dev-a"),
      container("dev-b", { Running: false, Status: "exited", ExitCode: 137 }),
      container("dev-c", { Health: undefined }),
      container("dev-d", { Health: { Status: "unhealthy", Log: [{ Output: "refused\n", ExitCode: 1 }] } }),
    ];
    expect(unwell(["dev-a", "dev-b", "dev-c", "dev-d", "dev-e"], containers)).toEqual([
      "dev-b is exited with exit code 137",
      "dev-c has no health check",
      "dev-d is unhealthy: refused",
      "dev-e does not exist",
    ]);
  });

  it("of jobs have to have ended well, and others must not be there", () => {
    const job = (name: string, state: object) =>
      container(`dev-${name}`, state, { Config: { Labels: { ...labels, "datastack.job": name } } });
    const containers = [
      job("done", { Running: false, ExitCode: 0, Health: undefined }),
      job("lingering", { Running: true }),
      job("failed", { Running: false, Status: "exited", ExitCode: 1 }),
      container("dev-stranger"),
    ];
    const jobs = ["done", "lingering", "failed", "missing"];
    expect(unfinishedJobs(jobs, containers)).toEqual([
      "failed is exited with exit code 1; see docker logs dev-failed",
      "missing has no container",
    ]);
    expect(strangers([], jobs, containers)).toEqual(["dev-stranger runs with this stack's label and is not declared"]);
  });

  it("have the limits that are declared", () => {
    const declared = { name: "a", resources: { cpu: 0.5, memory: "128Mi" } } as unknown as Workload;
    const limited = (host: object) => container("dev-a", {}, { HostConfig: { LogConfig: { Type: "local" }, ...host } });
    const memory = 128 * 2 ** 20;
    const good = { Memory: memory, MemorySwap: memory, NanoCpus: 5e8 };
    expect(limitProblems(limited(good), declared)).toEqual([]);
    expect(limitProblems(limited({ ...good, NanoCpus: 0, CpuQuota: 50_000, CpuPeriod: 100_000 }), declared)).toEqual(
      [],
    );
    expect(limitProblems(limited({ ...good, NanoCpus: 0, CpuQuota: 0 }), declared)).toHaveLength(1);
    expect(limitProblems(limited({ ...good, MemorySwap: -1 }), declared)).toHaveLength(1);
    expect(limitProblems(limited({ ...good, LogConfig: { Type: "json-file", Config: {} } }), declared)).toHaveLength(1);
  });

  it("are published on loopback", () => {
    const at = (HostIp: string) =>
      container(
        "dev-a",
        {},
        { NetworkSettings: { Ports: { "1/tcp": [{ HostIp, HostPort: "9092" }], "2/tcp": null } } },
      );
    expect(beyondLoopback([at("127.0.0.1"), at("::1")])).toEqual([]);
    expect(beyondLoopback([at("0.0.0.0"), at("")])).toHaveLength(2);
  });
});

describe("topics", () => {
  const output = [
    "Topic: rawticker\tTopicId: Xyz\tPartitionCount: 6\tReplicationFactor: 1\tConfigs: compression.type=lz4,retention.ms=604800000,leader.replication.throttled.replicas=0:1,1:1",
    "\tTopic: rawticker\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0",
    "Topic: __consumer_offsets\tTopicId: Abc\tPartitionCount: 50\tReplicationFactor: 1\tConfigs: ",
  ].join("\n");

  it("are read from the tool's output", () => {
    expect(parseTopics(output)).toEqual([
      {
        name: "rawticker",
        partitions: 6,
        replication: 1,
        config: {
          "compression.type": "lz4",
          "retention.ms": "604800000",
          "leader.replication.throttled.replicas": "0:1,1:1",
        },
      },
      { name: "__consumer_offsets", partitions: 50, replication: 1, config: {} },
    ]);
  });

  it("are compared with what is declared", () => {
    const wanted = { partitions: 6, replication: 1, config: { "compression.type": "lz4" } };
    const found = parseTopics(output);
    expect(compareTopics({ rawticker: wanted }, found)).toEqual([]);
    expect(compareTopics({ rawtrade: wanted }, found)).toEqual(["rawtrade is declared and does not exist"]);
    const other = { partitions: 3, replication: 1, config: { "compression.type": "zstd", "segment.bytes": "1" } };
    expect(compareTopics({ rawticker: other }, found)).toEqual([
      "rawticker has partitions 6, declared is 3",
      "rawticker has compression.type lz4, declared is zstd",
      "rawticker has segment.bytes not set, declared is 1",
    ]);
  });

  it("come from a quorum whose members are read in both forms", () => {
    expect(nodeIds("[2,0,1]")).toEqual([0, 1, 2]);
    expect(nodeIds('[{"id": 0, "endpoints": ["CONTROLLER://kafka-0:9093"]}, {"id": 1}]')).toEqual([0, 1]);
    expect(nodeIds("[]")).toEqual([]);
  });
});

describe("Prometheus", () => {
  const target = (job: string, rest: Partial<ScrapeTarget> = {}) =>
    ({ job, workload: job, kind: "service", identity: "none", replicas: 1, ...rest }) as ScrapeTarget;
  const active = (job: string, instance: string, health: "up" | "down" = "up", lastError = "") => ({
    labels: { job, instance },
    scrapeUrl: "",
    health,
    lastError,
    lastScrape: "",
  });

  it("has to scrape what is declared, once, and nothing else", () => {
    const targets = [target("kafka", { identity: "stable", replicas: 2 }), target("node", { kind: "agent" })];
    expect(declaredTargets(targets, undefined)).toEqual(["kafka/kafka-0", "kafka/kafka-1", "node/node"]);
    const declared = declaredTargets(targets, ["host-a"]);
    expect(declared).toEqual(["kafka/kafka-0", "kafka/kafka-1", "node/host-a"]);
    const all = [active("kafka", "kafka-0"), active("kafka", "kafka-1"), active("node", "host-a")];
    expect(compareTargets(declared, all)).toEqual([]);
    expect(compareTargets(declared, [...all.slice(1), active("node", "host-a"), active("x", "y")])).toEqual([
      "kafka/kafka-0 is declared and is no target",
      "node/host-a is scraped more than once",
      "x/y is a target and is not declared",
    ]);
    expect(downTargets([...all, active("a", "b", "down", "refused")])).toEqual(["a/b is down: refused"]);
  });

  it("are at least one where they are found outside the stack, and those that are named", () => {
    const outside = {
      external: [
        { job: "backend", namespace: "backend", port: 8080 },
        { job: "minio", hosts: ["a", "b"], port: 9000 },
      ],
      kubelet: { volumes: true },
    };
    const declared = declaredTargets([], undefined, outside);
    expect(declared).toEqual(["backend/*", "kubelet/*", "minio/a", "minio/b"]);
    const all = [active("backend", "x-1"), active("backend", "x-2"), active("minio", "a"), active("minio", "b")];
    expect(compareTargets(declared, [...all, active("kubelet", "node-1")])).toEqual([]);
    expect(compareTargets(declared, all)).toEqual(["kubelet/* is declared and is no target"]);
    expect(compareTargets(declared, [...all, active("kubelet", "n"), active("backends", "y")])).toEqual([
      "backends/y is a target and is not declared",
    ]);
  });

  const rule = (name: string, query: string, rest: object = {}) =>
    ({ type: "alerting", name, query, health: "ok", lastEvaluation: "", ...rest }) as const;

  it("has to have the declared rules, and they have to evaluate", () => {
    const loaded = [
      { name: "g", rules: [rule("A", "up"), rule("B", "up", { health: "err", lastError: "many-to-many" })] },
    ];
    expect(compareGroups([{ name: "g", alerts: [{ name: "B" }, { name: "A" }] as never }], loaded)).toEqual([]);
    expect(compareGroups([{ name: "g", alerts: [{ name: "A" }] as never }], loaded)).toHaveLength(1);
    expect(compareGroups([{ name: "h" }], loaded)).toHaveLength(2);
    expect(brokenRules(loaded)).toEqual(["g: B is err: many-to-many"]);
  });

  it("has to have every metric that a rule names", async () => {
    const names = await metricNameFinder();
    expect(names('sum by (job) (rate(a_total{job="x"}[5m])) / on (b) group_left () c > 0')).toEqual(["a_total", "c"]);
    expect(names('{__name__="zot", a="b"} unless absent(up) or x:y:z offset 5m + (d[5m:])')).toEqual([
      "d",
      "x:y:z",
      "zot",
    ]);
    const groups = [
      {
        name: "g",
        rules: [
          rule("x:y:z", "a", { type: "recording" }),
          rule("A", "x:y:z > missing"),
          rule("B", "missing or kafka_consumergroup_lag"),
        ],
      },
    ];
    const { missing, excused } = unknownMetrics(groups, ["a"], names);
    expect(missing).toEqual(["no series is called missing, which A, B asks for"]);
    expect(excused).toHaveLength(1);
  });
});

describe("logs", () => {
  it("tell of errors in the formats of our programs", () => {
    const errors = [
      "[2026-11-21 12:00:00,000] ERROR Disk error while locking directory (kafka.server.LogDirFailureChannel)",
      'time=2026-11-21T12:00:00.000Z level=ERROR source=main.go:1 msg="no"',
      '{"time":"2026-11-21T12:00:00Z","level":"ERROR","msg":"no"}',
      "java.net.BindException: Address already in use",
      "panic: runtime error",
    ];
    const others = [
      "[2026-11-21 12:00:00,000] INFO [KafkaServer id=0] started (kafka.server.KafkaRaftServer)",
      'level=info msg="no errors"',
      "[2026-11-21 12:00:00,000] WARN Connection to node 1 could not be established",
    ];
    expect(errorLines([...others, ...errors].join("\n"), 9)).toEqual(errors);
    expect(errorLines(errors.join("\n"), 1).at(-1)).toBe("and 4 more");
  });

  it("lets kafka_exporter look at a topic that is being made, and not at one that it cannot read", () => {
    const said = (why: string) => `level=error msg="cannot get current offset" topic=rawalert partition=0 err="${why}"`;
    const made =
      "kafka server: Tried to send a message to a replica that is not the leader. Your metadata is out of date";
    expect(errorLines(said(made))).toEqual([]);
    expect(errorLines(said("dial tcp: connection refused"))).toHaveLength(1);
    const lag = 'level=error msg="no offset, cannot get consumer group lag" topic=rawalert partition=0';
    expect(errorLines(lag)).toEqual([]);
    expect(errorLines([said("dial tcp: connection refused"), lag].join("\n"))).toHaveLength(1);
  });

  it("lets Prometheus come up a moment before Alertmanager, and not send to where nobody is", () => {
    const said = (why: string) =>
      `{"level":"ERROR","msg":"Error sending alerts","count":1,"err":"Post \\"http://a:9093/api/v2/alerts\\": dial tcp${why}"}`;
    expect(errorLines(said(" 10.96.0.9:9093: connect: connection refused"))).toEqual([]);
    expect(errorLines(said(": lookup a on 127.0.0.11:53: no such host"))).toEqual([]);
    expect(errorLines(said(" 10.96.0.9:9093: i/o timeout"))).toHaveLength(1);
  });

  it("lets brokers and controllers find each other, and judges an error by what was thrown", () => {
    const at = (level: string, said: string) => `[2026-11-22 06:15:29,482] ${level} ${said}`;
    const asked = at("ERROR", "[ControllerApis nodeId=1] Unexpected error handling request RequestHeader(apiKey=X)");
    const early = "org.apache.kafka.common.errors.NotControllerException: The active controller appears to be node 1.";
    const broken = "java.io.IOException: No space left on device";
    const frame = "\tat kafka.server.ControllerApis.handle(ControllerApis.scala:1)";
    expect(errorLines([asked, early, frame].join("\n"))).toEqual([]);
    expect(errorLines([asked, broken, frame, asked, early].join("\n"))).toEqual([asked, broken]);
    const slow = at(
      "ERROR",
      "[QuorumController id=0] Exceptionally slow controller event x took 2227 ms. (EventPerformanceMonitor)",
    );
    expect(errorLines([slow, at("INFO", "go on"), broken].join("\n"))).toEqual([]);
    expect(errorLines([slow, at("ERROR", "no"), broken].join("\n"))).toHaveLength(2);
  });

  it("count what was thrown as the record that it belongs to", () => {
    const thrown = "java.io.IOException: Connection to kafka-2:29092 (id: 2 rack: null isFenced: false) failed.";
    const frame = "\tat org.apache.kafka.clients.NetworkClientUtils.awaitReady(NetworkClientUtils.java:76)";
    const warning = "[2026-11-21 12:00:00,000] WARN [ReplicaFetcher replicaId=1] Error in response for fetch request";
    const error = "[2026-11-21 12:00:00,000] ERROR [ReplicaFetcher replicaId=1] Unexpected error";
    expect(errorLines([warning, thrown, frame].join("\n"))).toEqual([]);
    expect(errorLines([warning, thrown, frame, error, thrown].join("\n"))).toEqual([error, thrown]);
    expect(errorLines([`2026-11-21T12:00:00.1Z ${thrown}`].join("\n"))).toHaveLength(1);
  });

  it("count a refused login for who was refused, not for the server that refused it", () => {
    const server = '2026-11-22 06:15:29.482 UTC [71] FATAL:  password authentication failed for user "market_api"';
    const client = "ERROR django.request Internal Server Error: /";
    const why = `psycopg.OperationalError: connection failed: ${server}`;
    expect(errorLines(server)).toEqual([]);
    expect(errorLines([client, "Traceback (most recent call last):", why].join("\n"))).toEqual([client]);
  });

  it.each([
    "[2026-11-22 06:15:29,482] ERROR Unexpected error NOT_LEADER_OR_FOLLOWER in ADD_RAFT_VOTER response from 1",
    "[2026-11-22 06:15:29,482] ERROR [ControllerServer id=0] RegistrationResponseHandler: channel manager timed out before sending the request.",
    "SEVERE: The Prometheus metrics HTTPServer caught an Exception while trying to send the metrics response.\njava.io.IOException: Broken pipe",
  ])("do not count what a slow start says: %s", (record) => {
    expect(errorLines(record)).toEqual([]);
  });

  it("are read for the first minutes only", () => {
    const start = "2026-11-21T12:00:00.000000000Z";
    const log = ["2026-11-21T12:04:59.1Z early", "2026-11-21T12:05:01.1Z late", "no time"].join("\n");
    expect(beginning(log, start)).toBe("2026-11-21T12:04:59.1Z early\nno time");
  });
});

describe("Kubernetes objects", () => {
  const object = (name: string, rest: object) => ({ kind: "", metadata: { name }, spec: {}, status: {}, ...rest });

  it("have all their pods", () => {
    const set = (status: object) => object("kafka", { spec: { replicas: 3 }, status });
    expect(rollout("StatefulSet", set({ readyReplicas: 3, updatedReplicas: 3 }), "kafka")).toEqual([]);
    expect(rollout("StatefulSet", set({ readyReplicas: 2, updatedReplicas: 3 }), "kafka")).toHaveLength(1);
    expect(rollout("DaemonSet", object("node", {}), "node")).toEqual(["node is scheduled on no node"]);
    expect(rollout("controller", undefined, "x")).toHaveLength(1);
  });

  it("keep volumes and a majority", () => {
    const service = {
      name: "kafka",
      replicas: 3,
      volumes: [{ name: "data", path: "/d", size: "1Gi" }],
    } as unknown as Workload;
    const claims = declaredClaims([service]);
    expect(claims.map((claim) => claim.name)).toEqual(["data-kafka-0", "data-kafka-1", "data-kafka-2"]);
    const bound = (name: string, storage: string) =>
      object(name, { status: { phase: "Bound", capacity: { storage } } });
    expect(claimProblems(claims, [bound("data-kafka-0", "1Gi"), bound("data-kafka-1", "512Mi")])).toEqual([
      "data-kafka-1 has 512Mi of 1Gi",
      "data-kafka-2 does not exist",
    ]);
    const budget = object("kafka", {
      spec: { selector: { matchLabels: { "datastack.io/service": "kafka" } } },
      status: { expectedPods: 3, currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 },
    });
    expect(budgetProblems([service], [budget])).toEqual([]);
    expect(budgetProblems([service], [])).toHaveLength(1);
  });
});

describe("the checks of the repository's stacks", () => {
  const declaration = (stack: string, values: Record<string, string>) => declare(stack, parseConfig(values).config);

  it("know from the code what to expect", () => {
    const dev = declaration("dev", { "datastack:publish": "loopback", "datastack:kafkaRmi": "true" });
    expect(declaredPorts(dev)).toEqual([3000, 6380, 8000, 9090, 9092, 9093, 9101, 15432]);
    const { checks, running } = checksOf(dev, async () => ({}));
    expect(running.kind).toBe("docker");
    expect([...new Set(checks.map((c) => c.family))]).toEqual([
      ...["containers", "kafka", "timescaledb", "redis", "app", "alerts", "grafana", "prometheus", "logs"],
    ]);
    expect(new Set(checks.map((c) => c.family + c.title)).size).toBe(checks.length);
    const titles = checks.map((c) => c.title);
    for (const { after } of checks) if (after) expect(titles).toContain(after);
  });
});
