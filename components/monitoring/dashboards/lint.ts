import { LINT_EXCLUSIONS } from "./lint-exclusions";
import { DATASOURCE_REF } from "./panels";
import { GRAFANA_UNITS } from "./units";

/** The rules of Grafana's dashboard linter, held against the JSON that Grafana gets. */
export const LINT_RULES = [
  "template-datasource",
  "template-job",
  "template-instance",
  "template-label-promql",
  "template-on-time-change-reload",
  "panel-datasource",
  "panel-title-description",
  "panel-units",
  "panel-no-targets",
  "target-promql",
  "target-logql",
  "target-logql-auto",
  "target-rate-interval",
  "target-job",
  "target-instance",
  "target-counter-agg",
  "uneditable-dashboard",
] as const;
export type LintRule = (typeof LINT_RULES)[number];

export interface Finding {
  readonly rule: LintRule;
  /** Uid of the dashboard. */
  readonly dashboard: string;
  /** Title of the panel, for rules about panels and their queries. */
  readonly panel?: string;
  readonly text: string;
}

export interface Exclusion {
  readonly rule: LintRule;
  readonly dashboard: string;
  /** @default all of its panels, and the dashboard itself */
  readonly panel?: string;
  /** Why the rule does not fit here. */
  readonly reason: string;
}

/** One selector of an expression, with what stands around it. */
export interface SelectorUse {
  readonly metric: string;
  /** As they stand: `job=~"$job"`. */
  readonly matchers: readonly string[];
  /** `$__rate_interval` of `[$__rate_interval]`. */
  readonly range?: string;
  /** The function that it is directly in. */
  readonly inside?: string;
}

/** Reads PromQL; the grammar is not part of this package's programs, so it is brought by whoever lints. */
export interface PromQLReader {
  syntaxErrors(expr: string): readonly string[];
  uses(expr: string): readonly SelectorUse[];
}

/** What is wrong with a dashboard's JSON by the linter's rules, but for what is excluded with a reason. */
export function lintDashboard(
  json: string,
  promql: PromQLReader,
  exclusions: readonly Exclusion[] = LINT_EXCLUSIONS,
): Finding[] {
  const dashboard = JSON.parse(json) as LintedDashboard;
  const findings: Finding[] = [
    ...lintFrame(dashboard),
    ...lintVariables(dashboard, promql),
    ...panelsOf(dashboard).flatMap((panel) =>
      [...lintPanel(panel), ...targetsOf(panel).flatMap((target) => lintTarget(target, promql))].map((finding) => ({
        ...finding,
        panel: panel.title ?? "",
      })),
    ),
  ].map((finding) => ({ ...finding, dashboard: dashboard.uid }));
  return findings.filter((finding) => !exclusions.some((exclusion) => covers(exclusion, finding)));
}

export function covers(exclusion: Exclusion, finding: Finding): boolean {
  return (
    exclusion.rule === finding.rule &&
    exclusion.dashboard === finding.dashboard &&
    (exclusion.panel === undefined || exclusion.panel === finding.panel)
  );
}

interface LintedTarget {
  readonly expr?: string;
  readonly datasource?: { readonly type?: string; readonly uid?: string };
}

interface LintedPanel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: { readonly uid?: string };
  readonly targets?: readonly LintedTarget[];
  readonly panels?: readonly LintedPanel[];
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string; readonly mappings?: readonly unknown[] } };
}

interface LintedVariable {
  readonly type: string;
  readonly name: string;
  readonly label?: string;
  readonly datasource?: { readonly uid?: string };
  readonly query?: string | { readonly query?: string };
  readonly multi?: boolean;
  readonly allValue?: string;
  readonly refresh?: number;
}

interface LintedDashboard {
  readonly uid: string;
  readonly editable?: boolean;
  readonly templating: { readonly list: readonly LintedVariable[] };
  readonly panels: readonly LintedPanel[];
}

type Found = Omit<Finding, "dashboard" | "panel">;
const found = (rule: LintRule, text: string): Found => ({ rule, text });

function lintFrame(dashboard: LintedDashboard): Found[] {
  return dashboard.editable === false ? [] : [found("uneditable-dashboard", "can be edited, and loses the edits")];
}

function lintVariables({ templating }: LintedDashboard, promql: PromQLReader): Found[] {
  const variable = (name: string) => templating.list.find((one) => one.name === name);
  const datasource = variable("datasource");
  const queries = templating.list.filter(({ type }) => type === "query");
  return [
    ...(datasource?.type === "datasource" && datasource.query === "prometheus" && datasource.label === "Data source"
      ? []
      : [found("template-datasource", 'has no variable "datasource" of type datasource, labelled "Data source"')]),
    ...(["job", "instance"] as const).flatMap((name) => {
      const one = variable(name);
      const right =
        one?.type === "query" &&
        one.datasource?.uid === DATASOURCE_REF.uid &&
        one.multi === true &&
        one.allValue === ".+" &&
        one.label?.toLowerCase() === name;
      return right ? [] : [found(`template-${name}`, `has no variable "${name}" that takes several values and all`)];
    }),
    ...queries.flatMap((one) => {
      const query = typeof one.query === "string" ? one.query : (one.query?.query ?? "");
      const [, values] = /^label_values\((.+), *[a-zA-Z_]\w*\)$/.exec(query) ?? [];
      return values && promql.syntaxErrors(values).length === 0
        ? []
        : [found("template-label-promql", `variable ${one.name}: ${query} is no label_values(selector, label)`)];
    }),
    ...queries
      .filter(({ refresh }) => refresh !== 2)
      .map(({ name }) => found("template-on-time-change-reload", `variable ${name} keeps old values`)),
  ];
}

function panelsOf(dashboard: { readonly panels?: readonly LintedPanel[] }): LintedPanel[] {
  return (dashboard.panels ?? []).flatMap((panel) => (panel.type === "row" ? panelsOf(panel) : [panel]));
}

function targetsOf(panel: LintedPanel): readonly LintedTarget[] {
  return panel.targets ?? [];
}

function lintPanel(panel: LintedPanel): Found[] {
  const { unit, mappings = [] } = panel.fieldConfig?.defaults ?? {};
  const named: Found[] =
    panel.title?.trim() && panel.description?.trim()
      ? []
      : [found("panel-title-description", "lacks a title or a description")];
  if (panel.type === "text") return named;
  const refs = [panel.datasource, ...targetsOf(panel).map(({ datasource }) => datasource)];
  return [
    ...named,
    ...(refs.every((ref) => ref?.uid === DATASOURCE_REF.uid)
      ? []
      : [found("panel-datasource", "does not ask the datasource that is chosen at the top")]),
    // A number without a unit has to be a word.
    ...(unit && KNOWN_UNITS.has(unit) && (unit !== "none" || mappings.length > 0)
      ? []
      : [found("panel-units", `has the unit ${unit ?? "of nothing"}`)]),
    ...(targetsOf(panel).length > 0 ? [] : [found("panel-no-targets", "asks nothing")]),
  ];
}

const KNOWN_UNITS = new Set(Object.values(GRAFANA_UNITS));

function lintTarget(target: LintedTarget, promql: PromQLReader): Found[] {
  const expr = target.expr ?? "";
  return target.datasource?.type === "loki" ? lintLogQL(expr) : lintPromQL(expr, promql);
}

function lintPromQL(expr: string, promql: PromQLReader): Found[] {
  const errors = promql.syntaxErrors(expr);
  if (errors.length > 0) return [found("target-promql", errors.join("; "))];
  return promql.uses(expr).flatMap(({ metric, matchers, range, inside = "" }) => {
    const rated = ["rate", "irate"].includes(inside);
    return [
      ...(rated && range !== "$__rate_interval"
        ? [found("target-rate-interval", `${inside}(${metric}[${range}]) has a window of its own`)]
        : []),
      ...(["job", "instance"] as const)
        .filter((label) => !matchers.includes(`${label}=~"$${label}"`))
        .map((label) => found(`target-${label}`, `${metric} is not that of the chosen ${label}`)),
      ...(/_total$/.test(metric) && !rated && inside !== "increase"
        ? [found("target-counter-agg", `${metric} is a counter, and its value means nothing`)]
        : []),
    ];
  });
}

/** No panel asks for logs yet; these hold from the first one on. */
function lintLogQL(expr: string): Found[] {
  return [
    ...(/\{[^}]*\}/.test(expr) ? [] : [found("target-logql", `${expr} has no selector of streams`)]),
    ...[...expr.matchAll(/\[([^\]]*)\]/g)]
      .filter(([, range]) => range !== "$__auto")
      .map(([range]) => found("target-logql-auto", `${range} is a window of its own`)),
  ];
}
