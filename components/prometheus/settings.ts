import { seconds } from "../core/units";
import { isStatic } from "../monitoring/external";
import type { Monitoring } from "../monitoring/monitoring";
import type { ScrapeTarget } from "../monitoring/scrape";
import { targetRules } from "./alerts";
import type { DiscoveredJob } from "./alerts-discovered";
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
  const rules = args.rules ? [{ targets: [], rules: args.rules }] : [];
  const own = prometheusMonitoring(name, args);
  const scope = {
    scrapeTimeout: seconds(settings(args).scrapeTimeout) ?? 10,
    discovered: discovered(args, [...others, own]),
  };
  return [...others, ...rules, own, { targets: [], rules: targetRules(name, scope, args.alerts) }];
}

/** On Docker everything is asked by name. */
function discovered({ target, external = [], kubelet = {} }: PrometheusArgs, all: readonly Monitoring[]) {
  if (target.kind === "docker") return [];
  const targets = all.flatMap((one) => one.targets);
  const jobs: DiscoveredJob[] = [
    ...targets.map(({ job }) => ({ job, ...instances(targets.filter((target) => target.job === job)) })),
    ...external.filter((one) => !isStatic(one)).map(({ job }) => ({ job })),
    ...(kubelet.volumes ? [{ job: "kubelet" }] : []),
    ...(kubelet.containers ? [{ job: "cadvisor" }] : []),
  ];
  return [...new Map(jobs.map((one) => [one.job, one])).values()].sort((a, b) => (a.job < b.job ? -1 : 1));
}

/** How many there always are: replicas that have an identity. Of others, an update may have more or fewer for a while. */
function instances(of: readonly ScrapeTarget[]): Pick<DiscoveredJob, "replicas"> {
  if (of.some(({ kind, identity }) => kind === "agent" || identity !== "stable")) return {};
  return { replicas: of.reduce((sum, { replicas }) => sum + replicas, 0) };
}
