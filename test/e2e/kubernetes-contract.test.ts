import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Size } from "../../components/core/units";
import { KubernetesTarget } from "../../components/target/kubernetes";
import type { Plan, Workload } from "../../components/target/workload";
import { presentToolchain } from "../../tools/toolchain";
import { type CaseOptions, plans, SECRET } from "../contract/cases";
import { say } from "./support/cli";
import { ensureBusybox } from "./support/docker";
import { RenderedStack, type TestCluster, testCluster } from "./support/kubernetes";
import { type TestStack, testStack, unchanged } from "./support/pulumi";
import { until } from "./support/wait";

/** The contract's workloads on a real Kubernetes node, from rendered manifests, in the order of a stack's life. */
const STACK = "contract";
const AGENTS = "contract-agents";
const NODES = [0, 1, 2];

/** What the program declares at the moment. */
let options: CaseOptions & { readonly size?: Size } = {};

function program(args: { kubeconfig?: string } = {}): void {
  const target = new KubernetesTarget({ stack: STACK, ...args });
  const problems = target.check(declared(target));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  declared(target).forEach((plan, index) => {
    const placement = { parent: new pulumi.ComponentResource("datastack:test:Case", `case-${index}`, {}, {}) };
    for (const service of plan.services ?? []) target.service(service, placement);
    for (const agent of plan.agents ?? []) target.agent(agent, placement);
    for (const job of plan.jobs ?? []) target.job(job, placement);
    for (const schedule of plan.schedules ?? []) target.schedule(schedule, placement);
  });
}

/** The cases, with volumes of another size where that is asked for. */
function declared(target: KubernetesTarget): Plan[] {
  const { size } = options;
  const sized = (service: Workload): Workload =>
    size && service.volumes ? { ...service, volumes: service.volumes.map((v) => ({ ...v, size })) } : service;
  return plans(target, options).map((plan) => ({ ...plan, services: (plan.services ?? []).map(sized) }));
}

interface Listed {
  readonly items: readonly {
    readonly kind: string;
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly uid: string;
      readonly generation?: number;
      readonly resourceVersion: string;
      readonly labels?: Record<string, string>;
      readonly creationTimestamp: string;
    };
    readonly spec: Record<string, unknown>;
    readonly status?: Record<string, unknown>;
  }[];
}

let cluster: TestCluster;

const list = (kinds: string, namespace = STACK) => cluster.json<Listed>("get", kinds, "-n", namespace);
/** Claims of the service whose replicas have one each; the other is a schedule's. */
const ringClaims = async () =>
  (await list("persistentvolumeclaim")).items.filter(({ metadata }) => metadata.name !== "kept-sweep-0");
/** Complains while a volume of the service has another size. */
async function sized(size: string): Promise<string | undefined> {
  const sizes = (await ringClaims()).map(
    ({ status }) => (status as { capacity?: { storage: string } }).capacity?.storage,
  );
  return sizes.every((each) => each === size) ? undefined : `${sizes}`;
}
const exec = (pod: string, command: string) => cluster.exec(STACK, pod, command);

/** Pods of services and agents by workload; those of schedules come and go. */
async function pods(): Promise<Record<string, string>> {
  const items = [...(await list("pods")).items, ...(await list("pods", AGENTS)).items];
  const kept = items.filter(({ metadata }) => metadata.labels?.["datastack.io/service"] !== "sweep");
  return Object.fromEntries(kept.map(({ metadata }) => [metadata.name, metadata.uid]));
}

/** Every declared object, as a text that differs when somebody has changed what is declared. */
async function objects(): Promise<Record<string, string>> {
  const counted = "deployment,statefulset,daemonset,cronjob,job,networkpolicy,poddisruptionbudget";
  const plain = "configmap,secret,service,serviceaccount,persistentvolumeclaim";
  const found: [string, string][] = [];
  for (const namespace of [STACK, AGENTS]) {
    // jobs of the schedule are not declared
    for (const { kind, metadata } of (await list(counted, namespace)).items)
      if (!(kind === "Job" && metadata.name.startsWith("sweep-")))
        found.push([`${kind} ${namespace}/${metadata.name}`, `${metadata.uid} ${metadata.generation}`]);
    for (const { kind, metadata } of (await list(plain, namespace)).items)
      found.push([`${kind} ${namespace}/${metadata.name}`, `${metadata.uid} ${metadata.resourceVersion}`]);
  }
  return Object.fromEntries(found);
}

/** Keys whose value differs. */
function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((k) => before[k] !== after[k]).sort();
}

const workloadOf = (pod: string) => pod.replace(/-[0-9a-f]{6,10}-[a-z0-9]{5}$|-[a-z0-9]{5}$/, "");

beforeAll(async () => {
  await ensureBusybox();
  cluster = await testCluster();
  await cluster.removeNamespaces(STACK, AGENTS);
});

describe("the contract's workloads on a Kubernetes node", () => {
  let stack: RenderedStack;

  beforeAll(() => {
    stack = new RenderedStack(cluster, STACK, program);
  });

  afterAll(async () => {
    await cluster?.removeNamespaces(STACK, AGENTS);
    stack?.remove();
  });

  it("fails when a job fails, shows its log, and keeps what waits for it back", async () => {
    // more failures than the job has attempts within its time
    options = { failures: 2 };
    const first = await stack.apply();
    expect(first.code).not.toBe(0);
    expect(first.output).toMatch(/Job contract\/register (failed|has not succeeded)/);
    expect(first.output).toContain("503");
    const names = (await list("deployment,statefulset")).items.map(({ metadata }) => metadata.name).sort();
    expect(names).toEqual(["counter", "ring", "visitor"]);
  });

  it("succeeds when it is applied again, without touching what was there", async () => {
    const before = await pods();
    // the next attempt succeeds, however late its predecessors were
    await exec("deployment/counter", "echo x >> /tmp/attempts; echo x >> /tmp/attempts");
    const second = await stack.apply();
    expect(second.code, second.output).toBe(0);
    const after = await pods();
    const fresh = Object.keys(after).filter((name) => !(name in before));
    expect([...new Set(fresh.map(workloadOf))].sort()).toEqual(["follower", "register", "vault"]);
    const gone = Object.keys(before).filter((name) => !(name in after));
    expect([...new Set(gone.map(workloadOf))]).toEqual(["register"]);
  });

  it("has nothing to change afterwards", async () => {
    // the schedule's is bound by its first run, which is a change of its own
    await until("bound claims", 90, async () => {
      const waiting = (await list("persistentvolumeclaim")).items.filter(({ status }) => status?.phase !== "Bound");
      return waiting.map(({ metadata }) => metadata.name).join(", ");
    });
    const [before, running] = [await objects(), await pods()];
    expect(Object.keys(before).length).toBeGreaterThan(45);
    expect(await stack.render()).toBe(0);
    expect((await stack.apply()).code).toBe(0);
    expect(changed(before, await objects())).toEqual([]);
    expect(await pods()).toEqual(running);
  });

  it("runs under the restricted standard, as nobody and without capabilities", async () => {
    const namespace = await cluster.json<Listed["items"][number]>("get", "namespace", STACK);
    expect(namespace.metadata.labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    const root = await cluster.attempt(["run", "root", "-n", STACK, "--image=x", "--dry-run=server", "--privileged"]);
    expect(root.text).toContain('violates PodSecurity "restricted:latest"');
    for (const pod of ["ring-0", "deployment/counter", "deployment/vault"]) {
      const status = await exec(pod, "grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status");
      expect(status.replace(/\s+/g, " "), pod).toBe(
        "Uid: 65534 65534 65534 65534 CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2",
      );
      const denied = await cluster.attempt(["exec", "-n", STACK, pod, "--", "touch", "/etc/x"]);
      expect(denied.text).toContain("Read-only file system");
      expect(await exec(pod, "ls /var/run/secrets 2>/dev/null | wc -l")).toBe("0");
    }
  });

  it("gives each replica the volume that was prepared for it", async () => {
    const claims = await ringClaims();
    expect((await list("persistentvolumeclaim")).items).toHaveLength(claims.length + 1);
    expect(claims.map(({ metadata }) => metadata.name)).toEqual(NODES.map((i) => `data-ring-${i}`));
    // a claim of the StatefulSet's own making would have the size of its template
    for (const { spec } of claims) expect(spec).toMatchObject({ resources: { requests: { storage: "64Mi" } } });
    for (const i of NODES)
      expect(await exec(`ring-${i}`, "cat /data/prepared /tmp/work/conf; touch /data/mine")).toBe(
        `replica ${i}\nid=${i}`,
      );
  });

  it("resolves each replica, the service as a whole, and the host agent", async () => {
    for (const i of NODES)
      expect(await exec("deployment/vault", `wget -q -O - http://ring-${i}.ring-nodes:8080/prepared`)).toBe(
        `replica ${i}`,
      );
    expect(await exec("deployment/vault", "wget -q -O - http://ring:8080/prepared")).toMatch(/^replica [012]$/);
    const agent = "http://lookout.contract.svc.cluster.local:19180";
    expect(await exec("deployment/visitor", `wget -q -O - ${agent}/passwd | grep -c ^root:`)).toBe("1");
  });

  it("lets the process read its secret, and nobody find it outside of the Secret", async () => {
    expect(await exec("deployment/vault", "cat /etc/vault/password; stat -c ' %u:%a' /etc/vault/password")).toBe(
      `${SECRET} 0:444`,
    );
    const hash = createHash("sha256").update(SECRET).digest("hex");
    const readable = await cluster.kubectl("get", "pod,deployment,replicaset,configmap,event", "-n", STACK, "-o=yaml");
    for (const trace of [SECRET, Buffer.from(SECRET).toString("base64"), hash]) expect(readable).not.toContain(trace);
    expect(await cluster.kubectl("get", "secret", "-n", STACK, "-o=yaml")).toContain(
      Buffer.from(SECRET).toString("base64"),
    );
  });

  it("runs a schedule every minute", async () => {
    await until("a success of the schedule", 120, async () => {
      const [sweep] = (await list("cronjob")).items;
      return sweep?.status?.lastSuccessfulTime ? undefined : JSON.stringify(sweep?.status);
    });
  });

  it("rolls only the workload whose file has changed", async () => {
    const [before, running] = [await objects(), await pods()];
    options = { failures: 2, revision: 2 };
    expect((await stack.apply()).code).toBe(0);
    expect(changed(before, await objects())).toEqual([
      `ConfigMap ${STACK}/counter-files`,
      `Deployment ${STACK}/counter`,
    ]);
    expect([...new Set(changed(running, await pods()).map(workloadOf))]).toEqual(["counter"]);
    expect(await exec("deployment/counter", "cat /etc/counter/revision")).toBe("revision=2");
  });

  it("gives a replica up only while all are ready", async () => {
    const disruptions = async () => {
      const budgets = await list("poddisruptionbudget");
      return budgets.items.find(({ metadata }) => metadata.name === "ring")?.status?.disruptionsAllowed;
    };
    const allowed = (count: number) => async () =>
      (await disruptions()) === count ? undefined : `${await disruptions()}`;
    await exec("ring-1", "mv /data/prepared /data/away");
    await until("ring-1 not ready", 60, allowed(0));
    expect(await cluster.evict(STACK, "ring-2")).toMatch(/TooManyRequests|violate the pod's disruption budget/);
    await exec("ring-1", "mv /data/away /data/prepared");
    await until("ring-1 ready", 60, allowed(1));

    const before = await pods();
    expect(await cluster.evict(STACK, "ring-2")).toBe("Created");
    await until("ring-2 back", 120, async () => {
      const now = await pods();
      if (!now["ring-2"] || now["ring-2"] === before["ring-2"]) return "the same pod";
      return (await disruptions()) === 1 ? undefined : "not ready";
    });
    expect(await exec("ring-2", "ls /data")).toBe("mine\nprepared");
  });

  it("grows volumes in place, and never shrinks them", async () => {
    const running = await pods();
    options = { ...options, size: "96Mi" };
    expect((await stack.apply()).code).toBe(0);
    await until("larger volumes", 60, () => sized("96Mi"));
    options = { ...options, size: "32Mi" };
    const smaller = await stack.apply();
    expect(smaller.code).not.toBe(0);
    expect(smaller.output).toContain("field can not be less than");
    options = { ...options, size: "96Mi" };
    expect((await stack.apply()).code).toBe(0);
    expect(await pods()).toEqual(running);
  });

  it("refuses a volume that was emptied, and has a way back that leaves the other replicas alone", async () => {
    const before = await pods();
    await exec("ring-1", "rm /data/*");
    await cluster.kubectl("delete", "pod", "ring-1", "-n", STACK);
    await until("ring-1 refuses the empty volume", 90, async () => {
      const { text } = await cluster.attempt(["logs", "ring-1", "-n", STACK]);
      return text.includes("volume is not prepared") ? undefined : text;
    });

    // as docs/kubernetes.md says
    await cluster.kubectl("delete", "statefulset", "ring", "-n", STACK, "--cascade=orphan");
    await cluster.kubectl("delete", "job", "prepare-data-ring-1", "-n", STACK, "--cascade=foreground");
    await cluster.kubectl("delete", "pod", "ring-1", "-n", STACK);
    await cluster.kubectl("delete", "pvc", "data-ring-1", "-n", STACK);
    options = { ...options, failures: 0 };
    expect((await stack.apply()).code).toBe(0);

    expect(await exec("ring-1", "cat /data/prepared; ls /data")).toBe("replica 1\nprepared");
    const after = await pods();
    for (const other of ["ring-0", "ring-2"]) expect(after[other]).toBe(before[other]);
    // what it had set up in the volume has to be set up again
    expect(changed(before, after).map(workloadOf)).toContain("register");
  });
});

describe("the contract's workloads by Pulumi itself", () => {
  let deployed: TestStack | undefined;

  afterAll(async () => {
    await cluster?.removeNamespaces(STACK, AGENTS);
    deployed?.remove();
  });

  it("come up, are unchanged afterwards, and keep their volumes over a destroy", async (context) => {
    if (!(await presentToolchain(["kubernetes", "random"]))) {
      say("not run: the kubernetes provider plugin cannot be had here; the manifests above were applied by kubectl");
      return context.skip();
    }
    say("pulumi up with the kubernetes provider plugin");
    options = { failures: 0 };
    const { kubeconfig } = cluster.layout;
    deployed = await testStack(STACK, ["kubernetes", "random"], async () => program({ kubeconfig }));
    await deployed.stack.up();
    await unchanged(deployed);
    await unchanged(deployed, { refresh: true });
    await exec("ring-0", "touch /data/mine");
    await deployed.stack.destroy();
    await deployed.stack.up();
    expect(await exec("ring-0", "ls /data")).toBe("mine\nprepared");
    // what was taken up again can be changed
    options = { ...options, size: "96Mi" };
    await deployed.stack.up();
    await until("larger volumes", 60, () => sized("96Mi"));
    await unchanged(deployed, { refresh: true });
    // what somebody has deleted is made again
    await cluster.kubectl("delete", "statefulset", "ring", "-n", STACK);
    await deployed.stack.up({ refresh: true });
    expect(await exec("ring-0", "ls /data")).toBe("mine\nprepared");
  });
});
