import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, once, query, View } from "../monitoring/dashboards/view";
import type { LabelMatchers } from "../monitoring/labels";
import { add, div, gt, max, min, mul, or, sum, topk, type Vector } from "../monitoring/promql";
import { REDIS } from "./redis-exporter-signals";

export const REDIS_UID = "datastack-redis";

const SERVER = ["job", "instance"];
const EACH = { by: SERVER, legend: "{{instance}}" };
const view = new View();

/** Redis servers, by their exporters. */
export const redisExporterDashboards = once((): readonly Dashboard[] => [
  {
    uid: REDIS_UID,
    title: "Redis",
    description:
      "Does it answer, is what is asked for there, has it memory and connections left, and is what it holds safe on disk?",
    tags: ["redis"],
    variables: jobAndInstance(REDIS.up.metric),
    rows: [
      { title: "State", panels: state() },
      { title: "Commands", panels: commands() },
      { title: "Memory and keys", panels: memory() },
      { title: "Clients and network", panels: clients() },
      { title: "On disk", panels: disk() },
    ],
  },
]);

/** For the overview of a stack. */
export function redisExporterHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    answers(own),
    { ...memoryShare(own), width: 6, height: 4 },
    hitRatio(own),
    own.stat(REDIS.commands, { description: "Commands that it answers.", width: 6 }),
  ];
}

function answers(of: View): Panel {
  return {
    kind: "stat",
    title: "Redis answers",
    description: "Whether its exporter can log in and ask it.",
    unit: "state",
    queries: [query(min(of.metric(REDIS.up.metric), { by: SERVER }), "{{instance}}")],
    states: { 0: { text: "no", level: "critical" }, 1: { text: "yes", level: "good" } },
    sparkline: false,
  };
}

/** Without a limit there is no share of it. */
function share(of: View): Vector {
  return div(of.signal(REDIS.memory, { by: SERVER }), gt(of.signal(REDIS.memoryMax, { by: SERVER }), 0));
}

function memoryShare(of: View): Panel {
  return {
    kind: "gauge",
    title: "Memory",
    description:
      "Share of maxmemory. A cache is full by nature; a server that may delete nothing refuses writes at 100 %.",
    unit: "ratio",
    queries: [query(share(of), "{{instance}}")],
    min: 0,
    max: 1,
    thresholds: { bad: "above", warning: 0.8, critical: 0.95 },
  };
}

function hitRatio(of: View): Panel {
  const hits = of.signal(REDIS.hits, { by: SERVER });
  const asked = add(hits, of.signal(REDIS.misses, { by: SERVER }));
  return {
    kind: "stat",
    title: "Keys found",
    description: "Share of the keys asked for that were there. Low: the cache does not relieve what is behind it.",
    unit: "ratio",
    queries: [query(div(hits, gt(asked, 0)), "{{instance}}")],
    nothing: "nothing asked",
    width: 6,
  };
}

function state(): readonly Panel[] {
  return [
    answers(view),
    view.stat(REDIS.uptime, { ...EACH, description: "Since its start.", sparkline: false }),
    view.stat(REDIS.clients, { ...EACH, description: "Connections that are open." }),
    memoryShare(view),
    hitRatio(view),
    {
      kind: "stat",
      title: "Refused for want of memory",
      description: "Commands within the time shown. What clients wanted to store is lost unless they try again.",
      unit: "count",
      // The error is a series only once it has happened.
      queries: [
        query(
          or(sum(view.increase(REDIS.errors.metric, { err: "OOM" })), mul(sum(view.metric(REDIS.up.metric)), 0)),
          "commands",
        ),
      ],
      thresholds: { bad: "above", critical: 1 },
      sparkline: false,
    },
  ];
}

function commands(): readonly Panel[] {
  const byCommand = { by: ["cmd"] };
  const busiest = view.signal(REDIS.commands, byCommand);
  const time = view.signal(REDIS.commandSeconds, byCommand);
  return [
    {
      kind: "timeseries",
      title: "Commands",
      description: "The ten most frequent.",
      unit: "operations per second",
      queries: [query(topk(10, busiest), "{{cmd}}")],
      stacked: true,
    },
    {
      kind: "timeseries",
      title: "Time in commands",
      description:
        "Share of the time in which it works on each command, the ten that take most. It runs one at a time: together they cannot exceed 100 %.",
      unit: "ratio",
      queries: [query(topk(10, time), "{{cmd}}")],
      stacked: true,
    },
    {
      kind: "timeseries",
      title: "Time per command",
      description: "On average, the ten slowest. KEYS and large ranges stop everybody else meanwhile.",
      unit: "seconds",
      queries: [query(topk(10, div(time, gt(busiest, 0))), "{{cmd}}")],
    },
    {
      kind: "timeseries",
      title: "Errors",
      description: "Errors answered to clients, by kind: OOM is full memory, NOPERM and WRONGPASS a client's rights.",
      unit: "per second",
      queries: [view.query(REDIS.errors, { by: ["err"] })],
    },
  ];
}

function memory(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Memory in detail",
      description:
        "Used by data, occupied by the process, and the limit. The container is killed when the process reaches its own limit, which is higher.",
      unit: "bytes",
      queries: [
        view.query(REDIS.memory, { by: SERVER, legend: "{{instance}} used" }),
        view.query(REDIS.memoryResident, { by: SERVER, legend: "{{instance}} occupied" }),
        view.query(REDIS.memoryMax, { by: SERVER, legend: "{{instance}} limit" }),
      ],
    },
    {
      kind: "timeseries",
      title: "Keys",
      description: "All, and those that end by themselves. In a cache without an end they stay until they are evicted.",
      unit: "count",
      queries: [
        view.query(REDIS.keys, { by: ["instance", "db"], legend: "{{instance}} {{db}}" }),
        view.query(REDIS.keysExpiring, { by: ["instance", "db"], legend: "{{instance}} {{db}} that end" }),
      ],
    },
    {
      kind: "timeseries",
      title: "Keys found and not found",
      description: "Many that are not found: what is cached ends too early, or is evicted.",
      unit: "per second",
      queries: [
        view.query(REDIS.hits, { by: SERVER, legend: "{{instance}} found" }),
        view.query(REDIS.misses, { by: SERVER, legend: "{{instance}} not found" }),
      ],
    },
    {
      kind: "timeseries",
      title: "Keys deleted by Redis",
      description: "Expired: their time was over. Evicted: there was no memory left for them.",
      unit: "per second",
      queries: [
        view.query(REDIS.expired, { by: SERVER, legend: "{{instance}} expired" }),
        view.query(REDIS.evicted, { by: SERVER, legend: "{{instance}} evicted" }),
      ],
    },
  ];
}

function clients(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Connections",
      description: "Open, waiting for data by a blocking command, and how many it takes at most.",
      unit: "count",
      queries: [
        view.query(REDIS.clients, { by: SERVER, legend: "{{instance}} open" }),
        view.query(REDIS.blockedClients, { by: SERVER, legend: "{{instance}} blocked" }),
        view.query(REDIS.maxClients, { by: SERVER, legend: "{{instance}} at most" }),
      ],
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Refused",
      description: "Connections beyond the limit, and logins with a wrong user or password.",
      unit: "per second",
      queries: [
        view.query(REDIS.rejectedConnections, { by: SERVER, legend: "{{instance}} connections" }),
        view.query(REDIS.refusedLogins, { by: SERVER, legend: "{{instance}} logins" }),
      ],
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Network",
      description: "What clients send, and what they get.",
      unit: "bytes per second",
      queries: [
        view.query(REDIS.networkIn, { by: SERVER, legend: "{{instance}} in" }),
        view.query(REDIS.networkOut, { by: SERVER, legend: "{{instance}} out" }),
      ],
      width: 8,
    },
  ];
}

function disk(): readonly Panel[] {
  const status = (title: string, description: string, name: string, matchers: LabelMatchers = {}): Panel => ({
    kind: "stat",
    title,
    description,
    unit: "state",
    queries: [query(min(view.metric(name, matchers), { by: SERVER }), "{{instance}}")],
    states: { 0: { text: "failed", level: "critical" }, 1: { text: "fine", level: "good" } },
    sparkline: false,
    width: 6,
  });
  return [
    status(
      "Last write",
      "Of the append-only file. Failed: it refuses writes until it can.",
      "redis_aof_last_write_status",
    ),
    status("Last rewrite", "Of the append-only file, which would grow without it.", "redis_aof_last_bgrewrite_status"),
    status(
      "Last snapshot",
      "A backup that relies on it is as old as the last good one.",
      "redis_rdb_last_bgsave_status",
    ),
    {
      kind: "stat",
      title: "Changes since the snapshot",
      description: "Kept in the append-only file meanwhile.",
      unit: "count",
      queries: [query(max(view.metric("redis_rdb_changes_since_last_save"), { by: SERVER }), "{{instance}}")],
      width: 6,
    },
    view.timeseries(REDIS.aofSize, {
      ...EACH,
      description: "Rewritten when it has doubled. Growing without end: the rewrite fails.",
    }),
    {
      kind: "timeseries",
      title: "Fragmentation",
      description:
        "Memory occupied for each byte used. Well above 1.5 with much data: memory that counts and serves nobody.",
      unit: "count",
      queries: [view.query(REDIS.fragmentation, EACH)],
    },
  ];
}
