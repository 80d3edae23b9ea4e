import type { Problem } from "../core/problems";
import { bytes, seconds } from "../core/units";
import type { KafkaArgs, Topic } from "./args";
import { TOPIC_SETTINGS } from "./settings";
import { minInSyncReplicas, type Spec, spec } from "./spec";
import { checkSettings } from "./validate-settings";
import { notASize } from "./validate-sizes";

/** Topic settings that have an argument. */
const OWN: Readonly<Record<string, string>> = {
  "compression.type": "Use compression",
  "min.insync.replicas": "Use minInSyncReplicas",
  "retention.bytes": "Use retentionSize",
  "retention.ms": "Use retention",
  "segment.bytes": "Use segment",
};

const MAX_PARTITIONS = 10_000;
const MIN_SEGMENT = 2 ** 20;
const MAX_SEGMENT = 2 ** 31 - 1;
const DEFAULT_SEGMENT = 2 ** 30;
const COMPRESSIONS = ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"];

export function checkTopics(name: string, args: KafkaArgs): Problem[] {
  const topics = Object.entries(args.topics ?? {});
  const s = args.existing ? undefined : spec(name, args);
  const problems = topics.flatMap(([topic, declared]) => checkTopic(topic, declared, s));
  return [...problems, ...checkCollisions(topics), ...(problems.length === 0 && s ? checkDisk(topics, s) : [])];
}

function checkTopic(name: string, topic: Topic, s: Spec | undefined): Problem[] {
  const path = /^[a-z]\w*$/i.test(name) ? `topics.${name}` : `topics[${JSON.stringify(name)}]`;
  return [
    ...checkTopicName(path, name),
    ...checkCount(`${path}.partitions`, topic.partitions, MAX_PARTITIONS),
    ...checkReplication(path, topic, s),
    ...checkRetention(path, topic),
    ...checkSegment(path, topic),
    ...(topic.compression === undefined || COMPRESSIONS.includes(topic.compression)
      ? []
      : [{ path: `${path}.compression`, value: topic.compression, rule: `must be one of ${COMPRESSIONS.join(", ")}` }]),
    ...checkSettings(`${path}.config`, topic.config ?? {}, TOPIC_SETTINGS, OWN),
  ];
}

function checkTopicName(path: string, name: string): Problem[] {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === "." || name === "..") {
    const rule = 'must be named by 1 to 249 letters, digits, ".", "_" and "-", and not "." or ".."';
    return [{ path, rule }];
  }
  if (name.startsWith("__")) return [{ path, rule: 'must not begin with "__": Kafka names its internal topics so' }];
  return [];
}

/** Kafka's metrics cannot tell "." from "_", and it refuses the second of such a pair. */
function checkCollisions(topics: readonly (readonly [string, Topic])[]): Problem[] {
  const seen = new Map<string, string>();
  return topics.flatMap(([name]) => {
    const key = name.replaceAll(".", "_");
    const other = seen.get(key);
    seen.set(key, name);
    if (other === undefined) return [];
    const rule = `differs from ${other} only by "." and "_", which Kafka does not tell apart in metrics`;
    return [{ path: `topics[${JSON.stringify(name)}]`, rule, fix: "Rename one of them" }];
  });
}

function checkCount(path: string, value: number | undefined, most: number): Problem[] {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return [];
  return [{ path, value, rule: `must be a whole number from 1 to ${most}` }];
}

function checkReplication(path: string, topic: Topic, s: Spec | undefined): Problem[] {
  const { replication, minInSyncReplicas: minimum } = topic;
  const problems = [
    ...checkCount(`${path}.replication`, replication, Number.MAX_SAFE_INTEGER),
    ...checkCount(`${path}.minInSyncReplicas`, minimum, Number.MAX_SAFE_INTEGER),
  ];
  if (problems.length > 0) return problems;
  if (s && replication !== undefined && replication > s.brokers) {
    problems.push({
      path: `${path}.replication`,
      value: replication,
      rule: `must be at most the number of brokers (${s.brokers}): each copy is on a broker of its own`,
      fix: "Lower it, or raise brokers",
    });
  }
  const copies = replication ?? s?.replication;
  if (minimum !== undefined && copies !== undefined && minimum > copies) {
    problems.push({
      path: `${path}.minInSyncReplicas`,
      value: minimum,
      rule: `must be at most the topic's replication (${copies}), or no write with acks=all would ever succeed`,
      fix: `Use ${minInSyncReplicas(copies)}, so that ${copies > 2 ? "one copy may be missing" : "writes go on with one copy"}`,
    });
  }
  return problems;
}

function checkRetention(path: string, { retention, retentionSize, segment }: Topic): Problem[] {
  const problems: Problem[] = [];
  if (retention !== undefined && retention !== "forever" && !((seconds(retention) ?? 0) > 0)) {
    problems.push({
      path: `${path}.retention`,
      value: retention,
      rule: 'must be a duration above 0 such as 36h or 7d, with s, m, h or d, or "forever"',
    });
  }
  if (retentionSize === undefined) return problems;
  const size = bytes(retentionSize);
  if (size === undefined) return [...problems, notASize(`${path}.retentionSize`, retentionSize)];
  const whole = (segment && bytes(segment)) || DEFAULT_SEGMENT;
  if (size < whole) {
    problems.push({
      path: `${path}.retentionSize`,
      value: retentionSize,
      rule: `must be at least one segment (${segment ?? "1Gi"}): only whole segments are deleted`,
      fix: "Raise it, or set a smaller segment",
    });
  }
  return problems;
}

function checkSegment(path: string, { segment }: Topic): Problem[] {
  if (segment === undefined) return [];
  const size = bytes(segment);
  if (size === undefined) return [notASize(`${path}.segment`, segment)];
  if (size >= MIN_SEGMENT && size <= MAX_SEGMENT) return [];
  return [{ path: `${path}.segment`, value: segment, rule: "must be at least 1Mi and below 2Gi" }];
}

/**
 * What topics with a size limit may take together. Topics without one take what is written in their time, which nobody can know
 * here. On Docker alerts watch the disk; for claims see docs/monitoring.md, "What was left out".
 */
function checkDisk(topics: readonly (readonly [string, Topic])[], s: Spec): Problem[] {
  const disk = bytes(s.storage);
  const limited = topics.filter(([, topic]) => topic.retentionSize !== undefined);
  if (disk === undefined || limited.length === 0) return [];
  const needed = limited.reduce((sum, [, topic]) => sum + perBroker(topic, s), 0);
  if (needed <= disk) return [];
  const names = limited.map(([name]) => name).join(", ");
  return [
    {
      path: "storage.size",
      value: s.storage,
      rule: `is below what retentionSize lets topics keep on each broker: ${gibibytes(needed)}Gi (${names}; partitions × replication × (retentionSize + one segment) ÷ brokers)`,
      fix: "Enlarge the volume, or lower retentionSize, segment or partitions",
    },
  ];
}

function perBroker(topic: Topic, s: Spec): number {
  const kept = (topic.retentionSize && bytes(topic.retentionSize)) || 0;
  const segment = (topic.segment && bytes(topic.segment)) || DEFAULT_SEGMENT;
  return ((topic.partitions ?? 1) * (topic.replication ?? s.replication) * (kept + segment)) / s.brokers;
}

function gibibytes(size: number): number {
  return Math.ceil((size / 2 ** 30) * 10) / 10;
}
