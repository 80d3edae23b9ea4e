import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, once, query, View } from "../monitoring/dashboards/view";
import { avg, div, gt, max, since, sub, sum } from "../monitoring/promql";
import { DISKS, free } from "./node-signals";

export const NODE_UID = "datastack-node";

const INSTANCE = { by: ["job", "instance"] };
const HOST = "{{instance}}";
const MOUNT = `${HOST} {{mountpoint}}`;
const DEVICES = { device: { nre: "loop.*|ram.*|zram.*|sr.*" } };
const view = new View();

/** The hosts that everything runs on. */
export const nodeDashboards = once((): readonly Dashboard[] => [
  {
    uid: NODE_UID,
    title: "Hosts",
    description: "What are the hosts short of: processors, memory, disk space, disk or network throughput?",
    tags: ["node"],
    variables: jobAndInstance("node_uname_info"),
    rows: [
      { title: "Utilisation", panels: utilisation(view) },
      { title: "Processors", panels: processors() },
      { title: "Memory", panels: memory() },
      { title: "Disks", panels: disks() },
      { title: "Network and system", panels: network() },
    ],
  },
]);

/** For the overview of a stack. */
export function nodeHighlights(job: string): readonly Panel[] {
  return utilisation(new View({ job })).filter(({ kind }) => kind === "gauge");
}

function utilisation(of: View): readonly Panel[] {
  const gauge = (
    title: string,
    description: string,
    expr: ReturnType<typeof max>,
    warning: number,
    critical: number,
  ): Panel => ({
    kind: "gauge",
    title,
    description,
    unit: "ratio",
    queries: [query(expr, HOST)],
    min: 0,
    max: 1,
    thresholds: { bad: "above", warning, critical },
    width: 6,
  });
  return [
    gauge(
      "Processors",
      "Share of their time that is used.",
      max(of.metric("instance:node_cpu_utilisation:rate5m"), INSTANCE),
      0.8,
      0.95,
    ),
    gauge(
      "Memory",
      "Share that cannot be freed. At 100 % the kernel kills processes.",
      max(of.metric("instance:node_memory_utilisation:ratio"), INSTANCE),
      0.85,
      0.95,
    ),
    gauge(
      "Fullest disk",
      "Of all file systems. Databases and brokers stop when they cannot write.",
      max(sub(1, free("space", of.matchers)), INSTANCE),
      0.85,
      0.95,
    ),
    {
      kind: "stat",
      title: "Up for",
      description: "Since the host was started.",
      unit: "seconds",
      queries: [query(since(max(of.metric("node_boot_time_seconds"), INSTANCE)), HOST)],
      sparkline: false,
      height: 6,
      width: 6,
    },
  ];
}

function processors(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Time by kind",
      description: "All hosts together. iowait: waits for disks; steal: given to other machines of the same hardware.",
      unit: "ratio",
      queries: [
        query(avg(view.rate("node_cpu_seconds_total", { mode: { ne: "idle" } }), { by: ["mode"] }), "{{mode}}"),
      ],
      stacked: true,
      max: 1,
    },
    {
      kind: "timeseries",
      title: "Load per processor",
      description: "Processes that run or wait to. Above 1 they wait, above 2 noticeably.",
      unit: "cores",
      queries: [query(max(view.metric("instance:node_load1_per_cpu:ratio"), INSTANCE), HOST)],
      thresholds: { bad: "above", warning: 2 },
    },
    {
      kind: "timeseries",
      title: "Waiting for processor, memory and disk",
      description:
        "Share of the time in which something waits for it (pressure). The resource with the highest line is the one that is short.",
      unit: "ratio",
      queries: [
        query(max(view.rate("node_pressure_cpu_waiting_seconds_total"), INSTANCE), `${HOST} processor`),
        query(max(view.rate("node_pressure_memory_waiting_seconds_total"), INSTANCE), `${HOST} memory`),
        query(max(view.rate("node_pressure_io_waiting_seconds_total"), INSTANCE), `${HOST} disk`),
      ],
    },
    {
      kind: "timeseries",
      title: "Processes",
      description: "That run, and that are blocked by a disk or a file server.",
      unit: "count",
      queries: [
        query(max(view.metric("node_procs_running"), INSTANCE), `${HOST} running`),
        query(max(view.metric("node_procs_blocked"), INSTANCE), `${HOST} blocked`),
      ],
    },
  ];
}

function memory(): readonly Panel[] {
  const of = (name: string) => sum(view.metric(`node_memory_${name}_bytes`), INSTANCE);
  return [
    {
      kind: "timeseries",
      title: "Memory by host",
      description: "All that there is, and what programs can still get, caches that can be freed included.",
      unit: "bytes",
      queries: [query(of("MemTotal"), `${HOST} all`), query(of("MemAvailable"), `${HOST} available`)],
    },
    {
      kind: "timeseries",
      title: "Read again from disk",
      description:
        "Major page faults: memory is short, and programs are read again. Above 500 per second everything is slow.",
      unit: "per second",
      queries: [query(max(view.metric("instance:node_vmstat_pgmajfault:rate5m"), INSTANCE), HOST)],
      width: 8,
    },
    {
      kind: "stat",
      title: "Killed for want of memory",
      description: "Processes within the time shown, of the host or of a container at its limit.",
      unit: "count",
      queries: [query(sum(view.increase("node_vmstat_oom_kill"), INSTANCE), HOST)],
      thresholds: { bad: "above", warning: 1 },
      sparkline: false,
      height: 8,
    },
  ];
}

function disks(): readonly Panel[] {
  const busy = "instance_device:node_disk_io_time_seconds:rate5m";
  const seconds = (direction: "read" | "write", done: "reads" | "writes") =>
    div(
      sum(view.rate(`node_disk_${direction}_time_seconds_total`, DEVICES), { by: ["instance", "device"] }),
      gt(sum(view.rate(`node_disk_${done}_completed_total`, DEVICES), { by: ["instance", "device"] }), 0),
    );
  return [
    {
      kind: "table",
      title: "File systems",
      description: "The fullest first.",
      unit: "bytes",
      columns: { instance: "Host", mountpoint: "Mounted at", device: "Device" },
      queries: [
        query(max(sub(1, free("space", view.matchers)), { by: ["instance", "mountpoint", "device"] }), "Used", "ratio"),
        query(
          max(view.metric("node_filesystem_avail_bytes", DISKS), { by: ["instance", "mountpoint", "device"] }),
          "Free",
        ),
        query(
          max(view.metric("node_filesystem_size_bytes", DISKS), { by: ["instance", "mountpoint", "device"] }),
          "Size",
        ),
        query(
          max(sub(1, free("inodes", view.matchers)), { by: ["instance", "mountpoint", "device"] }),
          "Inodes used",
          "ratio",
        ),
      ],
      sortBy: "Used",
      height: 6,
    },
    {
      kind: "timeseries",
      title: "Free space",
      description: "A straight line down: draw it on, and see when it is full.",
      unit: "bytes",
      queries: [
        query(max(view.metric("node_filesystem_avail_bytes", DISKS), { by: ["instance", "mountpoint"] }), MOUNT),
      ],
    },
    {
      kind: "timeseries",
      title: "Read and written",
      description: "By device.",
      unit: "bytes per second",
      queries: [
        query(
          sum(view.rate("node_disk_read_bytes_total", DEVICES), { by: ["instance", "device"] }),
          `${HOST} {{device}} read`,
        ),
        query(
          sum(view.rate("node_disk_written_bytes_total", DEVICES), { by: ["instance", "device"] }),
          `${HOST} {{device}} written`,
        ),
      ],
    },
    {
      kind: "timeseries",
      title: "Disk busy",
      description:
        "Share of the time with a request under way. For disks that work on many at a time, 100 % is not yet the limit.",
      unit: "ratio",
      queries: [query(max(view.metric(busy, DEVICES), { by: ["instance", "device"] }), `${HOST} {{device}}`)],
      max: 1,
    },
    {
      kind: "timeseries",
      title: "Time per request",
      description:
        "Of reads and writes, on average. Above some ten milliseconds databases and brokers feel it. Only where there are requests.",
      unit: "seconds",
      queries: [
        query(seconds("read", "reads"), `${HOST} {{device}} read`),
        query(seconds("write", "writes"), `${HOST} {{device}} write`),
      ],
    },
  ];
}

function network(): readonly Panel[] {
  const of = (what: string) => sum(view.rate(`node_network_${what}_total`), INSTANCE);
  return [
    {
      kind: "timeseries",
      title: "Received and sent",
      description: "All interfaces of each host but those of containers.",
      unit: "bytes per second",
      queries: [query(of("receive_bytes"), `${HOST} received`), query(of("transmit_bytes"), `${HOST} sent`)],
    },
    {
      kind: "timeseries",
      title: "Damaged and dropped packets",
      description: "Any lasting number: cables, drivers, or a host that does not keep up.",
      unit: "packets per second",
      queries: [
        query(of("receive_errs"), `${HOST} received damaged`),
        query(of("transmit_errs"), `${HOST} not sent`),
        query(of("receive_drop"), `${HOST} dropped`),
      ],
    },
    {
      kind: "timeseries",
      title: "File descriptors",
      description: "Share of the kernel's limit.",
      unit: "ratio",
      queries: [
        query(
          div(max(view.metric("node_filefd_allocated"), INSTANCE), max(view.metric("node_filefd_maximum"), INSTANCE)),
          HOST,
        ),
      ],
      thresholds: { bad: "above", warning: 0.7, critical: 0.9 },
    },
    {
      kind: "timeseries",
      title: "Clock",
      description: "How far it is off, as far as the kernel knows.",
      unit: "seconds",
      queries: [query(max(view.metric("node_timex_offset_seconds"), INSTANCE), HOST)],
      min: "auto",
    },
  ];
}
