import { beforeAll, describe, expect, test } from "vitest";
import { Kafka, type KafkaArgs } from "../../components/kafka";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Target } from "../../components/target/target";
import { kafkaArgs } from "../support/kafka";
import {
  all,
  at,
  CONTAINER,
  dependsOn,
  kubernetes,
  one,
  plain,
  type Recording,
  record,
  waitsFor,
} from "../support/record";

const args = (target: Target, more: Partial<KafkaArgs> = {}) =>
  kafkaArgs({ target, brokers: 3, topics: { orders: { partitions: 3 } }, ...more });

describe("on Docker", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await record(() => new Kafka("kafka", args(new DockerTarget({ stack: "dev" }))));
  });
  const container = (name: string) => one(recording, CONTAINER, name);

  test("only the preparation that could begin a second cluster has a network, to see whether there is one", () => {
    expect(at(container("kafka-0-data-prepare"), "networksAdvanced[0].name")).toBe("dev");
    expect(container("kafka-1-data-prepare").inputs).toMatchObject({ networkMode: "none" });
  });

  test("no broker starts before all volumes are prepared, and none waits for another broker", () => {
    for (const broker of [0, 1, 2]) {
      const before = dependsOn(recording, container(`kafka-${broker}`));
      for (const i of [0, 1, 2]) expect(before).toContain(`kafka-${i}-data-prepare`);
      expect(before.filter((name) => /^kafka-\d$/.test(name))).toEqual([]);
    }
  });

  test("a volume to be recovered is given to its owner again, before it is prepared, and no broker is replaced", async () => {
    const recovered = await record(
      () => new Kafka("kafka", args(new DockerTarget({ stack: "dev" }), { recover: [1] })),
    );
    const changed = all(recording, CONTAINER).filter(({ name, inputs }) => {
      return JSON.stringify(plain(inputs)) !== JSON.stringify(plain(one(recovered, CONTAINER, name).inputs));
    });
    expect(changed.map(({ name }) => name).sort()).toEqual(["kafka-1-data-owner", "kafka-1-data-prepare"]);
  });

  test("the preparation that could begin a second cluster sees the other volumes, and cannot write to them", () => {
    expect(at(container("kafka-0-data-prepare"), "volumes")).toEqual([
      { volumeName: "dev-kafka-0-data", containerPath: "/var/lib/kafka", readOnly: false },
      { volumeName: "dev-kafka-1-data", containerPath: "/var/lib/kafka-others/1", readOnly: true },
      { volumeName: "dev-kafka-2-data", containerPath: "/var/lib/kafka-others/2", readOnly: true },
    ]);
    expect(at(container("kafka-1-data-prepare"), "volumes")).toHaveLength(1);
  });

  test("topics are made when all brokers are ready", () => {
    expect(dependsOn(recording, container("kafka-topics"))).toEqual(
      expect.arrayContaining(["kafka-0", "kafka-1", "kafka-2"]),
    );
  });

  test("wrong arguments register nothing of it", async () => {
    const wrong = record(() => new Kafka("kafka", args(new DockerTarget({ stack: "dev" }), { brokers: 2 })));
    await expect(wrong).rejects.toThrow(
      /^1 problem in the configuration; nothing was changed\.\n {2}- kafka\.brokers = 2/,
    );
  });
});

describe("on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await record(() => new Kafka("kafka", args(new KubernetesTarget({ stack: "prod" }))));
  });

  test("preparations reach the controllers, and nothing else", () => {
    const policy = one(recording, kubernetes("networking.k8s.io/v1", "NetworkPolicy"), "kafka-prepare-network");
    const [dns, controllers, ...others] = at<{ ports: { port: number }[] }[]>(policy, "spec.egress");
    expect(dns?.ports.map(({ port }) => port)).toEqual([53, 53]);
    expect(controllers?.ports.map(({ port }) => port)).toEqual([9093]);
    expect(others).toEqual([]);
    const labels = (job: string) =>
      Object.keys(at<object>(one(recording, kubernetes("batch/v1", "Job"), job), "spec.template.metadata.labels"));
    expect(labels("kafka-0-data-prepare")).toContain("datastack.io/access-kafka-9093");
    expect(labels("kafka-1-data-prepare")).not.toContain("datastack.io/access-kafka-9093");
  });

  test("volumes are prepared before the StatefulSet exists", () => {
    const set = one(recording, kubernetes("apps/v1", "StatefulSet"), "kafka");
    for (const i of [0, 1, 2]) expect(waitsFor(recording, set)).toContain(`kafka-${i}-data-prepare`);
  });

  test("every broker's own configuration is in each pod, and names it by its stable name", () => {
    const text = JSON.stringify(all(recording, kubernetes("core/v1", "ConfigMap")).map((map) => map.inputs));
    for (const i of [0, 1, 2]) expect(text).toContain(`advertised.listeners=INSIDE://kafka-${i}.kafka-nodes`);
  });

  test("a larger volume is a larger claim, and nothing else: no broker is restarted", async () => {
    const larger = await record(
      () => new Kafka("kafka", args(new KubernetesTarget({ stack: "prod" }), { storage: { size: "20Gi" } })),
    );
    const changed = all(recording).filter((before) => {
      const after = all(larger).find(({ urn }) => urn === before.urn);
      return JSON.stringify(plain(before.inputs)) !== JSON.stringify(plain(after?.inputs ?? {}));
    });
    expect(changed.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual(
      [0, 1, 2].map((i) => `PersistentVolumeClaim kafka-${i}-data`),
    );
    expect(all(larger)).toHaveLength(all(recording).length);
    expect(at(one(larger, kubernetes("core/v1", "PersistentVolumeClaim"), "kafka-0-data"), "spec.resources")).toEqual({
      requests: { storage: "20Gi" },
    });
  });

  test("restarts one broker at a time, and only when the one before is in sync", () => {
    const set = plain(one(recording, kubernetes("apps/v1", "StatefulSet"), "kafka").inputs);
    expect(set).toMatchObject({
      spec: {
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        minReadySeconds: 30,
        template: {
          spec: {
            terminationGracePeriodSeconds: 120,
            containers: [
              {
                startupProbe: { tcpSocket: { port: "controller" } },
                readinessProbe: { exec: { command: ["bash", "/opt/datastack/kafka/ready.sh"] } },
                livenessProbe: { tcpSocket: { port: "controller" } },
              },
            ],
          },
        },
      },
    });
    expect(plain(one(recording, kubernetes("policy/v1", "PodDisruptionBudget"), "kafka-budget").inputs)).toMatchObject({
      spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "IfHealthyBudget" },
    });
  });

  test("a broker knows the zone of its node without asking the API server", () => {
    const set = one(recording, kubernetes("apps/v1", "StatefulSet"), "kafka");
    expect(at(set, "spec.template.spec.containers[0].env")).toContainEqual({
      name: "DATASTACK_ZONE",
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } },
    });
    expect(at(set, "spec.template.spec.automountServiceAccountToken")).toBe(false);
  });

  test("each broker has a Service of its own for clients outside, and lets in only them", async () => {
    const target = new KubernetesTarget({ stack: "prod" });
    const from = ["192.0.2.0/24"];
    const expose = { by: "LoadBalancer", hosts: "kafka-{broker}.example.org", from } as const;
    expect(target.check([Kafka.plan("kafka", args(target, { expose }))])).toEqual([]);
    const exposed = await record(() => new Kafka("kafka", args(new KubernetesTarget({ stack: "prod" }), { expose })));
    const service = (i: number) => one(exposed, kubernetes("core/v1", "Service"), `kafka-${i}-outside`);
    for (const i of [0, 1, 2])
      expect(plain(service(i).inputs)).toMatchObject({
        spec: {
          type: "LoadBalancer",
          selector: { "statefulset.kubernetes.io/pod-name": `kafka-${i}` },
          ports: [{ name: "outside", port: 9092, targetPort: "outside" }],
          loadBalancerSourceRanges: from,
        },
      });
    const ingress = at(
      one(exposed, kubernetes("networking.k8s.io/v1", "NetworkPolicy"), "kafka-network"),
      "spec.ingress",
    );
    expect(ingress).toContainEqual({
      from: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      ports: [{ protocol: "TCP", port: 9092 }],
    });
    expect(JSON.stringify(all(recording).map(({ inputs }) => plain(inputs)))).not.toContain("ipBlock");
  });
});
