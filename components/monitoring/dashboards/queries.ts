import type { Duration } from "../../core/units";
import type { Dashboard, PanelUnit } from "../dashboard";
import { RATE_INTERVAL, SHOWN_RANGE } from "../promql";
import { refId } from "./panels";

/** One query of a panel, as a running Prometheus takes it. */
export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  /** Which of the panel's: `A`, `B` … */
  readonly refId: string;
  readonly unit: PanelUnit;
  readonly expr: string;
}

export interface Substitution {
  /** For `$__rate_interval`. @default "5m" */
  readonly window?: Duration;
  /** For `$__range`. @default "15m" */
  readonly shown?: Duration;
}

/** Every query of every panel, with all values of each variable chosen. */
export function panelQueries(dashboards: readonly Dashboard[], how: Substitution = {}): PanelQuery[] {
  return dashboards.flatMap((dashboard) =>
    dashboard.rows.flatMap((row) =>
      row.panels.flatMap((panel) =>
        panel.kind === "text"
          ? []
          : panel.queries.map((query, i) => ({
              dashboard: dashboard.uid,
              panel: panel.title,
              refId: refId(i),
              unit: query.unit ?? panel.unit,
              expr: substituted(query.expr, dashboard, how),
            })),
      ),
    ),
  );
}

/** Names of the variables that a text uses: `$job`, `${job}`, `${job:regex}`; Grafana's own begin with `__`. */
export function variablesOf(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, plain, braced]) => plain ?? braced ?? "");
}

// Not $1: that is a group of label_replace.
const VARIABLE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::\w+)?\})/g;

function substituted(expr: string, dashboard: Dashboard, { window = "5m", shown = "15m" }: Substitution): string {
  const known = new Set(dashboard.variables.map(({ name }) => name));
  return expr
    .replaceAll(RATE_INTERVAL, window)
    .replaceAll(SHOWN_RANGE, shown)
    .replace(VARIABLE, (text, plain, braced) => (known.has(plain ?? braced) ? ".+" : text));
}
