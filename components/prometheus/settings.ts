import { seconds } from "../core/units";
import type { Monitoring } from "../monitoring/monitoring";
import { targetRules } from "./alerts";
import { defaultRetentionSize } from "./config";
import type { PrometheusArgs } from "./index";
import { DEFAULT_STORAGE, prometheusMonitoring } from "./monitoring";

/** The args with their defaults, as documented there. */
export function settings(args: PrometheusArgs) {
  const storage = args.storage ?? { size: DEFAULT_STORAGE };
  return {
    storage,
    retention: {
      time: args.retention?.time ?? ("15d" as const),
      size: args.retention?.size ?? defaultRetentionSize(storage.size),
    },
    scrapeInterval: args.scrapeInterval ?? ("15s" as const),
    scrapeTimeout: args.scrapeTimeout ?? ("10s" as const),
    evaluationInterval: args.evaluationInterval ?? ("15s" as const),
    externalLabels: args.externalLabels ?? { stack: args.target.stack },
    alertmanagers: args.alertmanagers ?? [],
    resources: args.resources ?? { cpu: 1, memory: "1Gi" as const },
  };
}

/** What it watches: all that it was given, the rules of one's own, and itself, once. */
export function everything(name: string, args: PrometheusArgs): Monitoring[] {
  const others = args.monitoring.filter((one) => !one.targets.some((target) => target.workload === name));
  const own = args.rules ? [{ targets: [], rules: args.rules }] : [];
  const targets = { targets: [], rules: targetRules(name, seconds(settings(args).scrapeTimeout) ?? 10, args.alerts) };
  return [...others, ...own, prometheusMonitoring(name, args), targets];
}
