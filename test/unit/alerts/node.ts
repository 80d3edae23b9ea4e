import { type AlertCase, oneSeries, series } from "./case";

const OWNER = { job: "node-exporter", instance: "node-exporter" };
const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) => oneSeries(OWNER, alert, simple);

const DISK = { device: "/dev/vda", fstype: "ext4", mountpoint: "/" };
const ON_DISK = { ...OWNER, ...DISK };
const writable = { [series("node_filesystem_readonly", ON_DISK)]: "0x400" };
const space = { ...writable, [series("node_filesystem_size_bytes", ON_DISK)]: "100x400" };
const inodes = { ...writable, [series("node_filesystem_files", ON_DISK)]: "100x400" };

function disk(
  alert: string,
  metric: string,
  beside: Record<string, string>,
  rest: { fires: string; quiet: string; at: `${number}m`; value: number },
) {
  const simple = on(alert, { metric, labels: DISK, beside, alertLabels: ON_DISK, ...rest });
  const full = simple.firing[0]?.input ?? {};
  // What is mounted read-only is full by nature.
  const readonly = { input: { ...full, [series("node_filesystem_readonly", ON_DISK)]: "1x400" }, at: rest.at };
  return { ...simple, silent: [...simple.silent, readonly] };
}

const AVAILABLE = "node_filesystem_avail_bytes";
const MD = { device: "md0" };

const DISKS: AlertCase[] = [
  disk("NodeFilesystemFillingUp", AVAILABLE, space, {
    fires: "45-0.1x400",
    quiet: "35-0.001x400",
    at: "170m",
    value: 0.28,
  }),
  disk("NodeFilesystemFillingUpFast", AVAILABLE, space, {
    fires: "25-0.1x200",
    quiet: "19-0.001x200",
    at: "90m",
    value: 0.16,
  }),
  disk("NodeFilesystemSpaceLow", AVAILABLE, space, { fires: "8x60", quiet: "12x60", at: "40m", value: 0.08 }),
  disk("NodeFilesystemSpaceOut", AVAILABLE, space, { fires: "2x60", quiet: "8x60", at: "15m", value: 0.02 }),
  disk("NodeFilesystemInodesLow", "node_filesystem_files_free", inodes, {
    fires: "8x60",
    quiet: "50x60",
    at: "40m",
    value: 0.08,
  }),
  disk("NodeFilesystemInodesOut", "node_filesystem_files_free", inodes, {
    fires: "2x60",
    quiet: "8x60",
    at: "15m",
    value: 0.02,
  }),
  {
    alert: "NodeFilesystemDeviceError",
    firing: [
      {
        input: {
          [series("node_filesystem_device_error", { ...ON_DISK, device_error: "transport endpoint is not connected" })]:
            "1x10",
        },
        at: "6m",
        labels: { ...ON_DISK, device_error: "transport endpoint is not connected" },
        value: 1,
      },
    ],
    silent: [
      { input: { [series("node_filesystem_device_error", ON_DISK)]: "0x10" }, at: "6m" },
      {
        input: { [series("node_filesystem_device_error", { ...ON_DISK, device_error: "permission denied" })]: "1x10" },
        at: "6m",
      },
    ],
  },
  on("NodeDiskSaturated", {
    metric: "node_disk_io_time_weighted_seconds_total",
    labels: { device: "vda" },
    fires: "0+1200x60",
    quiet: "0+60x60",
    at: "45m",
    value: 20,
    alertLabels: { ...OWNER, device: "vda" },
  }),
  on("NodeRaidDegraded", {
    metric: "node_md_disks",
    labels: { ...MD, state: "active" },
    fires: "1x30",
    quiet: "2x30",
    at: "20m",
    value: 1,
    alertLabels: { ...OWNER, ...MD },
    beside: { [series("node_md_disks_required", { ...OWNER, ...MD })]: "2x30" },
  }),
  on("NodeRaidDiskFailed", {
    metric: "node_md_disks",
    labels: { ...MD, state: "failed" },
    fires: "1x10",
    quiet: "0x10",
    at: "6m",
    value: 1,
    alertLabels: { ...OWNER, ...MD, state: "failed" },
  }),
];

// Seconds of a minute that one processor spends in a mode.
const mode = (name: string) => ({ cpu: "0", mode: name });
const oneIdleCpu = { [series("node_cpu_seconds_total", { ...OWNER, ...mode("idle") })]: "0+30x60" };

const PROCESSOR: AlertCase[] = [
  on("NodeCpuHigh", {
    metric: "node_cpu_seconds_total",
    labels: mode("idle"),
    fires: "0+3x60",
    quiet: "0+30x60",
    at: "30m",
    value: 0.95,
  }),
  on("NodeSaturated", {
    metric: "node_load1",
    fires: "3x60",
    quiet: "1.5x60",
    at: "30m",
    value: 3,
    beside: oneIdleCpu,
  }),
  on("NodeCpuSteal", {
    metric: "node_cpu_seconds_total",
    labels: mode("steal"),
    fires: "0+12x60",
    quiet: "0+1x60",
    at: "30m",
    value: 0.2,
  }),
  on("NodeCpuWaitsForDisk", {
    metric: "node_cpu_seconds_total",
    labels: mode("iowait"),
    fires: "0+30x60",
    quiet: "0+3x60",
    at: "30m",
    value: 0.5,
  }),
];

const MEMORY: AlertCase[] = [
  on("NodeMemoryHigh", {
    metric: "node_memory_MemAvailable_bytes",
    fires: "5x30",
    quiet: "30x30",
    at: "20m",
    value: 0.95,
    beside: { [series("node_memory_MemTotal_bytes", OWNER)]: "100x30" },
  }),
  on("NodeMemoryPageFaults", {
    metric: "node_vmstat_pgmajfault",
    fires: "0+60000x30",
    quiet: "0+600x30",
    at: "25m",
    value: 1000,
  }),
  on("NodeOomKill", { metric: "node_vmstat_oom_kill", fires: "0x10 1x10", quiet: "7x20", at: "15m", value: 1 }),
  {
    alert: "NodeSwapHigh",
    firing: [
      {
        input: {
          [series("node_memory_SwapTotal_bytes", OWNER)]: "100x30",
          [series("node_memory_SwapFree_bytes", OWNER)]: "10x30",
        },
        at: "20m",
        labels: OWNER,
        value: 0.9,
      },
    ],
    silent: [
      {
        input: {
          [series("node_memory_SwapTotal_bytes", OWNER)]: "100x30",
          [series("node_memory_SwapFree_bytes", OWNER)]: "60x30",
        },
        at: "20m",
      },
      // A host without swap.
      {
        input: {
          [series("node_memory_SwapTotal_bytes", OWNER)]: "0x30",
          [series("node_memory_SwapFree_bytes", OWNER)]: "0x30",
        },
        at: "20m",
      },
    ],
  },
];

const ETH = { device: "eth0" };
const packets = (direction: string) => ({
  [series(`node_network_${direction}_packets_total`, { ...OWNER, ...ETH })]: "0+60x90",
});

const NETWORK: AlertCase[] = ["receive", "transmit"].map((direction) =>
  on(`NodeNetwork${direction === "receive" ? "Receive" : "Transmit"}Errors`, {
    metric: `node_network_${direction}_errs_total`,
    labels: ETH,
    fires: "0+6x90",
    quiet: "6x90",
    at: "75m",
    value: 0.1,
    alertLabels: { ...OWNER, ...ETH },
    beside: packets(direction),
  }),
);

const SYSTEM: AlertCase[] = [
  on("NodeConntrackNearLimit", {
    metric: "node_nf_conntrack_entries",
    fires: "80x10",
    quiet: "70x10",
    at: "6m",
    value: 0.8,
    beside: { [series("node_nf_conntrack_entries_limit", OWNER)]: "100x10" },
  }),
  on("NodeFileDescriptorsLow", {
    metric: "node_filefd_allocated",
    fires: "75x30",
    quiet: "50x30",
    at: "20m",
    value: 0.75,
    beside: { [series("node_filefd_maximum", OWNER)]: "100x30" },
  }),
  on("NodeFileDescriptorsOut", {
    metric: "node_filefd_allocated",
    fires: "95x30",
    quiet: "75x30",
    at: "20m",
    value: 0.95,
    beside: { [series("node_filefd_maximum", OWNER)]: "100x30" },
  }),
  {
    alert: "NodeClockSkew",
    firing: [
      {
        input: {
          [series("node_timex_offset_seconds", OWNER)]: "-0.08x20",
          [series("node_timex_sync_status", OWNER)]: "1x20",
        },
        at: "15m",
        labels: OWNER,
        value: 0.08,
      },
    ],
    silent: [
      {
        input: {
          [series("node_timex_offset_seconds", OWNER)]: "0.01x20",
          [series("node_timex_sync_status", OWNER)]: "1x20",
        },
        at: "15m",
      },
      {
        input: {
          [series("node_timex_offset_seconds", OWNER)]: "0.08x20",
          [series("node_timex_sync_status", OWNER)]: "0x20",
        },
        at: "15m",
      },
    ],
  },
  {
    alert: "NodeClockNotSynchronising",
    firing: [
      {
        input: {
          [series("node_timex_sync_status", OWNER)]: "0x20",
          [series("node_timex_maxerror_seconds", OWNER)]: "16x20",
        },
        at: "15m",
        labels: OWNER,
        value: 0,
      },
    ],
    silent: [
      {
        input: {
          [series("node_timex_sync_status", OWNER)]: "1x20",
          [series("node_timex_maxerror_seconds", OWNER)]: "16x20",
        },
        at: "15m",
      },
      {
        input: {
          [series("node_timex_sync_status", OWNER)]: "0x20",
          [series("node_timex_maxerror_seconds", OWNER)]: "2x20",
        },
        at: "15m",
      },
    ],
  },
  on("NodeTextfileError", { metric: "node_textfile_scrape_error", fires: "1x10", quiet: "0x10", at: "6m", value: 1 }),
];

export const NODE_CASES: readonly AlertCase[] = [...DISKS, ...PROCESSOR, ...MEMORY, ...NETWORK, ...SYSTEM];
