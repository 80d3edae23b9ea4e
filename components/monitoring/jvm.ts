import type { AlertDefinitions } from "./alert";
import type { LabelMatchers } from "./labels";
import { restarting } from "./process";
import { div, gt, max, metric, minOverTime, range, rate, sum } from "./promql";
import { valueTemplate } from "./quantity";

export type JvmAlert<Product extends string> =
  | `${Product}JvmHeapFillingUp`
  | `${Product}JvmThreadsDeadlocked`
  | `${Product}JvmGarbageCollection`
  | `${Product}JvmFileDescriptors`
  | `${Product}JvmRestarting`;

const WHERE = "{{ $labels.instance }}";

/** Alerts of a Java process that has the JMX agent. `product` begins their names, because each has a runbook of its own. */
export function jvmAlerts<Product extends string>(
  product: Product,
  matchers: LabelMatchers,
): AlertDefinitions<JvmAlert<Product>> {
  const by = { by: ["job", "instance"] };
  const heap = { ...matchers, area: "heap" };
  const definitions: AlertDefinitions<JvmAlert<"">> = {
    JvmHeapFillingUp: {
      severity: "warning",
      for: "5m",
      keepFiringFor: "5m",
      threshold: { default: 0.85, unit: "ratio", min: 0.1, max: 1 },
      // The least of ten minutes is what is left after a collection; between two collections a heap may well be full.
      expr: (most) =>
        gt(
          div(
            sum(minOverTime(range("jvm_memory_used_bytes", heap, "10m")), by),
            // -1 stands for "no limit".
            sum(gt(metric("jvm_memory_max_bytes", heap), 0), by),
          ),
          most,
        ),
      summary: `${product}: heap of ${WHERE} fills up`,
      description: `${valueTemplate("ratio")} of the heap stay in use after garbage collection (limit {threshold}). Collections become longer and more frequent, and the process ends with OutOfMemoryError when nothing is left.`,
    },
    JvmThreadsDeadlocked: {
      severity: "critical",
      for: "2m",
      expr: () => gt(max(metric("jvm_threads_deadlocked", matchers), by), 0),
      summary: `${product}: deadlocked threads in ${WHERE}`,
      description: `${valueTemplate("count")} threads wait for each other for ever. What they serve hangs until the process is restarted.`,
    },
    JvmGarbageCollection: {
      severity: "warning",
      for: "10m",
      threshold: { default: 0.1, unit: "ratio", min: 0.01, max: 1 },
      expr: (most) => gt(sum(rate(range("jvm_gc_collection_seconds_sum", matchers, "5m")), by), most),
      summary: `${product}: ${WHERE} spends its time on garbage collection`,
      description: `${valueTemplate("ratio")} of the time goes into garbage collection (limit {threshold}). Requests wait meanwhile.`,
    },
    JvmFileDescriptors: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.85, unit: "ratio", min: 0.1, max: 1 },
      expr: (most) =>
        gt(div(max(metric("process_open_fds", matchers), by), max(metric("process_max_fds", matchers), by)), most),
      summary: `${product}: ${WHERE} runs out of file descriptors`,
      description: `${valueTemplate("ratio")} of the allowed file descriptors are open (limit {threshold}). Beyond the limit, files and connections cannot be opened any more.`,
    },
    JvmRestarting: restarting(matchers, {
      summary: `${product}: ${WHERE} restarts again and again`,
      description: `It was started ${valueTemplate("count")} times within 30 minutes (limit {threshold}), so it ends soon after each start.`,
    }),
  };
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [`${product}${name}`, definition]),
  ) as AlertDefinitions<JvmAlert<Product>>;
}
