import type { Problem } from "../core/problems";
import { LOOPBACK } from "../target/workload";
import type { KafkaArgs } from "./args";
import { isLoopback, PORTS, spec } from "./spec";
import { checkExposure, isHost } from "./validate-exposure";

export function checkPublication(name: string, args: KafkaArgs): Problem[] {
  const problems = [...checkOutside(args), ...checkExposure(args), ...checkRmi(args)];
  return problems.length > 0 ? problems : checkClashes(name, args);
}

function checkOutside({ publish, target, brokers = 1 }: KafkaArgs): Problem[] {
  if (!publish) return [];
  if (target.kind === "kubernetes") {
    const rule = "publishes on the Docker host, and Kubernetes has no such host";
    return [{ path: "publish", rule, fix: "Leave it out, and use expose: a Service for each broker" }];
  }
  const { port, address = LOOPBACK, advertisedHost } = publish;
  const problems = checkPorts("publish.port", port, brokers);
  if (!isLoopback(address) && advertisedHost === undefined) {
    problems.push({
      path: "publish.address",
      value: address,
      rule: "is beyond loopback, where clients have to be told which name or address to use",
      fix: "Set publish.advertisedHost to the host's name as clients see it",
    });
  }
  if (advertisedHost !== undefined && !isHost(advertisedHost)) {
    problems.push({
      path: "publish.advertisedHost",
      value: advertisedHost,
      rule: "must be a host name or an address that clients can connect to, without a port",
    });
  }
  return problems;
}

function checkRmi({ rmi, brokers = 1 }: KafkaArgs): Problem[] {
  if (!rmi) return [];
  const problems = [
    ...checkPorts("rmi.port", rmi.port, brokers),
    ...checkPorts("rmi.publish.port", rmi.publish?.port, brokers),
  ];
  const address = rmi.publish?.address;
  if (address !== undefined && !isLoopback(address)) {
    problems.push({
      path: "rmi.publish.address",
      value: address,
      rule: "must be a loopback address: JMX over RMI has no authentication, and who reaches it can run code in the broker",
      fix: "Leave it out, and use an SSH tunnel from elsewhere",
    });
  }
  if (rmi.port !== undefined && rmi.publish?.port !== undefined && rmi.port !== rmi.publish.port) {
    problems.push({
      path: "rmi.publish.port",
      value: rmi.publish.port,
      rule: `must equal rmi.port (${rmi.port}): RMI tells clients its own port`,
      fix: "Leave one of them out",
    });
  }
  return problems;
}

/** Broker i takes port + i. */
function checkPorts(path: string, port: number | undefined, brokers: number): Problem[] {
  if (port === undefined) return [];
  const last = 65_536 - Math.max(1, brokers);
  if (Number.isInteger(port) && port >= 1 && port <= last) return [];
  return [{ path, value: port, rule: `must be a port from 1 to ${last}: broker i takes it plus i` }];
}

/** The same port twice, on the host or in a container. */
function checkClashes(name: string, args: KafkaArgs): Problem[] {
  const { brokers, outside, rmi } = spec(name, args);
  if (!rmi) return [];
  const taken = new Map<number, string>(Object.entries(PORTS).map(([use, port]) => [port, `the ${use} listener`]));
  if (!outside) taken.delete(PORTS.outside);
  if (outside?.publish && rmi.address) {
    for (let i = 0; i < brokers; i++) taken.set(outside.advertised(i).port, `publish.port of ${name}-${i}`);
  }
  return Array.from({ length: brokers }, (_, i) => ({ port: rmi.port + i, user: taken.get(rmi.port + i), broker: i }))
    .filter(({ user }) => user !== undefined)
    .map(({ port, user, broker }) => ({
      path: args.rmi?.publish?.port === undefined ? "rmi.port" : "rmi.publish.port",
      value: rmi.port,
      rule: `gives ${name}-${broker} the port ${port}, which is that of ${user}`,
      fix: brokers === 1 ? "Choose another" : `Choose one with the ${brokers - 1} after it free`,
    }));
}

const WITH_EXISTING = new Set(["target", "transform", "images", "topics", "existing"]);

/** A cluster that somebody else runs. */
export function checkExisting(args: KafkaArgs): Problem[] {
  const { bootstrap, cidrs } = args.existing ?? { bootstrap: [], cidrs: [] };
  const problems: Problem[] = Object.keys(args)
    .filter((key) => !WITH_EXISTING.has(key) && args[key as keyof KafkaArgs] !== undefined)
    .map((key) => ({ path: key, rule: "has no effect on an existing cluster", fix: "Remove it, or remove existing" }));
  if (bootstrap.length === 0)
    problems.push({ path: "existing.bootstrap", rule: "must name at least one broker as host:port" });
  bootstrap.forEach((endpoint, i) => {
    const [host = "", port = ""] = endpoint.split(/:(?=\d+$)/);
    if (!isHost(host.replace(/^\[|\]$/g, "")) || checkPorts("", Number(port), 1).length > 0) {
      problems.push({ path: `existing.bootstrap[${i}]`, value: endpoint, rule: "must be host:port" });
    }
  });
  const ports = new Set(bootstrap.map((endpoint) => endpoint.slice(endpoint.lastIndexOf(":"))));
  if (ports.size > 1) {
    problems.push({
      path: "existing.bootstrap",
      value: [...bootstrap],
      rule: "must have the same port throughout: it is the port of one connection",
    });
  }
  if (cidrs.length === 0)
    problems.push({ path: "existing.cidrs", rule: "must say where the brokers are, such as 10.0.0.0/16" });
  cidrs.forEach((cidr, i) => {
    if (!/^[0-9A-Fa-f:.]+\/\d{1,3}$/.test(cidr)) {
      problems.push({ path: `existing.cidrs[${i}]`, value: cidr, rule: "must be a CIDR block such as 10.0.0.0/16" });
    }
  });
  return problems;
}
