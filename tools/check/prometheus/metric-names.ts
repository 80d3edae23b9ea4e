/** Series that Prometheus makes by itself, whatever is scraped. */
const SYNTHETIC = /^(up|ALERTS|ALERTS_FOR_STATE|scrape_[a-z_]+)$/;

/** Names of the metrics that an expression selects, sorted; those that a regular expression selects are left out. */
export type MetricNames = (expr: string) => string[];

/** The parser is an ES module, which is loaded when it is needed. */
export async function metricNameFinder(): Promise<MetricNames> {
  const { parser } = await import("@prometheus-io/lezer-promql");
  return (expr) => {
    const names = new Set<string>();
    parser.parse(expr).iterate({
      enter: (node) => {
        if (node.name !== "VectorSelector") return;
        const name = node.node.getChild("Identifier");
        if (name) names.add(expr.slice(name.from, name.to));
        else for (const match of expr.slice(node.from, node.to).matchAll(NAME_MATCHER)) names.add(match[1] ?? "");
      },
    });
    return [...names].filter((name) => !SYNTHETIC.test(name)).sort();
  };
}

/** `{__name__="…"}`. */
const NAME_MATCHER = /__name__\s*=\s*"([^"]+)"/g;
