import type { Problem } from "../core/problems";
import type { KafkaArgs, KafkaExposure } from "./args";
import { outside } from "./outside";

/** Outside of that the cluster gives out no node ports, unless it was told to. */
const NODE_PORTS = { first: 30_000, last: 32_767 };

export function checkExposure({ expose, target, brokers = 1 }: KafkaArgs): Problem[] {
  if (!expose) return [];
  if (target.kind !== "kubernetes") {
    const rule = "makes a Service of a Kubernetes cluster for each broker, which Docker has none of";
    return [{ path: "expose", rule, fix: "Leave it out, and use publish: a port of the host for each" }];
  }
  return [...checkKind(expose), ...checkPort(expose, brokers), ...checkHosts(expose, brokers), ...checkFrom(expose)];
}

function checkKind({ by }: KafkaExposure): Problem[] {
  if (by === "LoadBalancer" || by === "NodePort") return [];
  return [{ path: "expose.by", value: by, rule: "must be LoadBalancer or NodePort" }];
}

function checkPort({ by, port }: KafkaExposure, brokers: number): Problem[] {
  if (port === undefined) return [];
  const { first, last } = by === "NodePort" ? NODE_PORTS : { first: 1, last: 65_535 };
  const most = by === "NodePort" ? last - Math.max(0, brokers - 1) : last;
  if (Number.isInteger(port) && port >= first && port <= most) return [];
  const what = by === "NodePort" ? "a node port" : "a port";
  const rule = `must be ${what} from ${first} to ${most}${by === "NodePort" ? ": broker i takes it plus i" : ""}`;
  return [{ path: "expose.port", value: port, rule }];
}

/** Each broker has to be told apart: by its host, or by its node port. */
function checkHosts(expose: KafkaExposure, brokers: number): Problem[] {
  const { hosts } = expose;
  if (typeof hosts !== "string" && hosts.length !== brokers)
    return [
      {
        path: "expose.hosts",
        value: [...hosts],
        rule: `must be as many as there are brokers (${brokers}), in their order`,
        fix: 'Complete the list, or write one text such as "kafka-{broker}.example.com"',
      },
    ];
  const told = Array.from({ length: brokers }, (_, i) => outside({ expose })?.advertised(i) ?? { host: "", port: 0 });
  const problems = told.flatMap(({ host }, i) =>
    isHost(host)
      ? []
      : [
          {
            path: typeof hosts === "string" ? "expose.hosts" : `expose.hosts[${i}]`,
            value: typeof hosts === "string" ? hosts : host,
            rule: "must be a host name or an address that clients can connect to, without a port",
          },
        ],
  );
  if (problems.length > 0) return typeof hosts === "string" ? problems.slice(0, 1) : problems;
  const same = told.findIndex((one, i) => told.findIndex((o) => o.host === one.host && o.port === one.port) < i);
  if (same < 0) return [];
  return [
    {
      path: "expose.hosts",
      value: typeof hosts === "string" ? hosts : [...hosts],
      rule: `gives two brokers the same address (${told[same]?.host}:${told[same]?.port}): clients have to reach each by itself`,
      fix: 'Give each a host of its own, as in "kafka-{broker}.example.com"',
    },
  ];
}

function checkFrom({ from }: KafkaExposure): Problem[] {
  if (from.length === 0)
    return [
      {
        path: "expose.from",
        rule: "must have at least one address block, or nobody is let in",
        fix: 'Give those of the clients, such as ["10.1.2.0/24"]',
      },
    ];
  return from.flatMap((cidr, i) =>
    /^[0-9A-Fa-f:.]+\/\d{1,3}$/.test(cidr)
      ? []
      : [{ path: `expose.from[${i}]`, value: cidr, rule: "must be a CIDR block such as 10.0.0.0/16" }],
  );
}

export function isHost(host: string): boolean {
  if (["0.0.0.0", "::", ""].includes(host)) return false;
  return /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host) || /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]+$/.test(host);
}
