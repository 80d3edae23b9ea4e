import { bytes, seconds } from "../core/units";
import type { Topic } from "./args";
import type { Setting } from "./settings";
import { minInSyncReplicas, type Spec } from "./spec";

/** Settings of a topic by their Kafka name. Only these are ever altered in the cluster. */
export function topicSettings(topic: Topic, spec: Spec | undefined): Record<string, Setting> {
  const settings: Record<string, Setting | undefined> = {
    ...topic.config,
    "compression.type": topic.compression,
    "min.insync.replicas": topic.minInSyncReplicas ?? derivedMinimum(topic, spec),
    "retention.bytes": topic.retentionSize && bytes(topic.retentionSize),
    "retention.ms": milliseconds(topic.retention),
    "segment.bytes": topic.segment && bytes(topic.segment),
    ...topic.config,
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.sort(([a], [b]) => (a < b ? -1 : 1))) as Record<string, Setting>;
}

/**
 * Always said, because the cluster's own default is of the time when it had fewer brokers, and a topic with fewer copies than
 * that could not be written to with `acks=all`. Without a spec the cluster is somebody else's.
 */
function derivedMinimum(topic: Topic, spec: Spec | undefined): number | undefined {
  return spec && minInSyncReplicas(topic.replication ?? spec.replication);
}

function milliseconds(retention: Topic["retention"]): number | undefined {
  if (retention === undefined) return undefined;
  return retention === "forever" ? -1 : (seconds(retention) ?? 0) * 1000;
}

/**
 * Topics that Kafka creates by itself, as the cluster was then. Two of them keep the minimum of that time as a setting of their own;
 * the consumers' offsets follow the cluster's default.
 */
function internal(spec: Spec): string[][] {
  const copies = String(spec.replication);
  const minimum = `min.insync.replicas=${spec.minInSyncReplicas}`;
  return [
    ["internal", "__consumer_offsets", "-", copies],
    ["internal", "__share_group_state", "-", copies, minimum],
    ["internal", "__transaction_state", "-", copies, minimum],
  ];
}

/**
 * What the job reads: kind, name, partitions, replication ("-": the cluster's default) and settings, with tabs between them.
 * The kind `cluster` has settings alone: defaults of all brokers, which win over those of their configuration files.
 * Without a spec the cluster is somebody else's: its replication is not ours to judge.
 */
export function topicsTable(topics: Readonly<Record<string, Topic>>, spec: Spec | undefined): string {
  const declared = Object.entries(topics).map(([name, topic]) => [
    "topic",
    name,
    String(topic.partitions ?? 1),
    String(topic.replication ?? spec?.replication ?? "-"),
    ...Object.entries(topicSettings(topic, spec)).map(([key, value]) => `${key}=${value}`),
  ]);
  const cluster = spec ? [["cluster", "-", "-", "-", `min.insync.replicas=${spec.minInSyncReplicas}`]] : [];
  return [...cluster, ...declared, ...(spec ? internal(spec) : [])]
    .map((row) => `${row.join("\t")}\n`)
    .sort()
    .join("");
}
