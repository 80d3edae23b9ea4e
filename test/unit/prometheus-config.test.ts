import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { NodeExporter } from "../../components/exporters";
import { Kafka } from "../../components/kafka";
import { Prometheus, type PrometheusArgs, prometheusFiles } from "../../components/prometheus";
import { DockerTarget } from "../../components/target/docker";
import { ALERTMANAGER, alerts, KUBELET_JOBS, monitored } from "../support/monitored";

const target = new DockerTarget({ stack: "test" });
const images = imageCatalogue();
const node = NodeExporter.monitoring("node-exporter", { target, images });
const args = (more: Partial<PrometheusArgs> = {}): PrometheusArgs => ({ target, images, monitoring: [], ...more });
const config = (more: Partial<PrometheusArgs> = {}) => parse(prometheusFiles("prometheus", args(more)).config);
const problems = (more: Partial<PrometheusArgs>) => Prometheus.validate("prometheus", args(more)).map(formatProblem);
const service = (more: Partial<PrometheusArgs> = {}) => Prometheus.plan("prometheus", args(more)).services?.[0];

describe("prometheus.yml", () => {
  it("says with its defaults what the documentation says", () => {
    expect(config()).toEqual({
      global: {
        scrape_interval: "15s",
        scrape_timeout: "10s",
        evaluation_interval: "15s",
        external_labels: { stack: "test" },
      },
      storage: { tsdb: { retention: { time: "15d", size: "8192MB" } } },
      rule_files: ["/etc/prometheus/rules.yml"],
      scrape_configs: [
        {
          job_name: "prometheus",
          static_configs: [{ targets: ["prometheus-0:9090"], labels: { instance: "prometheus-0" } }],
        },
      ],
    });
  });

  it("is the same text for the same things in another order", () => {
    const kafka = Kafka.monitoring("kafka", { target, images, brokers: 3 });
    const one = prometheusFiles("prometheus", args({ monitoring: [kafka, node], externalLabels: { b: "2", a: "1" } }));
    const other = prometheusFiles(
      "prometheus",
      args({ monitoring: [node, kafka], externalLabels: { a: "1", b: "2" } }),
    );
    expect(one).toEqual(other);
  });

  it("has alerting only where there is somebody to alert", () => {
    expect(config().alerting).toBeUndefined();
    expect(config({ alertmanagers: [ALERTMANAGER] }).alerting).toEqual({
      alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }],
    });
    expect(prometheusFiles("prometheus", args()).rules).not.toContain("prometheus_notifications");
    expect(prometheusFiles("prometheus", args({ alertmanagers: [ALERTMANAGER] })).rules).toContain(
      "prometheus_notifications",
    );
  });

  it("watches itself once, also when it is among what it was given", () => {
    const own = Prometheus.monitoring("prometheus", args());
    expect(prometheusFiles("prometheus", args({ monitoring: [own, node] }))).toEqual(
      prometheusFiles("prometheus", args({ monitoring: [node] })),
    );
  });

  it.each(["docker", "kubernetes"] as const)("has the same jobs on %s, also of what is declared after it", (kind) => {
    const { files, collected } = monitored(kind);
    const { scrape_configs } = parse(files.config) as { scrape_configs: { job_name: string }[] };
    const jobs = scrape_configs.map((scrape) => scrape.job_name);
    const outside = kind === "kubernetes" ? KUBELET_JOBS : [];
    expect(jobs).toEqual([...new Set([...collected.targets.map(({ job }) => job), ...outside])].sort());
    expect(jobs).toEqual(expect.arrayContaining(["alertmanager", "kafka", "kafka-exporter", "node-exporter"]));
  });
});

describe("rules", () => {
  const SCHEDULES = /(Backup|Schedule)(Failed|Missing|Old)$/;
  const ruled = (kind: "docker" | "kubernetes") => monitored(kind, { kubelet: {} }).collected;

  it("are the same on both targets, but for schedules and what Kubernetes says of itself", () => {
    const others = (kind: "docker" | "kubernetes") =>
      alerts(ruled(kind)).filter(
        ({ name, labels = {} }) =>
          !SCHEDULES.test(name) && labels.component !== "kube-state-metrics" && name !== "TargetMissing",
      );
    expect(others("kubernetes")).toEqual(others("docker"));
    const recordings = (kind: "docker" | "kubernetes") => ruled(kind).groups.flatMap((group) => group.recordings ?? []);
    expect(recordings("kubernetes")).toEqual(recordings("docker"));
  });

  it("say on Kubernetes, where instances are found, that there is none of a job, whoever runs it", () => {
    const external = [
      { job: "backend", namespace: "backend", port: 8080 },
      { job: "minio", hosts: ["minio.example.com"], cidrs: ["192.0.2.0/24"], port: 9000 },
    ];
    const missing = (kind: "docker" | "kubernetes", more: Partial<PrometheusArgs>) =>
      alerts(monitored(kind, more).collected).find(({ name }) => name === "TargetMissing")?.expr ?? "";
    expect(missing("docker", {})).toBe("");
    expect(missing("kubernetes", { external, kubelet: { volumes: true } })).toMatch(
      /^absent\(up\{job="alertmanager"\}\) or absent\(up\{job="backend"\}\) or .*absent\(up\{job="kubelet"\}\)/,
    );
    // Three brokers, each by its name; of what has no identity, one is enough, and a host agent is on nobody knows how many nodes.
    expect(missing("kubernetes", {})).toContain(
      ' or count by (job) (up{job="kafka"}) < 3 or absent(up{job="kafka"}) or ',
    );
    expect(missing("kubernetes", {}).match(/count/g)).toHaveLength(1);
    // Asked by name, so there is always a target.
    expect(missing("kubernetes", { external })).not.toContain("minio");
  });

  it("about schedules have the same names and labels on both targets", () => {
    const ofSchedules = (kind: "docker" | "kubernetes") =>
      alerts(ruled(kind))
        .filter(({ name }) => SCHEDULES.test(name))
        .map(({ name, labels, severity, for: duration }) => ({ name, labels, severity, duration }));
    expect(ofSchedules("docker").length).toBeGreaterThanOrEqual(4);
    expect(ofSchedules("kubernetes")).toEqual(ofSchedules("docker"));
  });

  it("of two Kafka clusters are told apart", () => {
    const monitoring = ["kafka", "events"].map((name) => Kafka.monitoring(name, { target, images, brokers: 1 }));
    expect(problems({ monitoring })).toEqual([]);
  });

  it("know the size of the volume and the address of the runbooks", () => {
    const { rules } = prometheusFiles(
      "prometheus",
      args({ storage: { size: "20Gi" }, runbooks: "https://docs.example.com/r" }),
    );
    expect(rules).toContain(`/ ${20 * 2 ** 30} > 0.92`);
    expect(rules).toContain("runbook_url: https://docs.example.com/r/TargetDown.md");
  });
});

describe("the workload", () => {
  it("carries configuration and rules as files, so that a change of them is a change of it", () => {
    const files = prometheusFiles("prometheus", args());
    expect(service()?.files).toEqual([
      { path: "/etc/prometheus/prometheus.yml", content: files.config },
      { path: "/etc/prometheus/rules.yml", content: files.rules },
    ]);
    expect(service()?.args).toEqual([
      "--config.file=/etc/prometheus/prometheus.yml",
      "--storage.tsdb.path=/prometheus",
      "--web.listen-address=:9090",
      "--log.format=json",
    ]);
  });

  it("keeps its samples on a volume, discovers, and stops gracefully", () => {
    expect(service({ publish: { port: 19090, address: "127.0.0.1" } })).toMatchObject({
      identity: "stable",
      discovery: {},
      volumes: [{ name: "data", path: "/prometheus", size: "10Gi" }],
      ports: { http: { port: 9090, publish: { host: 19090, address: "127.0.0.1" } } },
      ready: { probe: { http: { port: "http", path: "/-/ready" } } },
      alive: { http: { port: "http", path: "/-/healthy" } },
      stop: { grace: 300 },
    });
  });

  it("needs traffic to what it watches and alerts, does not wait for it, and does not need itself", () => {
    const needs = service({ monitoring: [node], alertmanagers: [ALERTMANAGER] })?.needs;
    expect(needs?.map((need) => need.to.id)).toEqual(["node-exporter", "alertmanager"]);
    expect(needs?.some((need) => need.start)).toBe(false);
  });
});

describe("what is refused", () => {
  it.each<[string, Partial<PrometheusArgs>, string[]]>([
    [
      "retention above the disk",
      { storage: { size: "10Gi" }, retention: { size: "9Gi" } },
      [
        'retention.size = "9Gi": is above 85 % of the disk (storage.size 10Gi, so at most 8704Mi). Lower it or enlarge the volume: the write-ahead log and compaction need the rest.',
      ],
    ],
    ["no size", { storage: { size: "ten" as never } }, ['storage.size = "ten": must be a size such as 10Gi.']],
    ["no retention left", { retention: { size: "1Ki" } }, ['retention.size = "1Ki": must be a size of at least 1Mi.']],
    [
      "duration",
      { retention: { time: "2w" as never } },
      [
        'retention.time = "2w": must be a whole number above 0 followed by s, m, h or d. Write it with one unit, such as "90s" or "36h".',
      ],
    ],
    ["timeout", { scrapeInterval: "5s" }, ['scrapeTimeout = "10s": must be at most the scrape interval (5s).']],
    [
      "external label",
      { externalLabels: { "a-b": "x" } },
      ["externalLabels.a-b: must be a label name: letters, digits and _, not beginning with a digit."],
    ],
    ["port", { publish: { port: 0 } }, ["publish.port = 0: must be a port, 1 to 65535."]],
    [
      "timeout of a target",
      { monitoring: [{ targets: node.targets.map((t) => ({ ...t, timeout: "20s" as const })), rules: [] }] },
      ['monitoring.targets.node-exporter.timeout = "20s": must be at most the scrape interval (15s).'],
    ],
    [
      "interval of a target below the timeout",
      { monitoring: [{ targets: node.targets.map((t) => ({ ...t, interval: "5s" as const })), rules: [] }] },
      ['monitoring.targets.node-exporter.timeout = "10s": must be at most the scrape interval (5s).'],
    ],
    [
      "alert without runbook",
      {
        rules: [
          {
            name: "own",
            alerts: [
              { name: "OrdersLate", expr: "up == 0", for: "5m", severity: "info", summary: "s", description: "d" },
            ],
          },
        ],
      },
      [
        "monitoring.own.OrdersLate.runbook: has no runbook: there is no docs/runbooks/OrdersLate.md. Write that page, or give the alert a runbook of its own.",
      ],
    ],
    [
      "job twice",
      { monitoring: [node, { ...node, rules: [] }] },
      [
        'monitoring.job = "node-exporter": is the job of several targets (node-exporter, node-exporter). Give each a name of its own.',
      ],
    ],
  ])("%s", (_, more, messages) => {
    expect(problems(more)).toEqual(messages);
  });

  it("is nothing of what the stacks declare", () => {
    expect(monitored("docker").blueprint.validate()).toEqual([]);
    expect(monitored("kubernetes").blueprint.validate()).toEqual([]);
  });

  it("does not stop monitoring from being looked at", () => {
    const broken = args({ storage: { size: "ten" as never }, alerts: { TargetFlapping: { threshold: Number.NaN } } });
    expect(() => Prometheus.monitoring("prometheus", broken)).not.toThrow();
    expect(() => Prometheus.connection("prometheus", broken)).not.toThrow();
  });
});
