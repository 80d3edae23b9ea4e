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
    const series = { metric, labels: labels.replace(/,$/, ""), value, counter: counters.has(metric) };
    return [relabelled(series, target)];
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
  cadvisor: "cadvisor",
  files: "files",
  kafka: "kafka-jmx",
  "kafka-exporter": "kafka-exporter",
  "kube-state-metrics": "kube-state-metrics",
  kubelet: "kubelet",
  "market-api": "django",
  "market-feed": "market-feed",
  "market-sink": "market-sink",
  "node-exporter": "node-exporter",
  "postgres-exporter": "postgres-exporter",
  prometheus: "prometheus",
  "redis-exporter": "redis-exporter",
  "sql-exporter": "sql-exporter",
};

/** Everything that was recorded of these targets, and of jobs that are none of the stack's. */
export function recordedScrapes(targets: readonly ScrapeTarget[], outside: readonly string[] = []): Catalogue {
  return merged(
    ...outside.flatMap((job) => (RECORDED[job] ? [recordedScrape(RECORDED[job])] : [])),
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

/** Only what our targets use of relabelling: a new name, or one more label, by an anchored expression over names and labels. */
function relabelled(series: RecordedSeries, target: ScrapeTarget | undefined): RecordedSeries {
  for (const rule of target?.metricRelabel ?? []) {
    const { source_labels: sources = [], regex, target_label: label, replacement, action } = rule;
    if (action !== undefined || typeof label !== "string") throw new Error("extend this for the new rule");
    const values = (sources as readonly string[]).map((name) => textOf(series, name)).join(";");
    const match = new RegExp(`^(?:${regex})$`).exec(values);
    if (!match) continue;
    const value = String(replacement).replace(/\$(\d)/g, (_, i) => match[Number(i)] ?? "");
    return label === "__name__"
      ? { ...series, metric: value }
      : { ...series, labels: `${series.labels},${label}="${value}"` };
  }
  return series;
}

function textOf({ metric, labels }: RecordedSeries, name: string): string {
  return name === "__name__" ? metric : (new RegExp(`(?:^|,)${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(labels)?.[1] ?? "");
}
