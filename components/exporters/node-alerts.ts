import type { Problem } from "../core/problems";
import { type AlertDefinition, alertRules, checkTuning } from "../monitoring/alert";
import type { LabelMatchers } from "../monitoring/labels";
import type { AlertTuning, RuleGroup } from "../monitoring/monitoring";
import {
  abs,
  and,
  avg,
  div,
  eq,
  ge,
  gt,
  increase,
  lt,
  max,
  metric,
  minOverTime,
  predictLinear,
  range,
  rate,
  sub,
  type Vector,
} from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { DISKS, free, nodeRecordings } from "./node-signals";

export type NodeAlert = keyof ReturnType<typeof nodeAlerts>;

const HOST = "{{ $labels.instance }}";
const DISK = `{{ $labels.mountpoint }} on ${HOST}`;
const ratio = valueTemplate("ratio");
const count = valueTemplate("count");
const BY_INSTANCE = { by: ["job", "instance"] };

/** The alerts about hosts. */
export function nodeAlerts(job: string) {
  const matchers = { job };
  return { ...disks(matchers), ...processor(matchers), ...memory(matchers), ...network(matchers), ...system(matchers) };
}

function disks(matchers: LabelMatchers) {
  const disk = { ...DISKS, ...matchers };
  const runsOut = (ahead: "4h" | "24h", window: "1h" | "6h", below: number): Vector =>
    and(
      lt(free("space", matchers), below),
      and(
        lt(predictLinear(range("node_filesystem_avail_bytes", disk, window), ahead), 0),
        eq(metric("node_filesystem_readonly", disk), 0),
      ),
    );
  const short = (what: "space" | "inodes", below: number): Vector =>
    and(lt(free(what, matchers), below), eq(metric("node_filesystem_readonly", disk), 0));
  const device = `{{ $labels.device }} on ${HOST}`;
  return {
    NodeFilesystemFillingUp: {
      severity: "warning",
      for: "1h",
      threshold: { default: 0.4, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => runsOut("24h", "6h", below),
      summary: `${DISK} will be full within a day`,
      description: `${ratio} are free (looked at below {threshold}), and the trend of the last six hours leads to nothing within 24 hours.`,
    },
    NodeFilesystemFillingUpFast: {
      severity: "critical",
      explains: { alerts: ["NodeFilesystemFillingUp"], same: ["job", "instance", "device", "mountpoint"] },
      for: "30m",
      threshold: { default: 0.2, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => runsOut("4h", "1h", below),
      summary: `${DISK} will be full within hours`,
      description: `${ratio} are free (looked at below {threshold}), and the trend of the last hour leads to nothing within four hours.`,
    },
    NodeFilesystemSpaceLow: {
      severity: "warning",
      for: "30m",
      threshold: { default: 0.1, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => short("space", below),
      summary: `${DISK} is nearly full`,
      description: `${ratio} are free (limit {threshold}).`,
    },
    NodeFilesystemSpaceOut: {
      severity: "critical",
      explains: {
        alerts: ["NodeFilesystemSpaceLow", "NodeFilesystemFillingUp", "NodeFilesystemFillingUpFast"],
        same: ["job", "instance", "device", "mountpoint"],
      },
      for: "10m",
      threshold: { default: 0.03, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => short("space", below),
      summary: `${DISK} is full`,
      description: `${ratio} are free (limit {threshold}). Databases, brokers and Prometheus on it stop when they cannot write.`,
    },
    NodeFilesystemInodesLow: {
      severity: "warning",
      for: "30m",
      threshold: { default: 0.1, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => short("inodes", below),
      summary: `${DISK} runs out of inodes`,
      description: `${ratio} of its inodes are free (limit {threshold}). Without one no file can be created, however much space there is.`,
    },
    NodeFilesystemInodesOut: {
      severity: "critical",
      explains: { alerts: ["NodeFilesystemInodesLow"], same: ["job", "instance", "device", "mountpoint"] },
      for: "10m",
      threshold: { default: 0.03, unit: "ratio", min: 0, max: 1 },
      expr: (below: number) => short("inodes", below),
      summary: `${DISK} has no inodes left`,
      description: `${ratio} of its inodes are free (limit {threshold}). No file can be created.`,
    },
    NodeFilesystemDeviceError: {
      severity: "critical",
      for: "5m",
      // A mount below a folder that the exporter must not enter says nothing about its device.
      expr: () => eq(metric("node_filesystem_device_error", { ...disk, device_error: { ne: "permission denied" } }), 1),
      summary: `${DISK} cannot be read`,
      description: "The file system does not answer: its device or its server is gone.",
    },
    NodeDiskSaturated: {
      severity: "warning",
      for: "30m",
      threshold: { default: 10, unit: "count", min: 0.1 },
      expr: (most: number) => gt(metric("instance_device:node_disk_io_time_weighted_seconds:rate5m", matchers), most),
      summary: `Disk ${device} is saturated`,
      description: `${valueTemplate("count")} requests wait for it on average (limit {threshold}). Everything that reads or writes there is slow.`,
    },
    NodeRaidDegraded: {
      severity: "critical",
      for: "15m",
      expr: () =>
        gt(
          sub(metric("node_md_disks_required", matchers), metric("node_md_disks", { ...matchers, state: "active" }), {
            ignoring: ["state"],
          }),
          0,
        ),
      summary: `RAID ${device} is degraded`,
      description: `It lacks ${count} disks. The next failure may lose its data.`,
    },
    NodeRaidDiskFailed: {
      severity: "warning",
      for: "5m",
      expr: () => gt(metric("node_md_disks", { ...matchers, state: "failed" }), 0),
      summary: `RAID ${device} has a failed disk`,
      description: `${count} of its disks failed and want to be replaced.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function processor(matchers: LabelMatchers) {
  const share = (mode: string): Vector =>
    avg(rate(range("node_cpu_seconds_total", { ...matchers, mode }, "5m")), BY_INSTANCE);
  return {
    NodeCpuHigh: {
      severity: "info",
      for: "15m",
      threshold: { default: 0.9, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(metric("instance:node_cpu_utilisation:rate5m", matchers), most),
      summary: `The processors of ${HOST} are busy`,
      description: `${ratio} of their time is used (limit {threshold}).`,
    },
    NodeSaturated: {
      severity: "warning",
      for: "15m",
      threshold: { default: 2, unit: "count", min: 0.1 },
      expr: (most: number) => gt(metric("instance:node_load1_per_cpu:ratio", matchers), most),
      summary: `${HOST} has more work than processors`,
      description:
        'The load per processor is {{ $value | printf "%.2f" }} (limit {threshold}): processes wait for processors or disks.',
    },
    NodeCpuSteal: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.1, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(share("steal"), most),
      summary: `${HOST} does not get the processors that it has`,
      description: `${ratio} of their time goes to other guests of the same machine (limit {threshold}).`,
    },
    NodeCpuWaitsForDisk: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.2, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(share("iowait"), most),
      summary: `${HOST} waits for its disks`,
      description: `${ratio} of the processors' time is spent waiting for disks (limit {threshold}).`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function memory(matchers: LabelMatchers) {
  return {
    NodeMemoryHigh: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.9, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(metric("instance:node_memory_utilisation:ratio", matchers), most),
      summary: `${HOST} is short of memory`,
      description: `${ratio} of its memory cannot be freed (limit {threshold}). The kernel kills processes when nothing is left.`,
    },
    NodeMemoryPageFaults: {
      severity: "warning",
      for: "15m",
      threshold: { default: 500, unit: "per second", min: 1 },
      expr: (most: number) => gt(metric("instance:node_vmstat_pgmajfault:rate5m", matchers), most),
      summary: `${HOST} reads its memory from disk`,
      description: `${valueTemplate("per second")} major page faults (limit {threshold}): memory is short, and programs are read again from disk.`,
    },
    NodeOomKill: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "15m",
      expr: () => gt(increase(range("node_vmstat_oom_kill", matchers, "15m")), 0),
      summary: `The kernel of ${HOST} killed a process for want of memory`,
      description: `${count} processes within 15 minutes, of the host or of a container that reached its limit.`,
    },
    NodeSwapHigh: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.8, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => {
        const all = metric("node_memory_SwapTotal_bytes", matchers);
        return gt(div(sub(all, metric("node_memory_SwapFree_bytes", matchers)), gt(all, 0)), most);
      },
      summary: `${HOST} has filled its swap`,
      description: `${ratio} of its swap are used (limit {threshold}).`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function network(matchers: LabelMatchers) {
  const errors = (direction: "receive" | "transmit"): Vector => {
    const of = (what: string) => rate(range(`node_network_${direction}_${what}_total`, matchers, "5m"));
    return div(of("errs"), gt(of("packets"), 0));
  };
  const device = `{{ $labels.device }} of ${HOST}`;
  return {
    NodeNetworkReceiveErrors: {
      severity: "warning",
      for: "1h",
      threshold: { default: 0.01, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(errors("receive"), most),
      summary: `Network interface ${device} receives damaged packets`,
      description: `${ratio} of the packets (limit {threshold}).`,
    },
    NodeNetworkTransmitErrors: {
      severity: "warning",
      for: "1h",
      threshold: { default: 0.01, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) => gt(errors("transmit"), most),
      summary: `Network interface ${device} fails to send packets`,
      description: `${ratio} of the packets (limit {threshold}).`,
    },
    NodeConntrackNearLimit: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.75, unit: "ratio", min: 0, max: 1 },
      expr: (most: number) =>
        gt(
          div(metric("node_nf_conntrack_entries", matchers), metric("node_nf_conntrack_entries_limit", matchers)),
          most,
        ),
      summary: `${HOST} tracks nearly as many connections as it can`,
      description: `${ratio} of the table are used (limit {threshold}). When it is full, new connections are dropped.`,
    },
  } satisfies Record<string, AlertDefinition>;
}

function system(matchers: LabelMatchers) {
  const descriptors = (most: number) =>
    gt(div(metric("node_filefd_allocated", matchers), metric("node_filefd_maximum", matchers)), most);
  return {
    NodeFileDescriptorsLow: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0.7, unit: "ratio", min: 0, max: 1 },
      expr: descriptors,
      summary: `${HOST} runs out of file descriptors`,
      description: `${ratio} of the kernel's limit are open (limit {threshold}).`,
    },
    NodeFileDescriptorsOut: {
      severity: "critical",
      explains: { alerts: ["NodeFileDescriptorsLow"] },
      for: "15m",
      threshold: { default: 0.9, unit: "ratio", min: 0, max: 1 },
      expr: descriptors,
      summary: `${HOST} has hardly any file descriptors left`,
      description: `${ratio} of the kernel's limit are open (limit {threshold}). Beyond it no process can open a file or a connection.`,
    },
    NodeClockSkew: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.05, unit: "seconds", min: 0.001 },
      // Only while the clock is synchronised: without that the kernel does not know its offset.
      expr: (most: number) =>
        and(
          gt(abs(metric("node_timex_offset_seconds", matchers)), most),
          eq(metric("node_timex_sync_status", matchers), 1),
        ),
      summary: `The clock of ${HOST} is wrong`,
      description:
        "It is off by {{ $value | humanizeDuration }} (limit {threshold}). Timestamps of samples, messages and certificates suffer.",
    },
    NodeClockNotSynchronising: {
      severity: "warning",
      for: "10m",
      expr: () =>
        and(
          eq(max(minOverTime(range("node_timex_sync_status", matchers, "5m")), BY_INSTANCE), 0),
          ge(max(metric("node_timex_maxerror_seconds", matchers), BY_INSTANCE), 16),
        ),
      summary: `The clock of ${HOST} is not synchronised`,
      description: "No time service corrects it; it will drift.",
    },
    NodeTextfileError: {
      severity: "warning",
      for: "5m",
      expr: () => eq(metric("node_textfile_scrape_error", matchers), 1),
      summary: `Metrics that scheduled jobs write on ${HOST} cannot be read`,
      description: "A file is damaged or unreadable: the last success of scheduled jobs is unknown.",
    },
  } satisfies Record<string, AlertDefinition>;
}

export function nodeRules(name: string, tuning?: AlertTuning<NodeAlert>): RuleGroup[] {
  const recordings = nodeRecordings({ job: name });
  return [{ name, recordings, alerts: alertRules(nodeAlerts(name), tuning, { component: name }) }];
}

export function checkNodeTuning(path: string, tuning?: AlertTuning<NodeAlert>): Problem[] {
  return checkTuning(path, nodeAlerts("node-exporter"), tuning);
}
