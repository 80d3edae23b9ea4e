import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KubernetesStack } from "../../tools/check/kubernetes/cluster";
import { compareTargets, declaredTargets, downTargets } from "../../tools/check/prometheus/targets";
import { chooseSource } from "../../tools/images";
import { SCRIPT } from "../../tools/render/render";
import { presentToolchain } from "../../tools/toolchain";
import { program, say } from "./support/cli";
import { type TestCluster, testCluster } from "./support/kubernetes";
import { PodProducer } from "./support/kubernetes-stream";
import { E2eStack, wrong } from "./support/stack";
import { type Acknowledged, consumeAll, lost } from "./support/stream";
import { until } from "./support/wait";

/** The stack `prod` under another name and with smaller volumes, from rendered manifests. */
const NAME = "e2e";
const DIRECT = "e2e-direct";
const TOPIC = "e2e-sequence";
const FIRST = { workload: "kafka", replica: 0 };
const CONFIG = {
  system: "kafka",
  target: "kubernetes",
  kafkaMemory: "1Gi",
  kafkaStorage: "2Gi",
  prometheusStorage: "2Gi",
  clusterMetrics: true,
  kubeletMetrics: true,
};
const KINDS = [
  ...["pods", "statefulsets", "deployments", "daemonsets", "jobs", "services", "configmaps", "serviceaccounts"],
  ...["persistentvolumeclaims", "networkpolicies", "poddisruptionbudgets", "roles", "rolebindings"],
].join(",");

describe("three brokers on a Kubernetes node", () => {
  const stack = new E2eStack(NAME, { ...CONFIG, kafkaBrokers: 3 });
  const manifests = path.join(stack.home, "manifests");
  const secrets = path.join(stack.home, "secrets.yaml");
  const sent: Acknowledged[] = [];
  let cluster: TestCluster;
  let kube: KubernetesStack;
  let images: "registry" | "local";

  beforeAll(async () => {
    cluster = await testCluster();
    Object.assign(process.env, cluster.env);
    kube = new KubernetesStack(NAME);
    images = await chooseSource("auto");
    await remove(NAME);
  });
  afterAll(async () => {
    for (const node of await kube.hosts()) await cluster.attempt(["uncordon", node]);
    await remove(NAME);
    await remove(DIRECT);
    stack.forget();
  });

  it("come up from rendered manifests under the restricted profile, and pass npm run check", async () => {
    const rendered = await stack.run("render", ["--images", images, "--out", manifests, "--secrets", secrets]);
    expect(rendered.code).toBe(0);
    await apply();
    const labels = await cluster.kubectl("get", "namespace", NAME, "-o", "jsonpath={.metadata.labels}");
    expect(JSON.parse(labels)).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
    await ready();
    await checks();
  });

  it("are all scraped, with every target up in three scrapes", async () => {
    const { targets } = stack.watched;
    const declared = declaredTargets(targets, await kube.hosts(), stack.outside);
    const seen = new Map<string, Set<string>>();
    for (let end = Date.now() + 90_000; Date.now() < end; await sleep(5000)) {
      const active = await stack.prometheus.activeTargets();
      expect(compareTargets(declared, active)).toEqual([]);
      expect(downTargets(active)).toEqual([]);
      for (const { labels, lastScrape } of active) {
        const key = `${labels.job}/${labels.instance}`;
        seen.set(key, (seen.get(key) ?? new Set()).add(lastScrape));
      }
      if ([...seen.values()].every((scrapes) => scrapes.size >= 3)) break;
    }
    expect([...seen].filter(([, scrapes]) => scrapes.size < 3)).toEqual([]);
    expect(seen.size).toBeGreaterThanOrEqual(declared.length);
  });

  it("are not changed by a second render and apply", async () => {
    const before = await versions();
    expect(Object.keys(before).length).toBeGreaterThan(20);
    const again = await stack.run("render", ["--images", images, "--out", manifests, "--secrets", secrets]);
    expect(again.output).toContain("unchanged");
    await apply();
    expect(await versions()).toEqual(before);
  });

  it("lose nothing that they acknowledged when a broker's pod is deleted in mid-stream", async () => {
    const tools = stack.kafka.tools(FIRST);
    await tools.run("kafka-topics", ["--create", "--topic", TOPIC, "--partitions", "6"]);
    const producer = await produce(1);
    await producer.reached(3000, 120);
    say(await cluster.kubectl("delete", "pod", "--namespace", NAME, "kafka-1", "--wait=false"));
    await producer.reached((await producer.acknowledged()).length + 3000, 180);
    await ready();
    await producer.reached(10_000, 240);
    sent.push(...(await producer.stop()));
    await complete();
  });

  it("answer 429 to the eviction of broker 2 while broker 1 is not ready, and let it go afterwards", async () => {
    const hosts = await kube.hosts();
    for (const host of hosts) await cluster.kubectl("cordon", host);
    try {
      await cluster.kubectl("delete", "pod", "--namespace", NAME, "kafka-1");
      await until("the budget to notice", 60, async () => {
        const allowed = await cluster.kubectl(
          "get",
          "pdb",
          "-n",
          NAME,
          "kafka",
          "-o",
          "jsonpath={.status.disruptionsAllowed}",
        );
        return allowed === "0" ? undefined : `${allowed} disruptions allowed`;
      });
      expect(await cluster.evict(NAME, "kafka-2")).toMatch(/TooManyRequests.*disruption budget/s);
    } finally {
      for (const host of hosts) await cluster.kubectl("uncordon", host);
    }
    await ready();
    const uid = async () => (await kube.pods("kafka")).find((pod) => pod.metadata.name === "kafka-2")?.metadata.uid;
    const before = await uid();
    await until("an eviction", 60, async () => {
      const answer = await cluster.evict(NAME, "kafka-2");
      return answer === "Created" ? undefined : answer;
    });
    await until("another broker 2", 120, async () => {
      const now = await uid();
      return now !== undefined && now !== before ? undefined : "it is still the old one";
    });
    await ready();
    await complete();
  });

  it("come up by pulumi up as well, where the provider plugin is present", async (context) => {
    if (!(await presentToolchain(["kubernetes"]))) {
      return context.skip(
        "Pulumi's Kubernetes provider is not installed and not to be had here; rendered manifests were applied",
      );
    }
    const direct = new E2eStack(DIRECT, { ...CONFIG, kafkaBrokers: 1 });
    try {
      expect((await direct.run("up", ["--yes"], { env: cluster.env })).code).toBe(0);
      expect((await direct.run("check", [], { env: cluster.env })).code).toBe(0);
      expect((await direct.run("down", ["--yes", "--volumes"], { env: cluster.env })).code).toBe(0);
    } finally {
      direct.forget();
    }
  });

  /** Pods first, and at once: a namespace is only looked at again after half of its pods' longest grace. */
  async function remove(name: string): Promise<void> {
    const namespaces = [name, `${name}-agents`];
    for (const namespace of namespaces) {
      const all = ["--all", "--namespace", namespace, "--ignore-not-found", "--timeout=60s"];
      await cluster.attempt(["delete", "statefulsets,deployments,daemonsets,jobs", ...all, "--cascade=orphan"]);
      await cluster.attempt(["delete", "pods", ...all, "--grace-period=1"]);
    }
    await cluster.removeNamespaces(...namespaces);
    // Of no namespace, so it does not go with one.
    const mine = ["clusterrole,clusterrolebinding", "-l", `datastack.io/stack=${name}`, "--ignore-not-found"];
    await cluster.attempt(["delete", ...mine]);
  }

  async function apply(): Promise<void> {
    if (/^kind: Secret$/m.test(fs.readFileSync(secrets, "utf8")))
      await cluster.kubectl("apply", "--server-side", "-f", secrets);
    expect((await program("sh", [path.join(manifests, SCRIPT)], { env: cluster.env })).code).toBe(0);
  }

  async function ready(): Promise<void> {
    const took = await until("three ready brokers", 180, async () => {
      const state = "{.status.readyReplicas}/{.status.updatedReplicas}";
      const now = await cluster.kubectl("get", "statefulset", "-n", NAME, "kafka", "-o", `jsonpath=${state}`);
      return now === "3/3" ? undefined : now;
    });
    say(`three brokers are ready after ${took.toFixed(0)} s`);
  }

  async function checks(): Promise<void> {
    const { code, output } = await stack.run("check", [], { env: cluster.env });
    expect(wrong(output)).toEqual([]);
    expect(code).toBe(0);
  }

  async function produce(prefix: number): Promise<PodProducer> {
    const [pod] = await kube.pods("kafka");
    const image = String(pod?.spec.containers[0].image);
    const { bootstrap } = stack.kafka.tools(FIRST);
    return PodProducer.start(cluster, NAME, { image, bootstrap, topic: TOPIC, prefix, rate: 300 });
  }

  async function complete(): Promise<void> {
    expect(sent.length).toBeGreaterThanOrEqual(10_000);
    const found = await consumeAll(kube, FIRST, stack.kafka.tools(FIRST), TOPIC);
    expect(lost(sent, found)).toEqual([]);
  }

  /** Everything of the stack by kind and name, with what changes when it changes. */
  async function versions(): Promise<Record<string, string>> {
    const lists = await Promise.all([NAME, `${NAME}-agents`].map((namespace) => kube.list(KINDS, namespace)));
    return Object.fromEntries(
      lists.flat().map(({ kind, metadata }) => {
        const { uid, generation, resourceVersion } = metadata as unknown as Record<string, string>;
        return [
          `${kind} ${metadata.namespace}/${metadata.name}`,
          `${uid} ${kind === "Pod" ? "" : (generation ?? resourceVersion)}`,
        ];
      }),
    );
  }
});
