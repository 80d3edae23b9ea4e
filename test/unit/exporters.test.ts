import { describe, expect, it } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { KafkaExporter, type KafkaExporterArgs, NodeExporter, type NodeExporterArgs } from "../../components/exporters";
import { Kafka } from "../../components/kafka";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { one, record } from "../support/record";

const docker = new DockerTarget({ stack: "test" });
const kubernetes = new KubernetesTarget({ stack: "test" });
const images = imageCatalogue();
const kafka = Kafka.connection("kafka", { target: docker, images, brokers: 3 });
const exporter = (more: Partial<KafkaExporterArgs> = {}): KafkaExporterArgs => ({
  target: docker,
  images,
  kafka,
  ...more,
});
const node = (more: Partial<NodeExporterArgs> = {}): NodeExporterArgs => ({ target: docker, images, ...more });

describe("Kafka exporter", () => {
  const service = (more: Partial<KafkaExporterArgs> = {}) =>
    KafkaExporter.plan("kafka-exporter", exporter(more)).services?.[0];

  it("asks every broker, in the protocol of Kafka 4, and waits for them", () => {
    expect(service()).toMatchObject({
      command: ["/opt/kafka-exporter/kafka_exporter"],
      args: [
        "--kafka.server=kafka-0:29092",
        "--kafka.server=kafka-1:29092",
        "--kafka.server=kafka-2:29092",
        "--kafka.version=3.6.0",
        "--web.listen-address=:9308",
        "--topic.filter=.*",
        "--topic.exclude=^__",
        "--group.filter=.*",
        "--group.exclude=^$",
      ],
      ports: { metrics: { port: 9308 } },
      needs: [{ to: { id: "kafka" }, start: true }],
    });
    expect(service({ topics: { include: "^orders", exclude: "test$" }, groups: { exclude: "^tmp" } })?.args).toEqual(
      expect.arrayContaining(["--topic.filter=^orders", "--topic.exclude=test$", "--group.exclude=^tmp"]),
    );
  });

  it("starts after the jobs that it is told, such as the one that makes the topics", () => {
    expect(service()).not.toHaveProperty("after");
    expect(service({ after: ["kafka-topics"] })?.after).toEqual(["kafka-topics"]);
  });

  it("calls lag by one name, whatever the build", () => {
    const [target] = KafkaExporter.monitoring("kafka-exporter", exporter()).targets;
    expect(target).toMatchObject({ job: "kafka-exporter", port: { number: 9308 } });
    expect(target?.metricRelabel).toEqual([
      {
        source_labels: ["__name__"],
        regex: "kafka_consumergroup_uncommitted_offsets(.*)",
        target_label: "__name__",
        replacement: "kafka_consumergroup_lag$1",
      },
    ]);
  });

  it("refuses what it cannot ask, and expressions that are none", () => {
    const problems = KafkaExporter.validate(
      "Exporter",
      exporter({
        kafka: { ...kafka, endpoints: [] },
        topics: { include: "(" },
        groups: { exclude: "(?!a)b" },
        alerts: { KafkaLag: false } as never,
      }),
    ).map(formatProblem);
    expect(problems).toEqual([
      expect.stringContaining('name = "Exporter": must be a DNS label'),
      "kafka.endpoints: must name at least one broker as host:port.",
      'topics.include = "(": must be a regular expression.',
      'groups.exclude = "(?!a)b": must be an RE2 expression: it has no look-around and no back references.',
      expect.stringContaining("alerts.KafkaLag: is not an alert of this component. Its alerts are Kafka"),
    ]);
  });
});

describe("node exporter", () => {
  const agent = (more: Partial<NodeExporterArgs> = {}) => NodeExporter.plan("node-exporter", node(more)).agents?.[0];

  it("sees the host, and not only its container", () => {
    expect(agent()?.host).toEqual({ network: true, pid: true, root: "/host", textfiles: "/textfiles" });
    expect(agent()?.args).toEqual(
      expect.arrayContaining([
        "--web.listen-address={host-address}:9100",
        "--path.rootfs=/host",
        "--collector.textfile.directory=/textfiles",
      ]),
    );
  });

  it("reads metrics of schedules only where they are written", () => {
    const there = agent({ target: kubernetes });
    expect(there?.host).toEqual({ network: true, pid: true, root: "/host" });
    expect(there?.args?.join(" ")).not.toContain("textfile");
  });

  it("switches collectors on, in a fixed order", () => {
    expect(agent({ collectors: ["systemd", "processes"] })?.args?.slice(-2)).toEqual([
      "--collector.processes",
      "--collector.systemd",
    ]);
    expect(NodeExporter.validate("node-exporter", node({ collectors: ["--web.x"] })).map(formatProblem)).toEqual([
      'collectors = "--web.x": must be the name of a collector: lower-case letters, digits and _.',
    ]);
  });

  it.each([
    ["/", false],
    ["/var/lib/docker", false],
    ["/data", false],
    ["/run/user/0", true],
    ["/proc", true],
    ["/running", false],
    ["/var/lib/docker/overlay2/abc/merged", true],
    ["/var/lib/kubelet/pods/1/volumes/x", true],
    ["/var/lib/kubelet/pods/1/volumes/kubernetes.io~csi/pvc-1/mount", true],
    ["/mnt/disks/kafka", false],
    ["/data/containerd/io.x/rootfs", true],
  ])("counts %s among mounts that say nothing: %s", (mount, ignored) => {
    const flag = agent()?.args?.find((arg) => arg.includes("mount-points-exclude"));
    expect(new RegExp(flag?.split("=").slice(1).join("=") ?? "").test(mount)).toBe(ignored);
  });

  it("is refused by its constructor before anything is registered, with its name in the path", async () => {
    const wrong = node({ alerts: { NodeCpuHigh: { threshold: 90 } } });
    const recording = record(() => {
      new NodeExporter("node-exporter", wrong);
    });
    await expect(recording).rejects.toThrow(
      "node-exporter.alerts.NodeCpuHigh.threshold = 90: must be between 0 and 1 (ratio).",
    );
  });

  it("is one container on Docker", async () => {
    const recording = await record(() => {
      new NodeExporter("node-exporter", node({ target: new DockerTarget({ stack: "test" }) }));
    });
    expect(one(recording, "docker:index/container:Container", "node-exporter").inputs).toMatchObject({
      networkMode: "host",
      pidMode: "host",
    });
  });
});
