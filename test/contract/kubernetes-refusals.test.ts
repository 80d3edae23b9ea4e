import * as k8s from "@pulumi/kubernetes";
import { describe, expect, it } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { DockerTarget } from "../../components/target/docker";
import type { KubernetesTargetArgs } from "../../components/target/kubernetes";
import type { Workload } from "../../components/target/workload";
import { record } from "../support/record";
import { connection, counter, plans, ring, WRONG_USES } from "./cases";
import { alone, STACK, target } from "./kubernetes";

describe("wrong use on Kubernetes", () => {
  const docker = new DockerTarget({ stack: STACK });
  const problems = (args: Partial<KubernetesTargetArgs>, ...services: Workload[]) =>
    target(args).check([{ services }]).map(formatProblem);

  for (const wrong of WRONG_USES.filter((w) => w.on === "both"))
    it(`refuses ${wrong.name} as Docker does`, () => {
      const messages = target().check(wrong.plans(target())).map(formatProblem);
      expect(messages).not.toEqual([]);
      expect(messages).toEqual(docker.check(wrong.plans(docker)).map(formatProblem));
    });

  for (const wrong of WRONG_USES.filter((w) => w.on === "kubernetes"))
    it(`refuses ${wrong.name}`, () => {
      expect(target().check(wrong.plans(target())).map(formatProblem)).toEqual(MESSAGES[wrong.name]);
    });

  it("takes a host agent that resolves the stack's names", () => {
    const wrong = WRONG_USES.find((w) => w.name === "a host agent that has to resolve the stack's names");
    expect(target().check(wrong?.plans(target()) ?? [])).toEqual([]);
    expect(wrong).toBeDefined();
  });

  it("refuses root, but not of a host agent", () => {
    const user = { uid: 0, gid: 0 };
    expect(problems({}, { ...counter(), user })).toEqual([
      "counter.user = 0: must not be root on Kubernetes, where only host agents may be. Give another user: files and volumes are made readable for its group.",
    ]);
    const [agent] = plans(target())[3]?.agents ?? [];
    if (!agent) throw new Error("the cases have changed");
    expect(target().check([{ agents: [{ ...agent, user }] }])).toEqual([]);
  });

  it("refuses volumes of several groups, files per replica without identity, and files too large for an object", () => {
    const [data] = ring().volumes ?? [];
    if (!data) throw new Error("the cases have changed");
    const log = { ...data, name: "log", path: "/log", owner: { uid: 1, gid: 1 } };
    const huge = { path: "/etc/huge", content: "x".repeat(1_000_001) };
    expect(
      problems(
        {},
        { ...ring(), volumes: [data, log] },
        { ...counter(), perReplica: () => ({}), files: [huge], ready: { probe: { tcp: { port: "http" } } } },
      ),
    ).toEqual([
      'counter.files = "/etc/huge": must have at most 1000000 bytes on Kubernetes, which keeps files as objects; it has 1000001. Split it, or put it into the image.',
      "ring.volumes = [65534,1]: must all belong to one group on Kubernetes, which sets it for the pod as a whole. Give all owners the same gid.",
      'counter.perReplica: needs replicas that can tell which one they are. Set identity: "stable".',
    ]);
  });

  it("refuses connections without addresses, and addresses that are none", () => {
    const to = (cidrs: string[]) => ({ to: { ...connection(target(), "x", 80), id: "db", peer: { cidrs } } });
    expect(problems({}, { ...counter(), needs: [to([]), to(["10.0.0.0/33", "db.example.com", "10.0.0.1"])] })).toEqual([
      'counter.needs[0] = "db": must have at least one address block, because traffic to everywhere is not opened. Give its cidrs, such as ["10.1.2.0/24"].',
      ...["10.0.0.0/33", "db.example.com", "10.0.0.1"].map(
        (cidr) =>
          `counter.needs[1] = "${cidr}": must be an address block. Write it like "10.1.2.0/24", one address as "/32".`,
      ),
    ]);
    expect(problems({}, { ...counter(), needs: [to(["2001:db8::/48", "0.0.0.0/0"])] })).toEqual([]);
  });

  it("refuses namespaces and labels that cannot be; Docker refuses them all", () => {
    const to = (namespace: string, labels: Record<string, string>) => ({
      to: { ...connection(target(), "x", 80), id: "db", peer: { namespace, labels } },
    });
    const wrong = { ...counter(), needs: [to("No_Such", { "a b": "c", app: "-x" })] };
    expect(problems({}, wrong)).toEqual([
      'counter.needs[0].namespace = "No_Such": must be the name of a namespace.',
      ...["a b=c", "app=-x"].map(
        (label) =>
          `counter.needs[0].labels = "${label}": must be a label. Write it like "app.kubernetes.io/name": "minio"; "kubectl get pods --show-labels" shows them.`,
      ),
    ]);
    const right = { ...counter(), needs: [to("data", { "app.kubernetes.io/name": "minio" }), to("data", {})] };
    expect(problems({}, right)).toEqual([]);
    expect(docker.check([{ services: [right] }]).map(formatProblem)[0]).toBe(
      'counter.needs[0] = "data": is a namespace of a Kubernetes cluster, which Docker has none of. Give its addresses instead, such as cidrs: ["10.1.2.0/24"].',
    );
  });

  it("refuses names that its own objects have", () => {
    expect(problems({}, ring(), { ...counter(), name: "ring-nodes" })).toEqual([
      'ring-nodes: is a name that Kubernetes objects of "ring" have. Give it another name.',
    ]);
  });

  it("refuses contradictory arguments of its own", async () => {
    await record(() => {
      const provider = new k8s.Provider("mine", {});
      expect(
        target({
          provider,
          clusterIdentifier: "x",
          namespace: "No",
          clusterDomain: "-",
          priorityClass: "High",
          apiServerCidrs: ["x"],
          dnsCidrs: ["169.254.20.10"],
        })
          .check([])
          .map(formatProblem),
      ).toEqual([
        'target.namespace = "No": must be a DNS label of at most 40 characters: lower-case letters, digits and "-", beginning with a letter.',
        "target.provider: cannot be combined with a kubeconfig, a context or a cluster identifier. Give them to the provider itself.",
        'target.clusterDomain = "-": must be a domain name. Leave it out for "cluster.local".',
        'target.priorityClass = "High": must be the name of a priority class. Leave it out to have one made; "kubectl get priorityclasses" shows those that there are.',
        'target.apiServerCidrs[0] = "x": must be an address block. Write it like "10.1.2.0/24", one address as "/32".',
        'target.dnsCidrs[0] = "169.254.20.10": must be an address block. Write it like "10.1.2.0/24", one address as "/32".',
      ]);
    });
  });

  it("names both when something is constructed before what it needs", async () => {
    await expect(alone({ ...counter(), after: ["register"] })).rejects.toThrow(
      'counter.after = "register": names a job that is not there yet. Construct it before "counter"; so far there are: none.',
    );
    const needs = [{ to: connection(target(), "ring", 8080), start: true }];
    await expect(alone({ ...counter(), needs })).rejects.toThrow(
      'counter.needs = "ring": names a workload that is not there yet. Construct it before "counter"; so far there are: none.',
    );
  });
});

const PUBLISHED =
  'is a port of the Docker host, and Kubernetes has no such host. Leave it out; use "kubectl port-forward", or a Service of type LoadBalancer or a gateway beside the stack.';

const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  "a port of the host": [`counter.ports.http.publish = 18080: ${PUBLISHED}`],
  "the metric files of schedules": [
    'lookout.host.textfiles = "/textfiles": are files of the Docker host: on Kubernetes, schedules are CronJobs and write none. Leave it out; kube-state-metrics has kube_cronjob_status_last_successful_time.',
  ],
};
