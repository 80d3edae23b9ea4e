import type { Dashboard, Panel } from "../dashboard";
import { div, gt, max, sum } from "../promql";
import { jobAndInstance, once, query, View } from "./view";

export const JVM_UID = "datastack-jvm";

const INSTANCE = { by: ["job", "instance"] };
const view = new View();
const of = (name: string, area?: string) => sum(view.metric(name, area ? { area } : {}), INSTANCE);

/** Java processes that have the JMX agent. */
export const jvmDashboard = once(
  (): Dashboard => ({
    uid: JVM_UID,
    title: "JVM",
    description:
      "Do Java processes have memory and processor time enough: how full is the heap, how long do they stop for garbage collection, are threads stuck?",
    tags: ["jvm"],
    variables: jobAndInstance("jvm_memory_used_bytes"),
    rows: [
      { title: "Process", panels: process() },
      { title: "Memory", panels: memory() },
      { title: "Garbage collection", panels: collection() },
      { title: "Threads", panels: threads() },
    ],
  }),
);

function process(): readonly Panel[] {
  return [
    {
      kind: "bargauge",
      title: "Heap in use",
      description: "Now. Between two collections it may well be full; what stays after them matters.",
      unit: "ratio",
      queries: [
        // -1 stands for "no limit".
        query(
          div(
            of("jvm_memory_used_bytes", "heap"),
            sum(gt(view.metric("jvm_memory_max_bytes", { area: "heap" }), 0), INSTANCE),
          ),
          "{{instance}}",
        ),
      ],
      max: 1,
      thresholds: { bad: "above", warning: 0.85, critical: 0.95 },
    },
    {
      kind: "timeseries",
      title: "Processors used",
      description: "1 is one processor all of the time. At its limit the process is slowed down.",
      unit: "cores",
      queries: [query(sum(view.rate("process_cpu_seconds_total"), INSTANCE), "{{instance}}")],
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Open files",
      description: "Share of the allowed file descriptors. At 100 % neither files nor connections can be opened.",
      unit: "ratio",
      queries: [
        query(
          div(max(view.metric("process_open_fds"), INSTANCE), max(view.metric("process_max_fds"), INSTANCE)),
          "{{instance}}",
        ),
      ],
      thresholds: { bad: "above", warning: 0.85 },
      width: 8,
    },
  ];
}

function memory(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Heap",
      description:
        "In use, and reserved from the system. The lowest points are what stays after collections: if they climb, there is a leak or too little heap.",
      unit: "bytes",
      queries: [
        query(of("jvm_memory_used_bytes", "heap"), "{{instance}} used"),
        query(of("jvm_memory_committed_bytes", "heap"), "{{instance}} reserved"),
      ],
    },
    {
      kind: "timeseries",
      title: "Memory of the process",
      description:
        "All that it occupies, as the kernel counts it against the limit of its container: heap, code, threads, buffers.",
      unit: "bytes",
      queries: [query(of("process_resident_memory_bytes"), "{{instance}}")],
    },
    {
      kind: "timeseries",
      title: "Heap by generation",
      description: "The pools of the heap, all instances together.",
      unit: "bytes",
      queries: [
        query(
          sum(
            view.metric("jvm_memory_pool_used_bytes", {
              pool: { re: "G1.*|PS.*|ZHeap|Shenandoah|Tenured.*|Eden.*|Survivor.*" },
            }),
            { by: ["pool"] },
          ),
          "{{pool}}",
        ),
      ],
      stacked: true,
    },
    {
      kind: "timeseries",
      title: "Outside the heap",
      description: "Classes, compiled code and buffers.",
      unit: "bytes",
      queries: [
        query(of("jvm_memory_used_bytes", "nonheap"), "{{instance}} code and classes"),
        query(of("jvm_buffer_pool_used_bytes"), "{{instance}} buffers"),
      ],
    },
  ];
}

function collection(): readonly Panel[] {
  return [
    {
      kind: "timeseries",
      title: "Time in collections",
      description: "Share of the time in which the process does nothing else. Above 10 % requests wait noticeably.",
      unit: "ratio",
      queries: [query(sum(view.rate("jvm_gc_collection_seconds_sum"), INSTANCE), "{{instance}}")],
      thresholds: { bad: "above", warning: 0.1 },
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Collections",
      description: "Old ones should hardly be seen: they stop everything for long.",
      unit: "per second",
      queries: [
        query(sum(view.rate("jvm_gc_collection_seconds_count"), { by: ["instance", "gc"] }), "{{instance}} {{gc}}"),
      ],
      width: 8,
    },
    {
      kind: "timeseries",
      title: "Allocated",
      description: "New objects. The more, the more often the young generation is collected.",
      unit: "bytes per second",
      queries: [query(sum(view.rate("jvm_memory_pool_allocated_bytes_total"), INSTANCE), "{{instance}}")],
      width: 8,
    },
  ];
}

function threads(): readonly Panel[] {
  return [
    {
      kind: "stat",
      title: "Deadlocked",
      description: "Threads that wait for each other for ever. Only a restart helps.",
      unit: "count",
      queries: [query(max(view.metric("jvm_threads_deadlocked"), INSTANCE), "{{instance}}")],
      thresholds: { bad: "above", critical: 1 },
      height: 8,
    },
    {
      kind: "timeseries",
      title: "Threads",
      description: "A steady climb: threads that are started and never end.",
      unit: "count",
      queries: [query(of("jvm_threads_current"), "{{instance}}")],
      width: 10,
    },
    {
      kind: "timeseries",
      title: "Threads by state",
      description: "All instances together. Many that are blocked wait for one lock.",
      unit: "count",
      queries: [query(sum(view.metric("jvm_threads_state"), { by: ["state"] }), "{{state}}")],
      stacked: true,
      width: 10,
    },
  ];
}
