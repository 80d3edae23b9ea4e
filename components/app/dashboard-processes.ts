import type { Dashboard, Panel } from "../monitoring/dashboard";
import { jobAndInstance, query, View } from "../monitoring/dashboards/view";
import { div, max, since, sum } from "../monitoring/promql";

export const PROCESSES_UID = "datastack-processes";

const view = new View();
const INSTANCE = { by: ["job", "instance"] };

/** Every process that says how it fares, whatever it is written in. */
export function processesDashboard(): Dashboard {
  return {
    uid: PROCESSES_UID,
    title: "Processes",
    description: "Which process takes how much processor time, memory and files, and which ones restart?",
    tags: ["processes"],
    variables: jobAndInstance("process_start_time_seconds"),
    rows: [{ title: "Processes", panels: processPanels(view) }],
  };
}

/** Processor time, memory and files. */
export function processPanels(of: View): readonly Panel[] {
  const open = max(of.metric("process_open_fds"), INSTANCE);
  return [
    {
      kind: "timeseries",
      title: "Processors used",
      description: "1 is one processor all of the time. At its limit a process is slowed down.",
      unit: "cores",
      queries: [query(sum(of.rate("process_cpu_seconds_total"), INSTANCE), "{{instance}}")],
    },
    {
      kind: "timeseries",
      title: "Memory",
      description: "As the kernel counts it against the limit of the container. A steady climb is a leak.",
      unit: "bytes",
      queries: [query(max(of.metric("process_resident_memory_bytes"), INSTANCE), "{{instance}}")],
    },
    {
      kind: "timeseries",
      title: "Open files and connections",
      description: "Share of the allowed file descriptors. At 100 % neither files nor connections can be opened.",
      unit: "ratio",
      queries: [query(div(open, max(of.metric("process_max_fds"), INSTANCE)), "{{instance}}")],
      thresholds: { bad: "above", warning: 0.9 },
    },
    {
      kind: "table",
      title: "Running for",
      description: "The youngest last: what restarts again and again is there.",
      unit: "seconds",
      columns: { job: "Job", instance: "Instance" },
      queries: [
        query(since(max(of.metric("process_start_time_seconds"), INSTANCE)), "Running for"),
        query(max(of.metric("process_resident_memory_bytes"), INSTANCE), "Memory", "bytes"),
        query(open, "Open files", "count"),
      ],
      sortBy: "Running for",
      width: 12,
    },
  ];
}
