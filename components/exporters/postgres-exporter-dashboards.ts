import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, labelVariable, once, query, View } from "../monitoring/dashboards/view";
import { add, div, gt, max, min, since, sub, sum, type Vector } from "../monitoring/promql";
import { POSTGRES } from "./postgres-exporter-signals";

export const POSTGRES_UID = "datastack-postgres";

const SERVER = ["job", "instance"];
const EACH = { by: SERVER, legend: "{{instance}}" };
const DATABASE = { datname: { re: "$database" } };
const BY_DATABASE = { by: ["instance", "datname"], legend: "{{datname}}", matchers: DATABASE };
const view = new View();

/** PostgreSQL servers, by their exporters. */
export const postgresExporterDashboards = once((): readonly Dashboard[] => [
  {
    uid: POSTGRES_UID,
    title: "PostgreSQL",
    description:
      "Does the server answer, has it connections left, what do its transactions do, does it find its data in memory, and does it keep up with writing?",
    tags: ["postgres"],
    variables: [
      ...jobAndInstance(POSTGRES.up.metric),
      labelVariable("database", "Database", POSTGRES.databaseSize.metric, "datname"),
    ],
    rows: [
      { title: "State", panels: state() },
      { title: "Transactions", panels: transactions() },
      { title: "Rows and blocks", panels: data() },
      { title: "Writing", panels: writing() },
    ],
  },
]);

/** For the overview of a stack. */
export function postgresExporterHighlights(job: string): readonly Panel[] {
  const own = new View({ job });
  return [
    answers(own),
    { ...connections(own), height: 4 },
    {
      kind: "stat",
      title: "Transactions",
      description: "That end well or are rolled back, of all databases.",
      unit: "operations per second",
      queries: [query(add(own.signal(POSTGRES.commits), own.signal(POSTGRES.rollbacks)), "transactions")],
      width: 6,
    },
    {
      kind: "stat",
      title: "Size",
      description: "Of all databases.",
      unit: "bytes",
      queries: [query(sum(own.metric(POSTGRES.databaseSize.metric)), "bytes")],
      width: 6,
    },
  ];
}

function answers(of: View): Panel {
  return {
    kind: "stat",
    title: "PostgreSQL answers",
    description: "Whether its exporter can log in.",
    unit: "state",
    queries: [query(min(of.metric(POSTGRES.up.metric), { by: SERVER }), "{{instance}}")],
    states: { 0: { text: "no", level: "critical" }, 1: { text: "yes", level: "good" } },
    sparkline: false,
  };
}

function atMost(of: View): Vector {
  return sub(
    of.signal(POSTGRES.maxConnections, { by: SERVER }),
    of.signal(POSTGRES.reservedConnections, { by: SERVER }),
  );
}

function connections(of: View): Panel {
  return {
    kind: "gauge",
    title: "Connections",
    description: "Share of those that ordinary users may open. At 100 % clients are refused.",
    unit: "ratio",
    queries: [query(div(of.signal(POSTGRES.connections, { by: SERVER }), atMost(of)), "{{instance}}")],
    min: 0,
    max: 1,
    thresholds: { bad: "above", warning: 0.8, critical: 0.95 },
    width: 6,
  };
}

function state(): readonly Panel[] {
  return [
    answers(view),
    {
      kind: "stat",
      title: "Up for",
      description: "Since the server's start.",
      unit: "seconds",
      queries: [query(since(view.signal(POSTGRES.startTime, { by: SERVER })), "{{instance}}")],
      sparkline: false,
    },
    connections(view),
    view.stat(POSTGRES.oldestTransaction, {
      ...EACH,
      description:
        "How long the oldest transaction runs. What it locks stays locked, and deleted rows cannot be cleaned up.",
      thresholds: { bad: "above", warning: 600, critical: 1800 },
    }),
    {
      kind: "stat",
      title: "Role",
      description: "A replica answers, but takes no writes.",
      unit: "state",
      queries: [query(max(view.metric("pg_replication_is_replica"), { by: SERVER }), "{{instance}}")],
      states: { 0: { text: "primary", level: "good" }, 1: { text: "replica", level: "neutral" } },
      sparkline: false,
    },
    {
      kind: "timeseries",
      title: "Connections by database",
      description: "Open ones. A steady climb: an application that does not close its own.",
      unit: "count",
      queries: [view.query(POSTGRES.connections, BY_DATABASE), query(atMost(view), "at most")],
    },
    {
      kind: "timeseries",
      title: "Connections by what they do",
      description: 'Many "idle in transaction": an application that keeps transactions open and does nothing in them.',
      unit: "count",
      queries: [view.query(POSTGRES.activity, { by: ["state"], matchers: DATABASE })],
      stacked: true,
    },
  ];
}

function transactions(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Transactions",
      description: "That ended well, and that were rolled back.",
      unit: "operations per second",
      queries: [
        view.query(POSTGRES.commits, { ...BY_DATABASE, legend: "{{datname}} committed" }),
        view.query(POSTGRES.rollbacks, { ...BY_DATABASE, legend: "{{datname}} rolled back" }),
      ],
    },
    {
      kind: "timeseries",
      title: "Deadlocks",
      description: "Transactions that waited for each other; one of them was ended with an error.",
      unit: "per second",
      queries: [view.query(POSTGRES.deadlocks, BY_DATABASE)],
    },
    {
      kind: "timeseries",
      title: "Locks by mode",
      description: "Held now. Exclusive ones that stay: somebody changes a table, and everybody else waits.",
      unit: "count",
      queries: [view.query(POSTGRES.locks, { by: ["mode"], matchers: DATABASE })],
      stacked: true,
    },
    view.timeseries(POSTGRES.transactionAge, {
      ...BY_DATABASE,
      description:
        "Transactions since the oldest row was frozen. At about two thousand million the server refuses writes; vacuum keeps it low.",
    }),
  ];
}

function data(): readonly Panel[] {
  const hit = view.signal(POSTGRES.blocksHit, BY_DATABASE);
  const read = view.signal(POSTGRES.blocksRead, BY_DATABASE);
  return [
    {
      kind: "timeseries",
      title: "Rows written",
      description: "Inserted, updated and deleted.",
      unit: "rows per second",
      queries: [
        view.query(POSTGRES.rowsInserted, { ...BY_DATABASE, legend: "{{datname}} inserted" }),
        view.query(POSTGRES.rowsUpdated, { ...BY_DATABASE, legend: "{{datname}} updated" }),
        view.query(POSTGRES.rowsDeleted, { ...BY_DATABASE, legend: "{{datname}} deleted" }),
      ],
    },
    {
      kind: "timeseries",
      title: "Rows fetched",
      description: "By indexes. Far more than is answered: queries that look at much to find little.",
      unit: "rows per second",
      queries: [view.query(POSTGRES.rowsFetched, BY_DATABASE)],
    },
    {
      kind: "timeseries",
      title: "Blocks found in memory",
      description:
        "Share of shared memory's hits. What is missed may still be in the system's cache; below 90 % queries feel the disk.",
      unit: "ratio",
      queries: [query(div(hit, gt(add(hit, read), 0)), "{{datname}}")],
      max: 1,
      thresholds: { bad: "below", warning: 0.9 },
    },
    {
      kind: "timeseries",
      title: "Temporary files",
      description: "Written because sorts and joins do not fit in work_mem.",
      unit: "bytes per second",
      queries: [view.query(POSTGRES.temporaryBytes, BY_DATABASE)],
    },
    view.timeseries(POSTGRES.databaseSize, { ...BY_DATABASE, description: "With indexes and all chunks." }),
  ];
}

function writing(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Write-ahead log",
      description:
        "On disk, and the size up to which it may grow between checkpoints. Several times above: something keeps it from being removed.",
      unit: "bytes",
      queries: [
        view.query(POSTGRES.walSize, { by: SERVER, legend: "{{instance}}" }),
        query(max(view.metric("pg_settings_max_wal_size_bytes"), { by: SERVER }), "max_wal_size"),
      ],
    },
    {
      kind: "timeseries",
      title: "Checkpoints",
      description:
        "In their time, and before it because much was written. More of the latter: max_wal_size is too small.",
      unit: "per second",
      queries: [
        view.query(POSTGRES.checkpointsTimed, { by: SERVER, legend: "{{instance}} in time" }),
        view.query(POSTGRES.checkpointsRequested, { by: SERVER, legend: "{{instance}} forced" }),
      ],
    },
    {
      kind: "timeseries",
      title: "Buffers written by checkpoints",
      description: "High peaks: writing comes in bursts that make queries wait.",
      unit: "per second",
      queries: [view.query(POSTGRES.checkpointBuffers, EACH)],
    },
    view.timeseries(POSTGRES.replicationLag, {
      ...EACH,
      description: "Of a replica; 0 on a primary.",
    }),
  ];
}
