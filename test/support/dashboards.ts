import * as fs from "node:fs";
import * as path from "node:path";
import { appDashboards } from "../../components/app/dashboards";
import { HTTP_DIALECTS } from "../../components/app/http-dialect";
import { postgresExporterDashboards } from "../../components/exporters/postgres-exporter-dashboards";
import { redisExporterDashboards } from "../../components/exporters/redis-exporter-dashboards";
import { sqlExporterDashboards } from "../../components/exporters/sql-exporter-dashboards";
import { collectDashboards, type Dashboard, overviewDashboard } from "../../components/monitoring/dashboard";
import { MARKET_DASHBOARD } from "../../stacks/crypto-viz-dashboards";
import { monitored } from "./monitored";
import { type Catalogue, RECORDED, type RecordedSeries, recordedScrape, recordedSeries } from "./scrapes";

const PAGES = path.resolve(__dirname, "../fixtures/scrapes");
/** On Kubernetes there is all that Docker has, and more. */
const stack = monitored("kubernetes");

export const MONITORING = stack.monitoring;

/** Recording rules, by name. */
export const RULES: ReadonlySet<string> = new Set(
  stack.collected.groups.flatMap((group) => (group.recordings ?? []).map(({ record }) => record)),
);

/** Every dashboard that a stack can have whose programs are recorded; also those that no stack has at once. */
export const DASHBOARDS: readonly Dashboard[] = [
  ...collectDashboards([
    ...stack.monitoring,
    {
      targets: [],
      rules: [],
      dashboards: [
        ...redisExporterDashboards(),
        ...postgresExporterDashboards(),
        ...sqlExporterDashboards({ edition: "community", aggregates: true }),
        ...sqlExporterDashboards({ edition: "apache", aggregates: true }),
        ...appDashboards(HTTP_DIALECTS.django, true),
        MARKET_DASHBOARD,
      ],
    },
  ]),
  overviewDashboard(stack.monitoring),
];

/** Of dialects whose programs are not recorded: everything but whether their metrics exist. */
export const FOREIGN: readonly Dashboard[] = Object.values(HTTP_DIALECTS)
  .filter((dialect) => dialect !== HTTP_DIALECTS.django)
  .flatMap((dialect) => appDashboards(dialect, false));

/** Metrics that only panels use and that are on no page, with the reason. */
export const ONLY_PANELS: Readonly<Record<string, string>> = {
  ALERTS: "Prometheus writes it for each alert that is pending or fires",
  django_cache_get_hits_total: "only once something was found in the cache",
  scrape_samples_post_metric_relabeling: "Prometheus writes it for each scrape",
};

/** Everything that was recorded, under the names that Prometheus has. */
export function recordedPages(): Catalogue {
  const all: Catalogue = new Map();
  for (const [metric, labels] of pages().flatMap(({ page, target }) => [...recordedScrape(page, target)])) {
    all.set(metric, new Set([...(all.get(metric) ?? []), ...labels]));
  }
  return all;
}

/** Of what is recorded: the counters, those of histograms and summaries among them. */
export function recordedCounters(): Set<string> {
  const series = pages().flatMap(({ page, target }): RecordedSeries[] => recordedSeries(page, target));
  return new Set(series.filter(({ counter }) => counter).map(({ metric }) => metric));
}

function pages() {
  return fs
    .readdirSync(PAGES)
    .filter((file) => file.endsWith(".prom"))
    .map((file) => {
      const page = path.basename(file, ".prom");
      return { page, target: stack.collected.targets.find(({ job }) => RECORDED[job] === page) };
    });
}
