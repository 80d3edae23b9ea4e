import type { Problem } from "../core/problems";
import { type AlertDefinition, alertRules, checkTuning } from "../monitoring/alert";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import {
  add,
  and,
  delta,
  div,
  eq,
  ge,
  gt,
  increase,
  lt,
  metric,
  range,
  rate,
  resets,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";

export type RedisAlert = keyof ReturnType<typeof redisAlerts>;

const REDIS = "Redis behind {{ $labels.instance }}";
const ratio = valueTemplate("ratio");
const count = valueTemplate("count");

/** The alerts about one Redis server; `job` is its exporter's. */
export function redisAlerts(job: string) {
  const matchers = { job };
  return { ...serving(matchers), ...memory(matchers), ...clients(matchers), ...keeping(matchers) };
}

function serving(matchers: LabelMatchers) {
  return {
    RedisDown: {
      severity: "critical",
      for: "2m",
      expr: () => eq(metric("redis_up", matchers), 0),
      summary: `${REDIS} does not answer`,
      description:
        "The exporter runs, but cannot ask it: it is down, loads its file, or refuses the exporter's login. What is cached or queued there is out of reach.",
    },
    RedisRestarting: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "10m",
      threshold: { default: 2, unit: "count", min: 1 },
      expr: (least: number) => ge(resets(range("redis_uptime_in_seconds", matchers, "30m")), least),
      summary: `${REDIS} restarts again and again`,
      description: `${count} restarts within 30 minutes (limit {threshold}), most often because it reached its container's memory limit.`,
    },
    RedisSlowCommands: {
      severity: "info",
      for: "10m",
      threshold: { default: 50, unit: "count", min: 1 },
      // The log's length is bounded, its last number is not; it begins again with the process.
      expr: (most: number) => gt(delta(range("redis_slowlog_last_id", matchers, "10m")), most),
      summary: `${REDIS} runs many slow commands`,
      description: `${count} commands of more than 10 ms within 10 minutes (limit {threshold}). Redis runs one at a time: all others wait.`,
    },
    RedisMasterLinkDown: {
      severity: "critical",
      for: "2m",
      expr: () => eq(metric("redis_master_link_up", matchers), 0),
      summary: `${REDIS} has lost its master {{ $labels.master_host }}`,
      description: "It is a replica and gets no changes any more: what it answers is old, and it is no stand-in.",
    },
  } satisfies Record<string, AlertDefinition>;
}

function memory(matchers: LabelMatchers) {
  /** Only where nothing may be evicted: a cache is full by nature. */
  const keepsAll = (of: Vector): Vector =>
    and(of, metric("redis_instance_info", { ...matchers, maxmemory_policy: "noeviction" }), {
      on: ["job", "instance"],
    });
  const filled = div(metric("redis_memory_used_bytes", matchers), gt(metric("redis_memory_max_bytes", matchers), 0));
  const hits = rate(range("redis_keyspace_hits_total", matchers, "15m"));
  const asked = add(hits, rate(range("redis_keyspace_misses_total", matchers, "15m")));
  return {
    RedisMemoryFillingUp: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.8, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => keepsAll(gt(filled, most)),
      summary: `${REDIS} is running full`,
      description: `${ratio} of maxmemory are used (limit {threshold}), and its policy is to delete nothing: when it is full it refuses writes.`,
    },
    RedisOutOfMemory: {
      severity: "critical",
      explains: { alerts: ["RedisMemoryFillingUp"] },
      for: "0s",
      keepFiringFor: "5m",
      expr: () => gt(increase(range("redis_errors_total", { ...matchers, err: "OOM" }, "5m")), 0),
      summary: `${REDIS} refuses writes: its memory is full`,
      description: `${count} commands were refused within 5 minutes. What its clients wanted to store is lost unless they try again.`,
    },
    RedisEvicting: {
      severity: "warning",
      for: "10m",
      threshold: { default: 10, unit: "per second", min: 0 },
      expr: (most: number) => gt(rate(range("redis_evicted_keys_total", matchers, "5m")), most),
      summary: `${REDIS} is full and deletes keys before their time`,
      description: `${valueTemplate("per second")} keys are evicted (limit {threshold}): it is too small for what is cached, and the load goes to what it should relieve.`,
    },
    RedisHitRatioLow: {
      severity: "info",
      for: "30m",
      threshold: { default: 0.5, unit: "ratio", min: 0, max: 1 },
      // A few requests say nothing.
      expr: (least: number) => and(lt(div(hits, gt(asked, 0)), least), gt(asked, 10)),
      summary: `${REDIS} rarely has what it is asked for`,
      description: `${ratio} of the keys that were asked for were there (limit {threshold}), counted above 10 requests a second.`,
    },
    RedisHostMemoryHigh: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.9, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) =>
        gt(
          div(
            metric("redis_memory_used_rss_bytes", matchers),
            gt(metric("redis_total_system_memory_bytes", matchers), 0),
          ),
          most,
        ),
      summary: `${REDIS} takes nearly all memory of its host`,
      description: `${ratio} of the host's memory (limit {threshold}). A child that writes the data to disk finds none, and the kernel kills processes.`,
    },
    RedisMemoryFragmented: {
      severity: "info",
      for: "1h",
      threshold: { default: 1.8, unit: "count", min: 1 },
      // An empty server is all overhead.
      expr: (most: number) =>
        and(
          gt(metric("redis_mem_fragmentation_ratio", matchers), most),
          gt(metric("redis_memory_used_bytes", matchers), 64 * 2 ** 20),
        ),
      summary: `${REDIS} holds much memory that it does not use`,
      description:
        'It holds {{ $value | printf "%.1f" }} times what its data take (limit {threshold}), which counts towards its container\'s limit.',
    },
  } satisfies Record<string, AlertDefinition>;
}

function clients(matchers: LabelMatchers) {
  return {
    RedisConnectionsHigh: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.8, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) =>
        gt(div(metric("redis_connected_clients", matchers), gt(metric("redis_max_clients", matchers), 0)), most),
      summary: `${REDIS} is running out of connections`,
      description: `${ratio} of them are open (limit {threshold}). Beyond maxclients, new ones are refused.`,
    },
    RedisConnectionsRejected: {
      severity: "critical",
      explains: { alerts: ["RedisConnectionsHigh"] },
      for: "0s",
      keepFiringFor: "5m",
      expr: () => gt(increase(range("redis_rejected_connections_total", matchers, "5m")), 0),
      summary: `${REDIS} refuses connections`,
      description: `${count} connections were refused within 5 minutes because as many as it takes are open.`,
    },
    RedisLoginsRefused: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "10m",
      threshold: { default: 5, unit: "count", min: 0 },
      expr: (most: number) => gt(increase(range("redis_acl_access_denied_auth_total", matchers, "10m")), most),
      summary: `${REDIS} refuses logins`,
      description: `${count} logins with a wrong user or password within 10 minutes (limit {threshold}): a client has an old password, or somebody is guessing.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function keeping(matchers: LabelMatchers) {
  const failed = (what: string): Vector => eq(metric(what, matchers), 0);
  return {
    RedisAofWriteFailing: {
      severity: "critical",
      explains: { alerts: ["RedisAofRewriteFailing"] },
      for: "1m",
      expr: () => failed("redis_aof_last_write_status"),
      summary: `${REDIS} cannot write its append-only file`,
      description:
        "Its volume is full or broken. It refuses writes until it can, and what is not on disk is lost with the process.",
    },
    RedisAofRewriteFailing: {
      severity: "warning",
      for: "15m",
      expr: () => failed("redis_aof_last_bgrewrite_status"),
      summary: `${REDIS} cannot rewrite its append-only file`,
      description:
        "The file grows until the volume is full; starting takes longer and longer. Most often memory for the child process is missing.",
    },
    RedisSnapshotFailing: {
      severity: "warning",
      for: "15m",
      expr: () => failed("redis_rdb_last_bgsave_status"),
      summary: `${REDIS} cannot write a snapshot`,
      description:
        "The last one failed, for want of memory for the child process or of space: a backup that relies on it is old.",
    },
    RedisDiskSlow: {
      severity: "warning",
      for: "5m",
      threshold: { default: 5, unit: "count", min: 0 },
      // Counted since the process started, though exported as a gauge.
      expr: (most: number) => gt(delta(range("redis_aof_delayed_fsync", matchers, "10m")), most),
      summary: `${REDIS} waits for its disk`,
      description: `${count} writes of its file took more than two seconds within 10 minutes (limit {threshold}); all clients wait meanwhile.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

export function redisRules(name: string, tuning?: AlertTuning<RedisAlert>): RuleGroup[] {
  return [{ name, alerts: alertRules(redisAlerts(name), tuning, { component: name }) }];
}

export function checkRedisTuning(path: string, tuning?: AlertTuning<RedisAlert>): Problem[] {
  return checkTuning(path, redisAlerts("redis-exporter"), tuning);
}
