import type { PanelUnit, Query, StatPanel, TimeSeriesPanel, Variable } from "../dashboard";
import type { LabelMatchers } from "../labels";
import { increase, metric, RATE_INTERVAL, range, rate, SHOWN_RANGE, type Vector } from "../promql";
import { type Signal, signal } from "../signal";
import { signalUnit } from "./units";

/** What the variables `job` and `instance` at the top of a dashboard choose. */
export const SELECTED: LabelMatchers = { job: { re: "$job" }, instance: { re: "$instance" } };

/** The usual variables: jobs that have a metric, and their instances. */
export function jobAndInstance(of: string): readonly Variable[] {
  return [
    { name: "job", title: "Job", values: { metric: of, label: "job" } },
    {
      name: "instance",
      title: "Instance",
      values: { metric: of, label: "instance", matchers: { job: { re: "$job" } } },
    },
  ];
}

/** One more label to choose by, among the jobs and instances that are chosen. */
export function labelVariable(name: string, title: string, of: string, label = name): Variable {
  return { name, title, values: { metric: of, label, matchers: SELECTED } };
}

export interface Series {
  /** Labels that stay. @default none */
  readonly by?: readonly string[];
  /** @default the labels that stay, or the signal's title if there are none */
  readonly legend?: string;
  readonly matchers?: LabelMatchers;
}

type Rest<Panel> = Omit<Panel, "kind" | "title" | "unit" | "queries" | "description"> & {
  /** @default the signal's */
  readonly title?: string;
  readonly description: string;
};

/** Queries and panels about the same things: what the dashboard's variables choose, or one component. */
export class View {
  constructor(readonly matchers: LabelMatchers = SELECTED) {}

  metric(name: string, matchers: LabelMatchers = {}): Vector {
    return metric(name, { ...matchers, ...this.matchers });
  }

  /** Growth per second of a counter. */
  rate(name: string, matchers: LabelMatchers = {}): Vector {
    return rate(range(name, { ...matchers, ...this.matchers }, RATE_INTERVAL));
  }

  /** Growth of a counter within the time that is shown. */
  increase(name: string, matchers: LabelMatchers = {}): Vector {
    return increase(range(name, { ...matchers, ...this.matchers }, SHOWN_RANGE));
  }

  signal(of: Signal, { by = [], matchers = {} }: Series = {}): Vector {
    return signal(of, { matchers: { ...matchers, ...this.matchers }, by, window: RATE_INTERVAL });
  }

  query(of: Signal, series: Series = {}): Query {
    const labels = (series.by ?? []).map((label) => `{{${label}}}`).join(" ");
    return { expr: this.signal(of, series).text, legend: series.legend ?? (labels || of.title) };
  }

  /** One signal over time, in its own unit. */
  timeseries(of: Signal, { by, legend, matchers, ...rest }: Series & Rest<TimeSeriesPanel>): TimeSeriesPanel {
    const series = { ...(by ? { by } : {}), ...(legend ? { legend } : {}), ...(matchers ? { matchers } : {}) };
    return { kind: "timeseries", ...titled(of), queries: [this.query(of, series)], ...rest };
  }

  /** One signal as it is now, in its own unit. */
  stat(of: Signal, { by, legend, matchers, ...rest }: Series & Rest<StatPanel>): StatPanel {
    const series = { ...(by ? { by } : {}), ...(legend ? { legend } : {}), ...(matchers ? { matchers } : {}) };
    return { kind: "stat", ...titled(of), queries: [this.query(of, series)], ...rest };
  }
}

function titled(of: Signal): { title: string; unit: PanelUnit } {
  return { title: sentence(of.title), unit: signalUnit(of) };
}

/** With a capital letter at its beginning. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A query of an expression that is no single signal. */
export function query(expr: Vector, legend: string, unit?: PanelUnit): Query {
  return { expr: expr.text, legend, ...(unit ? { unit } : {}) };
}

/** Makes something when it is first asked for, and once: components are asked for their dashboards again and again. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
