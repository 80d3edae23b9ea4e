import { BlockList, isIP } from "node:net";
import { type Fields, type Objects, type Pod, selects } from "./objects";

/** Somebody outside the stack: pods of another namespace, or an address. */
export interface Stranger {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly address?: string;
}

type End = Pod | Stranger;

/** Decides as a network plugin does: what no policy selects is open, what one selects is closed but for its rules. */
export class Network {
  constructor(readonly objects: Objects) {}

  allows(from: End, to: End, port: number, protocol: "TCP" | "UDP" = "TCP"): boolean {
    return (
      this.#passes("Egress", from, to, this.#ports(to, port), protocol) &&
      this.#passes("Ingress", to, from, this.#ports(to, port), protocol)
    );
  }

  #passes(direction: "Egress" | "Ingress", subject: End, other: End, ports: unknown[], protocol: string): boolean {
    // Policies select pods with an address of their own.
    if (!isPod(subject) || subject.spec.hostNetwork) return true;
    const policies = this.objects
      .of("NetworkPolicy")
      .filter(
        ({ metadata, spec }) =>
          metadata.namespace === subject.namespace &&
          spec.policyTypes.includes(direction) &&
          selects(spec.podSelector, subject.labels),
      );
    if (policies.length === 0) return true;
    const rules: Fields[] = policies.flatMap(({ spec }) => (direction === "Egress" ? spec.egress : spec.ingress) ?? []);
    return rules.some((rule) => {
      const peers: Fields[] | undefined = direction === "Egress" ? rule.to : rule.from;
      const here = !rule.ports || rule.ports.some((p: Fields) => p.protocol === protocol && ports.includes(p.port));
      return here && (!peers || peers.some((peer) => this.#is(peer, other, subject.namespace)));
    });
  }

  #is(peer: Fields, end: End, home: string): boolean {
    if (peer.ipBlock) return "address" in end && end.address !== undefined && within(end.address, peer.ipBlock.cidr);
    // A pod in the host's network has the host's address, and no selector selects that.
    if (end.namespace === undefined || (isPod(end) && end.spec.hostNetwork)) return false;
    const there = peer.namespaceSelector
      ? selects(peer.namespaceSelector, { "kubernetes.io/metadata.name": end.namespace })
      : end.namespace === home;
    return there && (!peer.podSelector || selects(peer.podSelector, end.labels ?? {}));
  }

  /** A rule may name a port by its number or by the name that the pod has for it. */
  #ports(to: End, port: number): unknown[] {
    if (!isPod(to)) return [port];
    const named = to.containers.flatMap(({ ports = [] }) => ports).filter((p: Fields) => p.containerPort === port);
    return [port, ...named.map((p: Fields) => p.name)];
  }
}

function isPod(end: End): end is Pod {
  return "owner" in end;
}

function within(address: string, cidr: string): boolean {
  const [network = "", prefix = ""] = cidr.split("/");
  const family = (text: string) => (isIP(text) === 6 ? "ipv6" : "ipv4");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family(network));
  return list.check(address, family(address));
}
