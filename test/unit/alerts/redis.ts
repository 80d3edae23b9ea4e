import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "redis-exporter", instance: "redis-exporter" };
const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(OWNER, alert, simple);
const MASTER = { master_host: "10.0.0.5", master_port: "6379" };
const MIB = 2 ** 20;

const full = (policy: string) => ({
  [series("redis_memory_used_bytes", OWNER)]: "90x30",
  [series("redis_memory_max_bytes", OWNER)]: "100x30",
  [series("redis_instance_info", { ...OWNER, maxmemory_policy: policy, role: "master" })]: "1x30",
});

export const REDIS_CASES: readonly AlertCase[] = [
  on("RedisDown", { metric: "redis_up", fires: "1x5 0x10", quiet: "1x5 0 1x10", at: "10m", value: 0 }),
  on("RedisRestarting", {
    metric: "redis_uptime_in_seconds",
    fires: "100 160 20 80 30+60x20",
    quiet: "100 160 20+60x20",
    at: "15m",
    value: 2,
  }),
  on("RedisSlowCommands", {
    metric: "redis_slowlog_last_id",
    fires: "0+10x40",
    quiet: "0x15 20x30",
    at: "30m",
    value: 100,
  }),
  on("RedisMasterLinkDown", {
    metric: "redis_master_link_up",
    labels: MASTER,
    fires: "1x5 0x10",
    quiet: "1x5 0 1x10",
    at: "10m",
    value: 0,
    alertLabels: { ...OWNER, ...MASTER },
  }),
  {
    alert: "RedisMemoryFillingUp",
    firing: [{ input: full("noeviction"), at: "20m", labels: OWNER, value: 0.9 }],
    // A cache is full by nature.
    silent: [{ input: full("allkeys-lru"), at: "20m" }],
  },
  on("RedisOutOfMemory", {
    metric: "redis_errors_total",
    labels: { err: "OOM" },
    fires: "0+1x20",
    quiet: "7x20",
    at: "10m",
    value: 5,
    alertLabels: { ...OWNER, err: "OOM" },
    beside: { [series("redis_errors_total", { ...OWNER, err: "NOPERM" })]: "0+9x20" },
  }),
  on("RedisEvicting", {
    metric: "redis_evicted_keys_total",
    fires: "0+1200x40",
    quiet: "0+60x40",
    at: "25m",
    value: 20,
  }),
  {
    alert: "RedisHitRatioLow",
    firing: [
      {
        input: {
          [series("redis_keyspace_hits_total", OWNER)]: "0+300x80",
          [series("redis_keyspace_misses_total", OWNER)]: "0+900x80",
        },
        at: "60m",
        labels: OWNER,
        value: 0.25,
      },
    ],
    silent: [
      {
        // The same ratio, of a few requests.
        input: {
          [series("redis_keyspace_hits_total", OWNER)]: "0+3x80",
          [series("redis_keyspace_misses_total", OWNER)]: "0+9x80",
        },
        at: "60m",
      },
    ],
  },
  on("RedisHostMemoryHigh", {
    metric: "redis_memory_used_rss_bytes",
    fires: "95x30",
    quiet: "60x30",
    at: "20m",
    value: 0.95,
    beside: { [series("redis_total_system_memory_bytes", OWNER)]: "100x30" },
  }),
  on("RedisMemoryFragmented", {
    metric: "redis_memory_used_bytes",
    fires: `${100 * MIB}x90`,
    quiet: `${MIB}x90`,
    at: "70m",
    value: 2.5,
    beside: { [series("redis_mem_fragmentation_ratio", OWNER)]: "2.5x90" },
  }),
  on("RedisConnectionsHigh", {
    metric: "redis_connected_clients",
    fires: "90x20",
    quiet: "50x20",
    at: "10m",
    value: 0.9,
    beside: { [series("redis_max_clients", OWNER)]: "100x20" },
  }),
  on("RedisConnectionsRejected", {
    metric: "redis_rejected_connections_total",
    fires: "0+1x20",
    quiet: "9x20",
    at: "10m",
    value: 5,
  }),
  on("RedisLoginsRefused", {
    metric: "redis_acl_access_denied_auth_total",
    fires: "0+2x40",
    quiet: "0x15 1x30",
    at: "30m",
    value: 20,
  }),
  on("RedisAofWriteFailing", {
    metric: "redis_aof_last_write_status",
    fires: "1x5 0x10",
    quiet: "1x9 0 1x10",
    at: "10m",
    value: 0,
  }),
  on("RedisAofRewriteFailing", {
    metric: "redis_aof_last_bgrewrite_status",
    fires: "0x30",
    quiet: "0x10 1x20",
    at: "20m",
    value: 0,
  }),
  on("RedisSnapshotFailing", {
    metric: "redis_rdb_last_bgsave_status",
    fires: "0x30",
    quiet: "0x10 1x20",
    at: "20m",
    value: 0,
  }),
  on("RedisDiskSlow", { metric: "redis_aof_delayed_fsync", fires: "0+1x40", quiet: "3x40", at: "30m", value: 10 }),
];
