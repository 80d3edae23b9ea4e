import * as fs from "node:fs";
import * as path from "node:path";
import type { ScrapeTarget } from "../../components/monitoring/scrape";

const FOLDER = path.resolve(__dirname, "../fixtures/scrapes");

/** Label names by metric, over all series of that name. */
export type Catalogue = Map<string, Set<string>>;

export interface RecordedSeries {
  readonly metric: string;
  /** As on the page: `topic="a",partition="0"`. */
  readonly labels: string;
  readonly value: string;
  readonly counter: boolean;
}

/** What a recorded program answers, after the `metric_relabel_configs` of the target that scrapes it. */
export function recordedSeries(name: string, target?: ScrapeTarget): RecordedSeries[] {
  const text = fs.readFileSync(path.join(FOLDER, `${name}.prom`), "utf8");
  const counters = new Set([...text.matchAll(/^# TYPE (\S+) counter$/gm)].map((match) => match[1]));
  return text.split("\n").flatMap((line) => {
    const [, metric, labels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    if (!metric || !value) return [];
    return [
      { metric: renamed(metric, target), labels: labels.replace(/,$/, ""), value, counter: counters.has(metric) },
    ];
  });
}

export function recordedScrape(name: string, target?: ScrapeTarget): Catalogue {
  const catalogue: Catalogue = new Map();
  for (const { metric, labels } of recordedSeries(name, target)) {
    const known = catalogue.get(metric) ?? new Set<string>();
    catalogue.set(metric, known);
    for (const [, label = ""] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
  }
  return catalogue;
}

/** Which page was recorded of which job; of Grafana none, see conditional.json. A new exporter is a line here. */
export const RECORDED: Readonly<Record<string, string>> = {
  alertmanager: "alertmanager",
  files: "files",
  kafka: "kafka-jmx",
  "kafka-exporter": "kafka-exporter",
  "market-api": "django",
  "market-feed": "market-feed",
  "market-sink": "market-sink",
  "node-exporter": "node-exporter",
  "postgres-exporter": "postgres-exporter",
  prometheus: "prometheus",
  "redis-exporter": "redis-exporter",
  "sql-exporter": "sql-exporter",
};

/** Everything that was recorded of these targets. */
export function recordedScrapes(targets: readonly ScrapeTarget[]): Catalogue {
  return merged(
    ...targets.flatMap((target) => {
      const name = RECORDED[target.job];
      return name ? [recordedScrape(name, target)] : [];
    }),
  );
}

export interface Conditional {
  /** Metrics that are on none of the recorded pages, with the condition under which they are there. */
  readonly notRecorded: Readonly<Record<string, string>>;
  /** Recorded ones that a running stack need not have, with the condition. */
  readonly recorded: Readonly<Record<string, string>>;
}

/** Metrics that are there only under conditions. */
export function conditional(): Conditional {
  return JSON.parse(fs.readFileSync(path.join(FOLDER, "conditional.json"), "utf8")) as Conditional;
}

/** Of a metric that several have, such as `process_start_time_seconds`, the labels of all. */
function merged(...catalogues: readonly Catalogue[]): Catalogue {
  const all: Catalogue = new Map();
  for (const [metric, labels] of catalogues.flatMap((catalogue) => [...catalogue])) {
    all.set(metric, new Set([...(all.get(metric) ?? []), ...labels]));
  }
  return all;
}

/** Only what our targets use of relabelling: a new name by an anchored expression. */
function renamed(metric: string, target: ScrapeTarget | undefined): string {
  for (const rule of target?.metricRelabel ?? []) {
    const source = rule.source_labels as readonly string[] | undefined;
    if (source?.join() !== "__name__" || rule.target_label !== "__name__")
      throw new Error("extend this for the new rule");
    const match = new RegExp(`^(?:${rule.regex})$`).exec(metric);
    if (match) return String(rule.replacement).replace(/\$(\d)/g, (_, i) => match[Number(i)] ?? "");
  }
  return metric;
}
