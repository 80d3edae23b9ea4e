/** One label's condition: equal to a text, or by an anchored regular expression, or the negation of either. */
export type LabelMatcher = string | { readonly re: string } | { readonly nre: string } | { readonly ne: string };

/** Conditions by label name: `{ job: "kafka", topic: { ne: "" } }`. */
export type LabelMatchers = Readonly<Record<string, LabelMatcher>>;

const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export function isLabelName(name: string): boolean {
  return LABEL.test(name);
}

export function isMetricName(name: string): boolean {
  return METRIC.test(name);
}

/** `metric{a="b",c=~"d"}`, labels sorted, values escaped. */
export function selector(metric: string, matchers: LabelMatchers = {}): string {
  if (!isMetricName(metric)) throw new TypeError(`not a metric name: ${JSON.stringify(metric)}`);
  const names = Object.keys(matchers).sort();
  return names.length === 0 ? metric : `${metric}{${names.map((name) => render(name, matchers[name])).join(",")}}`;
}

/** Escapes a text that is to be matched as it stands within a regular expression. */
export function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A PromQL string literal. JSON's escapes are a subset of PromQL's, but for halves of surrogate pairs, which are no text. */
export function quote(text: string): string {
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, "\ufffd"));
}

function render(name: string, matcher: LabelMatcher | undefined): string {
  if (!isLabelName(name)) throw new TypeError(`not a label name: ${JSON.stringify(name)}`);
  if (typeof matcher === "string") return `${name}=${quote(matcher)}`;
  if (matcher && "re" in matcher) return `${name}=~${quote(matcher.re)}`;
  if (matcher && "nre" in matcher) return `${name}!~${quote(matcher.nre)}`;
  if (matcher && "ne" in matcher) return `${name}!=${quote(matcher.ne)}`;
  throw new TypeError(`no condition for the label ${name}`);
}
