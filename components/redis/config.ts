import { DATA, FILES, PORT, type Spec } from "./spec";

const MI = 2 ** 20;

/** Where the users are declared; a secret file, though it has only digests. */
export const ACL_FILE = `${FILES}/users.acl`;

/** redis.conf. Every setting that has to do with safety is set, whatever the version's default. */
export function redisConf(s: Spec): string {
  const sections: Record<string, readonly string[]> = {
    // Protected mode would open up only if the default user had no password; it is off in the ACL file.
    "Network and users": [
      `port ${PORT}`,
      "bind * -::*",
      "protected-mode yes",
      `aclfile ${ACL_FILE}`,
      "acllog-max-len 128",
      "tcp-backlog 511",
      "tcp-keepalive 60",
      `timeout ${s.idleTimeout}`,
      `maxclients ${s.maxClients}`,
    ],
    "Code and configuration from clients": [
      "enable-protected-configs no",
      "enable-debug-command no",
      "enable-module-command no",
    ],
    // A single value may not be larger than what all clients together may buffer: else one request could exceed the container's limit.
    "Memory, of data and of clients": [
      `maxmemory ${s.maxMemory}`,
      `maxmemory-policy ${s.eviction}`,
      "maxmemory-samples 5",
      `maxmemory-clients ${s.clientMemory}`,
      `client-output-buffer-limit normal ${s.clientMemory} ${quarter(s)} 60`,
      `client-output-buffer-limit pubsub ${s.clientMemory} ${quarter(s)} 60`,
      `client-output-buffer-limit replica ${s.clientMemory} ${quarter(s)} 60`,
      `client-query-buffer-limit ${s.clientMemory}`,
      `proto-max-bulk-len ${s.clientMemory}`,
    ],
    "Memory is given back by a thread of its own": [
      "lazyfree-lazy-eviction yes",
      "lazyfree-lazy-expire yes",
      "lazyfree-lazy-server-del yes",
      "lazyfree-lazy-user-del yes",
      "lazyfree-lazy-user-flush yes",
      "replica-lazy-flush yes",
    ],
    // The append-only file begins with a snapshot when it is rewritten; snapshots beside it would only fork once more.
    Persistence: [
      `dir ${DATA}`,
      "appendonly yes",
      `appendfsync ${s.fsync}`,
      "no-appendfsync-on-rewrite no",
      "auto-aof-rewrite-percentage 100",
      `auto-aof-rewrite-min-size ${16 * MI}`,
      "aof-use-rdb-preamble yes",
      "aof-load-truncated yes",
      'save ""',
      "stop-writes-on-bgsave-error yes",
      "rdbcompression yes",
      "rdbchecksum yes",
    ],
    "Process and log": [
      "daemonize no",
      'logfile ""',
      "loglevel notice",
      "always-show-logo no",
      "databases 16",
      `io-threads ${s.ioThreads}`,
      "disable-thp yes",
      "busy-reply-threshold 5000",
      "shutdown-timeout 20",
    ],
    "What was slow": ["slowlog-log-slower-than 10000", "slowlog-max-len 256", "latency-monitor-threshold 100"],
  };
  return Object.entries(sections)
    .map(([title, lines]) => `# ${title}\n${lines.join("\n")}\n`)
    .join("\n");
}

function quarter(s: Spec): number {
  return Math.floor(s.clientMemory / 4);
}
