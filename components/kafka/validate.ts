import { checkName } from "../core/names";
import type { Problem } from "../core/problems";
import { bytes, seconds } from "../core/units";
import type { KafkaArgs } from "./args";
import { checkKafkaTuning } from "./monitoring";
import { OWN_SETTINGS } from "./own-settings";
import { BROKER_SETTINGS } from "./settings";
import { spec } from "./spec";
import { checkExisting, checkPublication } from "./validate-listeners";
import { checkSettings } from "./validate-settings";
import { notASize } from "./validate-sizes";
import { checkTopics } from "./validate-topics";

/** Every problem that the args have by themselves. */
export function validateKafka(name: string, args: KafkaArgs): Problem[] {
  if (args.existing) return [...checkName("name", name), ...checkExisting(args), ...checkTopics(name, args)];
  return [
    ...checkName("name", name),
    ...checkBrokers(args),
    ...checkRack(args),
    ...checkMemory(name, args),
    ...checkStorage(args),
    ...checkReassignment(args),
    ...checkJvm(args),
    ...checkEnvironment(args),
    ...checkSettings("config", args.config ?? {}, BROKER_SETTINGS, OWN_SETTINGS),
    ...checkClusterId(args),
    ...checkPublication(name, args),
    ...checkTopics(name, args),
    ...checkKafkaTuning("alerts", args.alerts),
  ];
}

const MAX_BROKERS = 9;

function checkBrokers({ brokers = 1, recover = [] }: KafkaArgs): Problem[] {
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > MAX_BROKERS || brokers % 2 === 0) {
    return [
      {
        path: "brokers",
        value: brokers,
        rule: `must be an odd number from 1 to ${MAX_BROKERS}: every node is a controller, and an even number survives no more failures than one less`,
        fix: "Use 1, 3 or 5",
      },
    ];
  }
  const problems: Problem[] = recover.flatMap((node, i) =>
    Number.isInteger(node) && node >= 0 && node < brokers
      ? []
      : [{ path: `recover[${i}]`, value: node, rule: `must be the number of a broker, 0 to ${brokers - 1}` }],
  );
  const most = Math.max(1, (brokers - 1) / 2);
  const lost = new Set(recover).size;
  if (lost > most) {
    problems.push({
      path: "recover",
      value: [...recover],
      rule: `must name at most ${most} of ${brokers} nodes: the others have to be the majority that they join`,
      fix: "Recover one node after the other. If the majority is lost, so is the cluster: restore its volumes",
    });
  }
  return problems;
}

function checkRack({ rack, target, brokers = 1 }: KafkaArgs): Problem[] {
  if (rack !== undefined && !["where-known", "required", "off"].includes(rack))
    return [{ path: "rack", value: rack, rule: "must be where-known, required or off" }];
  if (rack !== "required" || (target.kind === "kubernetes" && brokers > 1)) return [];
  return [
    {
      path: "rack",
      value: rack,
      rule: "needs several brokers on Kubernetes: a single one, or one Docker host, has nothing to be apart from",
      fix: "Leave it out",
    },
  ];
}

const MIN_HEAP = 128 * 2 ** 20;
const MAX_HEAP_SHARE = 0.75;

function checkMemory(name: string, args: KafkaArgs): Problem[] {
  const { heap, resources } = spec(name, args);
  const memory = bytes(resources.memory);
  const problems: Problem[] = [];
  if (!(resources.cpu > 0)) {
    problems.push({ path: "resources.cpu", value: resources.cpu, rule: "must be a number of cores above 0" });
  }
  if (memory === undefined) return [...problems, notASize("resources.memory", resources.memory)];
  if (args.heap !== undefined && bytes(args.heap) === undefined) return [...problems, notASize("heap", args.heap)];
  if (heap < MIN_HEAP) {
    problems.push(
      args.heap === undefined
        ? {
            path: "resources.memory",
            value: resources.memory,
            rule: "must be at least 256Mi: half of it is the heap, which needs 128Mi",
          }
        : { path: "heap", value: args.heap, rule: "must be at least 128Mi" },
    );
  }
  if (heap > memory * MAX_HEAP_SHARE) {
    const above = heap > memory ? "must not be above the memory limit" : "must be at most 75 % of the memory limit";
    problems.push({
      path: "heap",
      value: args.heap,
      rule: `${above} (resources.memory ${resources.memory}): the rest is Java's own memory and the page cache`,
      fix: "Lower it, leave it out for half of the limit, or raise the limit",
    });
  }
  return problems;
}

function checkStorage({ storage }: KafkaArgs): Problem[] {
  if (!storage) return [];
  const size = bytes(storage.size);
  if (size === undefined) return [notASize("storage.size", storage.size)];
  return size >= 2 ** 30
    ? []
    : [
        {
          path: "storage.size",
          value: storage.size,
          rule: "must be at least 1Gi: one segment of one partition fills that",
        },
      ];
}

const MIN_THROTTLE = 2 ** 20;
const MAX_WITHIN = 24 * 3600;

function checkReassignment({ reassignment = {} }: KafkaArgs): Problem[] {
  const { throttle, within } = reassignment;
  const problems: Problem[] = [];
  const rate = throttle === undefined ? MIN_THROTTLE : bytes(throttle);
  if (rate === undefined) problems.push(notASize("reassignment.throttle", throttle));
  else if (rate < MIN_THROTTLE)
    problems.push({
      path: "reassignment.throttle",
      value: throttle,
      rule: "must be at least 1Mi per second: below what is written to the topics it would never end",
    });
  const time = within === undefined ? 1 : (seconds(within) ?? 0);
  if (!(time > 0 && time <= MAX_WITHIN))
    problems.push({
      path: "reassignment.within",
      value: within,
      rule: "must be a duration above 0 and at most 1d, such as 30m or 6h",
      fix: "What takes longer goes on by itself, and the next run waits for the rest",
    });
  return problems;
}

/** Options that have arguments of their own, or that the start scripts would take for theirs. */
const JVM_OWN: readonly (readonly [RegExp, string])[] = [
  [/^-Xm[sx]|^-XX:(Initial|Max)HeapSize|^-XX:(Initial|Min|Max)RAMPercentage/, "Use heap"],
  [/^-Dcom\.sun\.management\.jmxremote/, "Use rmi"],
  [/jmx_prometheus_javaagent/, "Remove it: the agent is always on, at port 9404"],
  [/^-(name|loggc|daemon)$/, "Remove it: logs go to the console"],
];

function checkJvm({ jvm = [] }: KafkaArgs): Problem[] {
  return jvm.flatMap((option, i) => {
    const path = `jvm[${i}]`;
    const own = JVM_OWN.find(([pattern]) => pattern.test(option));
    if (own) return [{ path, value: option, rule: "is set by the component", fix: own[1] }];
    if (/^-[\w.:+=/,@%-]+$/.test(option)) return [];
    const rule = 'must be one Java option beginning with "-", without spaces, quotes or "$": it is split at spaces';
    return [{ path, value: option, rule }];
  });
}

/** In the container's environment these reach every Java tool that is run in it, not the broker alone. */
const EVERY_TOOL = new Set([
  "EXTRA_ARGS",
  "JAVA_OPTS",
  "JAVA_TOOL_OPTIONS",
  "JDK_JAVA_OPTIONS",
  "JMX_PORT",
  "KAFKA_GC_LOG_OPTS",
  "KAFKA_HEAP_OPTS",
  "KAFKA_JMX_OPTS",
  "KAFKA_JMX_PORT",
  "KAFKA_JVM_PERFORMANCE_OPTS",
  "KAFKA_OPTS",
  "_JAVA_OPTIONS",
]);

const OURS = new Set(["DATASTACK_REPLICA", "KAFKA_LOG4J_OPTS", "LOG_DIR"]);

function checkEnvironment({ env = {} }: KafkaArgs): Problem[] {
  return Object.keys(env).flatMap((key) => {
    const path = `env.${key}`;
    if (EVERY_TOOL.has(key)) {
      return [
        {
          path,
          rule: "would reach every Java tool in the container: with an agent or a port in it, none could start beside the broker",
          fix: "Use jvm, heap or rmi, which reach the broker process alone",
        },
      ];
    }
    if (OURS.has(key)) return [{ path, rule: "is set by the component", fix: "Remove it" }];
    if (/^[A-Za-z_]\w*$/.test(key)) return [];
    return [{ path, rule: "must be a variable's name: letters, digits and _, not beginning with a digit" }];
  });
}

function checkClusterId({ clusterId }: KafkaArgs): Problem[] {
  if (clusterId === undefined || /^[A-Za-z0-9_][A-Za-z0-9_-]{20}[AQgw]$/.test(clusterId)) return [];
  return [
    {
      path: "clusterId",
      value: clusterId,
      rule: 'must be a Kafka cluster id: 16 bytes as 22 characters of URL-safe base64, not beginning with "-"',
      fix: "Take it from meta.properties on a volume of the cluster, or make one with kafka-storage.sh random-uuid",
    },
  ];
}
