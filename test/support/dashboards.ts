import { collectDashboards, type Dashboard, overviewDashboard } from "../../components/monitoring/dashboard";
import { monitored } from "./monitored";
import { RECORDED, recordedSeries } from "./scrapes";

const stack = monitored("docker");

/** Every dashboard that a stack of all components has. */
export const DASHBOARDS: readonly Dashboard[] = [
  ...collectDashboards(stack.monitoring),
  overviewDashboard(stack.monitoring),
];

export const MONITORING = stack.monitoring;
export const COLLECTED = stack.collected;

/** Metrics that only panels use and that are on no page, with the reason. */
export const ONLY_PANELS: Readonly<Record<string, string>> = {
  ALERTS: "Prometheus writes it for each alert that is pending or fires",
  scrape_samples_post_metric_relabeling: "Prometheus writes it for each scrape",
};

/** Of what is recorded: the counters, and the parts of histograms and summaries that count. */
export function recordedCounters(): Set<string> {
  return new Set(
    stack.collected.targets.flatMap((target) => {
      const page = RECORDED[target.job];
      const series = page ? recordedSeries(page, target) : [];
      return series.filter(({ counter }) => counter).map(({ metric }) => metric);
    }),
  );
}
