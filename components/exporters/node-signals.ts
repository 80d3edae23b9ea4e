import type { LabelMatchers } from "../monitoring/labels";
import type { Recording } from "../monitoring/monitoring";
import { count, div, max, metric, range, rate, sub, sum, type Vector } from "../monitoring/promql";

/** File systems that fill up: not those in memory, nor images that are full by nature. */
export const DISKS = {
  fstype: { nre: "tmpfs|ramfs|devtmpfs|overlay|squashfs|iso9660|erofs|nsfs|proc|sysfs|cgroup.*" },
};
const BY_INSTANCE = { by: ["job", "instance"] };

/** The hosts' utilisation under the names that node-exporter's community uses, so that its dashboards find them. */
export function nodeRecordings(matchers: LabelMatchers): Recording[] {
  const of = (record: string, expr: Vector): Recording => ({ record, expr: expr.text });
  const cpus = count(metric("node_cpu_seconds_total", { ...matchers, mode: "idle" }), BY_INSTANCE);
  return [
    of("instance:node_num_cpu:sum", cpus),
    of(
      "instance:node_cpu_utilisation:rate5m",
      sub(
        1,
        div(
          sum(
            rate(range("node_cpu_seconds_total", { ...matchers, mode: { re: "idle|iowait|steal" } }, "5m")),
            BY_INSTANCE,
          ),
          cpus,
        ),
      ),
    ),
    of("instance:node_load1_per_cpu:ratio", div(max(metric("node_load1", matchers), BY_INSTANCE), cpus)),
    of(
      "instance:node_memory_utilisation:ratio",
      sub(1, div(metric("node_memory_MemAvailable_bytes", matchers), metric("node_memory_MemTotal_bytes", matchers))),
    ),
    of("instance:node_vmstat_pgmajfault:rate5m", rate(range("node_vmstat_pgmajfault", matchers, "5m"))),
    of("instance_device:node_disk_io_time_seconds:rate5m", diskRate("node_disk_io_time_seconds_total", matchers)),
    of(
      "instance_device:node_disk_io_time_weighted_seconds:rate5m",
      diskRate("node_disk_io_time_weighted_seconds_total", matchers),
    ),
    of(
      "instance:node_network_receive_bytes:rate5m",
      sum(rate(range("node_network_receive_bytes_total", matchers, "5m")), BY_INSTANCE),
    ),
    of(
      "instance:node_network_transmit_bytes:rate5m",
      sum(rate(range("node_network_transmit_bytes_total", matchers, "5m")), BY_INSTANCE),
    ),
  ];
}

/** Share of a file system that is still free to ordinary users. */
export function free(what: "space" | "inodes", matchers: LabelMatchers): Vector {
  const [left, all] =
    what === "space"
      ? ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"]
      : ["node_filesystem_files_free", "node_filesystem_files"];
  const disks = { ...DISKS, ...matchers };
  return div(metric(left, disks), metric(all, disks));
}

function diskRate(name: string, matchers: LabelMatchers): Vector {
  return rate(range(name, { ...matchers, device: { nre: "loop.*|ram.*|zram.*|sr.*" } }, "5m"));
}
