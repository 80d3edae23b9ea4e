import { stableJson } from "../../core/names";
import type { ScrapeTarget } from "../../monitoring/scrape";
import type { ScrapeConfig, Target } from "../target";

/** One entry for each job, or more where targets of one job are scraped differently. */
export function staticConfigs(target: Target, targets: readonly ScrapeTarget[]): readonly ScrapeConfig[] {
  const configs = new Map<string, ScrapeConfig & { static_configs: unknown[] }>();
  const jobs = new Map<string, number>();
  for (const scrape of targets) {
    const settings = {
      ...(scrape.path ? { metrics_path: scrape.path } : {}),
      ...(scrape.interval ? { scrape_interval: scrape.interval } : {}),
      ...(scrape.timeout ? { scrape_timeout: scrape.timeout } : {}),
      ...(scrape.metricRelabel ? { metric_relabel_configs: scrape.metricRelabel } : {}),
    };
    const key = `${scrape.job} ${stableJson(settings)}`;
    let config = configs.get(key);
    if (!config) {
      const earlier = jobs.get(scrape.job) ?? 0;
      jobs.set(scrape.job, earlier + 1);
      // Names of entries are unique; the label is the job's all the same, see `instances`.
      config = {
        job_name: earlier === 0 ? scrape.job : `${scrape.job}-${earlier + 1}`,
        ...settings,
        static_configs: [],
      };
      configs.set(key, config);
    }
    const job = config.job_name === scrape.job ? {} : { job: scrape.job };
    config.static_configs.push(...instances(target, scrape, job));
  }
  return [...configs.values()];
}

function instances(target: Target, scrape: ScrapeTarget, job: Record<string, string>): unknown[] {
  const { workload, identity, replicas, port, labels } = scrape;
  const of = (host: string) => ({ targets: [`${host}:${port.number}`], labels: { ...labels, ...job, instance: host } });
  if (identity === "none") return [of(target.host(workload))];
  return Array.from({ length: replicas }, (_, replica) => of(target.host(workload, replica)));
}
