import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { claimName, preparationJob } from "../../components/target/kubernetes/names";
import type { Plan, Process, Workload } from "../../components/target/workload";
import { declared, KUBERNETES_STACKS, objectsOf } from "../support/kubernetes-stacks";
import type { Objects } from "../support/policies";
import { type Fields, type Pod, templateOf } from "../support/policies/objects";
import { Network, type Stranger } from "../support/policies/reach";

const SERVICE = "datastack.io/service";
const DNS = { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
const INTERNET = { address: "203.0.113.7" };
const NEIGHBOUR = { namespace: "somebody", labels: { app: "else" } };
const TRAEFIK = { namespace: "traefik", labels: { "app.kubernetes.io/name": "traefik" } };
/** Of the API server: where what discovers pods may go. */
const API = [443, 6443];
/** One that nothing listens on. */
const UNUSED = 4444;

/** Preparations of one workload have a policy together, and each its own connections. */
function called({ labels, owner }: Pod): string {
  return labels["app.kubernetes.io/component"] === "preparation" ? owner.metadata.name : (labels[SERVICE] ?? "");
}

interface Way {
  readonly client: string;
  readonly to: Stranger;
  readonly port: number;
}

/** Who may connect to what, as the components declare it. */
interface Declared {
  /** `client server:port`. */
  readonly connections: ReadonlySet<string>;
  /** Addresses, each the first of its block, and pods of other namespaces, with who may connect to them. */
  readonly outside: readonly Way[];
  /** Replicas that reach each other on every port. */
  readonly rings: ReadonlySet<string>;
  readonly discover: ReadonlySet<string>;
  /** Have no network at all. */
  readonly isolated: ReadonlySet<string>;
  readonly agents: ReadonlySet<string>;
}

function declarationOf(plans: readonly Plan[]): Declared {
  const services = plans.flatMap((plan) => plan.services ?? []);
  const agents = plans.flatMap((plan) => plan.agents ?? []);
  const others = plans.flatMap((plan) => [...(plan.jobs ?? []), ...(plan.schedules ?? [])]);
  const connections = new Set<string>();
  const outside: Way[] = [];
  const add = (name: string, needs: Process["needs"] = []): void => {
    for (const { to } of needs) {
      const { peer, port } = to;
      if ("workload" in peer) connections.add(`${name} ${peer.workload}:${port}`);
      else if ("namespace" in peer) outside.push({ client: name, to: peer, port });
      else
        outside.push(...peer.cidrs.map((cidr) => ({ client: name, to: { address: cidr.replace(/\/.*/, "") }, port })));
    }
  };
  for (const process of [...services, ...agents, ...others]) add(process.name, process.needs);
  const isolated = new Set<string>();
  for (const service of services) {
    const all = preparations(service);
    const alone = all.every(({ reaches }) => reaches.length === 0);
    for (const { name, reaches } of all) {
      if (alone) isolated.add(name);
      add(
        name,
        reaches.map((to) => ({ to })),
      );
    }
  }
  const set = ({ identity, volumes = [] }: Workload): boolean => identity === "stable" || volumes.length > 0;
  return {
    connections,
    outside,
    rings: new Set(services.filter(set).map(({ name }) => name)),
    discover: new Set(services.filter(({ discovery }) => discovery).map(({ name }) => name)),
    isolated,
    agents: new Set(agents.map(({ name }) => name)),
  };
}

function preparations({ name, volumes = [], replicas = 1 }: Workload) {
  return volumes.flatMap((volume) =>
    Array.from({ length: replicas }, (_, replica) => {
      const preparation = volume.prepare?.(replica);
      const job = preparationJob(claimName(volume.name, name, replica));
      return preparation ? [{ name: job, reaches: preparation.reaches ?? [] }] : [];
    }).flat(),
  );
}

/** Where the cluster and the declaration do not agree, for every pair of pods and every port. */
function differences(objects: Objects, plan: Declared): string[] {
  const network = new Network(objects);
  const ports = (pod: Pod): number[] => [
    ...pod.containers.flatMap(({ ports: own = [] }) => own.map((port: Fields) => port.containerPort)),
    UNUSED,
  ];
  const allowed = (client: Pod, server: Pod, port: number): boolean =>
    plan.connections.has(`${called(client)} ${called(server)}:${port}`) ||
    (called(client) === called(server) && plan.rings.has(called(client)));
  return (
    objects.pods
      // what is in the host's network is outside of policies
      .filter((client) => !plan.agents.has(called(client)))
      .flatMap((client) => {
        const wrong = (what: string, is: boolean, should: boolean): string[] =>
          is === should ? [] : [`${called(client)} ${should ? "cannot reach" : "can reach"} ${what}`];
        const names = !plan.isolated.has(called(client));
        return [
          ...objects.pods.flatMap((server) =>
            ports(server).flatMap((port) => {
              const is = network.allows(client, server, port);
              return wrong(`${called(server)}:${port}`, is, allowed(client, server, port));
            }),
          ),
          ...wrong("DNS over UDP", network.allows(client, DNS, 53, "UDP"), names),
          ...wrong("DNS over TCP", network.allows(client, DNS, 53), names),
          ...wrong("DNS's metrics", network.allows(client, DNS, 9153), false),
          ...[...API, UNUSED].flatMap((port) => {
            const may = plan.discover.has(called(client)) && API.includes(port);
            return [
              ...wrong(`the internet:${port}`, network.allows(client, INTERNET, port), may),
              ...wrong(`a neighbour:${port}`, network.allows(client, NEIGHBOUR, port), may),
            ];
          }),
          ...ports(client).flatMap((port) => [
            ...wrong(`by a neighbour:${port}`, network.allows(NEIGHBOUR, client, port), false),
            ...wrong(`by the internet:${port}`, network.allows(INTERNET, client, port), false),
          ]),
          ...plan.outside.flatMap(({ to, port }) => {
            const own = plan.outside.filter((way) => way.client === called(client) && way.port === port);
            const may = own.some((way) => isDeepStrictEqual(way.to, to));
            const others = { ...to, labels: { app: "other" } };
            return [
              ...wrong(`${JSON.stringify(to)}:${port}`, network.allows(client, to, port), may),
              ...(to.labels
                ? wrong(`${to.namespace}'s others:${port}`, network.allows(client, others, port), false)
                : []),
            ];
          }),
        ];
      })
  );
}

describe("the network of a stack", () => {
  const stacks = new Map<string, { objects: Objects; plan: Declared }>();
  const of = (title: string) => stacks.get(title) as { objects: Objects; plan: Declared };
  beforeAll(async () => {
    for (const subject of KUBERNETES_STACKS)
      stacks.set(subject.title, {
        objects: await objectsOf(subject),
        plan: declarationOf(declared(subject).blueprint.plans()),
      });
  });

  it.each(KUBERNETES_STACKS)("of $title lets through what is declared, and DNS; nothing else", ({ title }) => {
    const { objects, plan } = of(title);
    expect(plan.connections.size).toBeGreaterThan(4);
    expect(differences(objects, plan)).toEqual([]);
  });

  it("of gauzian lets the ingress controller in to what it has host names for", () => {
    const { objects } = of("gauzian");
    const network = new Network(objects);
    const reached = objects.pods.flatMap((pod) =>
      pod.containers
        .flatMap(({ ports = [] }) => ports.map((port: Fields) => port.containerPort))
        .filter((port: number) => network.allows(TRAEFIK, pod, port))
        .map((port: number) => `${called(pod)}:${port}`),
    );
    expect(reached.sort()).toEqual(["grafana:3000", "prometheus:9090"]);
  });

  const mistakes: readonly [string, (objects: Objects) => void, string][] = [
    [
      "a server without a policy",
      (objects) => {
        objects.one("NetworkPolicy", "redis").spec.podSelector = { matchLabels: { app: "other" } };
      },
      "redis can reach the internet:443",
    ],
    [
      "a server that admits everybody",
      (objects) => {
        objects.one("NetworkPolicy", "redis").spec.ingress = [{}];
      },
      "redis can reach by a neighbour:6379",
    ],
    [
      "a server that admits a namespace",
      (objects) => {
        const { ingress } = objects.one("NetworkPolicy", "kafka").spec;
        const rule = ingress.find(({ ports }: Fields) => ports?.[0].port === 29092);
        delete rule.from[0].podSelector;
        objects.one("NetworkPolicy", "grafana").spec.egress = [{}];
      },
      "grafana can reach kafka:29092",
    ],
    [
      "a client without its label",
      (objects) => {
        delete templateOf(objects.one("Deployment", "market-sink")).metadata.labels["datastack.io/access-kafka-29092"];
      },
      "market-sink cannot reach kafka:29092",
    ],
    [
      "a client that has not the way out",
      (objects) => {
        const { spec } = objects.one("NetworkPolicy", "redis-exporter");
        spec.egress = spec.egress.slice(0, 1);
      },
      "redis-exporter cannot reach redis:6379",
    ],
    [
      "names that cannot be resolved",
      (objects) => {
        const { spec } = objects.one("NetworkPolicy", "grafana");
        spec.egress = spec.egress.slice(1);
      },
      "grafana cannot reach DNS over UDP",
    ],
    [
      "a client that may go anywhere by one port",
      (objects) => {
        objects.one("NetworkPolicy", "redis-exporter").spec.egress.push({ ports: [{ protocol: "TCP", port: UNUSED }] });
      },
      `redis-exporter can reach a neighbour:${UNUSED}`,
    ],
    [
      "a preparation with a network",
      (objects) => {
        objects.one("NetworkPolicy", "timescaledb-prepare").spec.egress = [
          { to: [{ ipBlock: { cidr: "203.0.113.0/24" } }] },
        ];
      },
      "prepare-data-timescaledb-0 can reach the internet:4444",
    ],
  ];
  it.each(mistakes)("would be red: %s", (_, mistake, said) => {
    const { objects, plan } = of("prod");
    const broken = objects.copy();
    mistake(broken);
    expect(differences(broken, plan)).toContain(said);
  });
});
