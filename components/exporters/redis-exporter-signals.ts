import type { Counter, Gauge } from "../monitoring/signal";

const gauge = (title: string, metric: string, unit: Gauge["unit"], across?: Gauge["across"]): Gauge => ({
  type: "gauge",
  title,
  metric,
  unit,
  ...(across ? { across } : {}),
});
const counter = (title: string, metric: string, unit: Counter["unit"] = "per second"): Counter => ({
  type: "counter",
  title,
  metric,
  unit,
});

/** What redis_exporter says of one server. */
export const REDIS = {
  up: gauge("server answers", "redis_up", "count", "min"),
  uptime: gauge("uptime", "redis_uptime_in_seconds", "seconds", "min"),
  clients: gauge("connected clients", "redis_connected_clients", "count", "sum"),
  maxClients: gauge("clients at most", "redis_max_clients", "count", "sum"),
  blockedClients: gauge("blocked clients", "redis_blocked_clients", "count", "sum"),
  memory: gauge("memory used", "redis_memory_used_bytes", "bytes", "sum"),
  memoryMax: gauge("memory at most", "redis_memory_max_bytes", "bytes", "sum"),
  memoryResident: gauge("memory resident", "redis_memory_used_rss_bytes", "bytes", "sum"),
  fragmentation: gauge("memory fragmentation", "redis_mem_fragmentation_ratio", "count"),
  hostMemory: gauge("memory of the host", "redis_total_system_memory_bytes", "bytes"),
  commands: counter("commands", "redis_commands_total"),
  commandSeconds: counter("time in commands", "redis_commands_duration_seconds_total", "seconds"),
  hits: counter("keys found", "redis_keyspace_hits_total"),
  misses: counter("keys not found", "redis_keyspace_misses_total"),
  evicted: counter("keys evicted", "redis_evicted_keys_total"),
  expired: counter("keys expired", "redis_expired_keys_total"),
  keys: gauge("keys", "redis_db_keys", "count", "sum"),
  keysExpiring: gauge("keys that expire", "redis_db_keys_expiring", "count", "sum"),
  networkIn: counter("network in", "redis_net_input_bytes_total", "bytes"),
  networkOut: counter("network out", "redis_net_output_bytes_total", "bytes"),
  errors: counter("errors", "redis_errors_total"),
  rejectedConnections: counter("connections rejected", "redis_rejected_connections_total"),
  refusedLogins: counter("logins refused", "redis_acl_access_denied_auth_total"),
  aofSize: gauge("append-only file", "redis_aof_current_size_bytes", "bytes", "sum"),
  slowLog: gauge("slow commands logged", "redis_slowlog_last_id", "count"),
} as const;
