import { stringify } from "yaml";
import { sortKeys } from "../core/names";
import type { Duration, Size } from "../core/units";
import { bytes } from "../core/units";
import type { Connection } from "../target/connection";
import type { ScrapeConfig } from "../target/target";

export const CONFIG_FILE = "/etc/prometheus/prometheus.yml";
export const RULES_FILE = "/etc/prometheus/rules.yml";
export const DATA = "/prometheus";

export interface ConfigSpec {
  readonly scrapeInterval: Duration;
  readonly scrapeTimeout: Duration;
  readonly evaluationInterval: Duration;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly retention: { readonly time: Duration; readonly size: Size };
  readonly alertmanagers: readonly Connection[];
  readonly scrapes: readonly ScrapeConfig[];
}

/** prometheus.yml: the same spec gives the same bytes, whatever order things were declared in. */
export function prometheusConfig(spec: ConfigSpec): string {
  const scrapes = [...spec.scrapes].sort((a, b) => (a.job_name < b.job_name ? -1 : 1));
  const config = {
    global: {
      scrape_interval: spec.scrapeInterval,
      scrape_timeout: spec.scrapeTimeout,
      evaluation_interval: spec.evaluationInterval,
      external_labels: sortKeys(spec.externalLabels),
    },
    // In the file and not as flags, which are deprecated: this way a change shows in the text.
    storage: { tsdb: { retention: { time: spec.retention.time, size: retentionSize(spec.retention.size) } } },
    rule_files: [RULES_FILE],
    ...(spec.alertmanagers.length > 0 ? { alerting: { alertmanagers: [alertmanagers(spec.alertmanagers)] } } : {}),
    scrape_configs: scrapes.map(sortScrape),
  };
  return stringify(config, { lineWidth: 0 });
}

/** Prometheus's own notation, in which `MB` is 2^20 bytes. */
export function retentionSize(size: Size): string {
  return `${Math.floor((bytes(size) ?? 0) / 2 ** 20)}MB`;
}

/** The part of a volume that samples get unless told otherwise; the rest is for the write-ahead log and compaction. */
export function defaultRetentionSize(storage: Size): Size {
  return `${Math.floor(((bytes(storage) ?? 0) * 0.8) / 2 ** 20)}Mi`;
}

function alertmanagers(connections: readonly Connection[]) {
  const endpoints = connections.flatMap((connection) => connection.endpoints);
  return { static_configs: [{ targets: [...endpoints].sort() }] };
}

/** `job_name` first, as people read it. */
function sortScrape({ job_name, ...rest }: ScrapeConfig) {
  return { job_name, ...(sortKeys(rest) as Record<string, unknown>) };
}
