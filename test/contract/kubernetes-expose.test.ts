import { beforeAll, describe, expect, it } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { DockerTarget } from "../../components/target/docker";
import type { Exposure, Workload } from "../../components/target/workload";
import { all, at, dependsOn, one, plain, type Recording } from "../support/record";
import { counter, ring } from "./cases";
import { alone, POLICY, SERVICE, STACK, target } from "./kubernetes";

const port = () => {
  const [name] = Object.keys(ring().ports);
  if (!name) throw new Error("the cases have changed");
  return { name, number: ring().ports[name]?.port };
};

/** The ring, each replica of which is reached from outside. */
const exposed = (exposure: (replica: number) => Exposure): Workload => ({
  ...ring(),
  perReplica: (replica) => ({ ...ring().perReplica?.(replica), expose: { [port().name]: exposure(replica) } }),
});
const nodePort = (replica: number): Exposure => ({ by: "NodePort", port: 31_000 + replica, from: ["10.0.0.0/8"] });

describe("a replica that is exposed on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await alone(exposed(nodePort));
  });

  it("has a Service of its own, also while it is not ready, which is made when the replicas are there", () => {
    for (const replica of [0, 1, 2]) {
      const service = one(recording, SERVICE, `ring-${replica}-${port().name}`);
      expect(plain(service.inputs)).toMatchObject({
        metadata: { name: `ring-${replica}-${port().name}`, namespace: STACK },
        spec: {
          type: "NodePort",
          selector: { "datastack.io/service": "ring", "statefulset.kubernetes.io/pod-name": `ring-${replica}` },
          ports: [{ port: port().number, nodePort: 31_000 + replica, targetPort: port().name, protocol: "TCP" }],
          publishNotReadyAddresses: true,
          externalTrafficPolicy: "Cluster",
        },
      });
      expect(at(service, "spec.loadBalancerSourceRanges")).toBeUndefined();
      expect(dependsOn(recording, service)).toContain("ring");
    }
  });

  it("by a load balancer sees its clients' own addresses, and is annotated", async () => {
    const balanced = await alone(
      exposed((replica) => ({
        by: "LoadBalancer",
        port: 443,
        from: ["10.0.0.0/8"],
        annotations: { who: `${replica}` },
      })),
    );
    expect(plain(one(balanced, SERVICE, `ring-1-${port().name}`).inputs)).toMatchObject({
      metadata: { annotations: { who: "1" } },
      spec: {
        type: "LoadBalancer",
        ports: [{ port: 443, targetPort: port().name }],
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
      },
    });
  });

  it("lets its clients in at that port, all replicas' in one rule, and nobody where nothing is exposed", async () => {
    const wide = await alone(
      exposed((i) => ({ by: "LoadBalancer", port: 443, from: [`10.${i}.0.0/16`, "192.0.2.0/24"] })),
    );
    const rules = (r: Recording) =>
      at<{ from: { ipBlock?: { cidr: string } }[]; ports: { port: number }[] }[]>(
        one(r, POLICY, "ring-network"),
        "spec.ingress",
      )
        .filter(({ from }) => from.some(({ ipBlock }) => ipBlock))
        .map(({ from, ports }) => [ports.map((p) => p.port), from.map(({ ipBlock }) => ipBlock?.cidr)]);
    expect(rules(wide)).toEqual([[[port().number], ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "192.0.2.0/24"]]]);
    const closed = await alone(ring());
    expect(rules(closed)).toEqual([]);
    expect(
      all(closed, SERVICE)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["ring-nodes", "ring-service"]);
  });
});

describe("exposures that cannot be", () => {
  const problems = (...services: Workload[]) => target().check([{ services }]).map(formatProblem);

  it("are refused with what is wrong", () => {
    const wrong: Exposure[] = [
      { by: "NodePort", port: 9092, from: ["10.0.0.0/8"] },
      { by: "NodePort", port: 31_000, from: [] },
      { by: "NodePort", port: 31_000, from: ["everybody"] },
    ];
    const path = (i: number) => `ring.perReplica(${i}).expose.${port().name}`;
    expect(problems(exposed((i) => wrong[i] ?? nodePort(i)))).toEqual([
      `${path(0)}.port = 9092: must be a node port, from 30000 to 32767.`,
      `${path(1)}.from: must have at least one address block, or nobody is let in. Give those of the clients, such as ["10.1.2.0/24"], or ["0.0.0.0/0"] for everybody.`,
      `${path(2)}.from[0] = "everybody": must be an address block. Write it like "10.1.2.0/24", one address as "/32".`,
      `${path(2)}.port = 31000: is already the node port of ring-1-${port().name}.`,
    ]);
  });

  it("are refused of ports that there are not, under names that are taken, and without identity", () => {
    const other = { ...ring(), perReplica: () => ({ expose: { nowhere: nodePort(0) } }), replicas: 1 };
    const messages = problems(other, {
      ...counter(),
      name: "ring-0-nowhere",
      perReplica: other.perReplica,
      replicas: 1,
    });
    expect(messages).toContain("ring.perReplica(0).expose.nowhere: is no port of this workload.");
    expect(messages).toContain(
      'ring.perReplica(0).expose.nowhere = "ring-0-nowhere": is also the name of a workload, job or schedule. Give that another name.',
    );
    expect(messages).toContain(
      'ring-0-nowhere.perReplica(0).expose.nowhere = "ring-0-nowhere-0-nowhere": needs replicas with an identity. Set identity: "stable".',
    );
  });

  it("are refused by Docker", () => {
    const docker = new DockerTarget({ stack: STACK });
    expect(docker.check([{ services: [exposed(nodePort)] }]).map(formatProblem)).toEqual(
      [0, 1, 2].map(
        (i) =>
          `ring.perReplica(${i}).expose.${port().name}: is a Service of a Kubernetes cluster, which Docker has none of. Publish the port on the host instead.`,
      ),
    );
  });
});

describe("the zone of a node", () => {
  it("is told to workloads that ask for it, by a label of their pod", async () => {
    const field = { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } };
    const env = async (workload: Workload) =>
      JSON.stringify(all(await alone(workload)).map(({ inputs }) => plain(inputs)));
    expect(await env({ ...ring(), zone: true })).toContain(
      JSON.stringify({ name: "DATASTACK_ZONE", valueFrom: field }),
    );
    expect(await env(ring())).not.toContain("DATASTACK_ZONE");
  });
});
