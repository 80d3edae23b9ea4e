import type { PromQLReader, SelectorUse } from "../../components/monitoring/dashboards/lint";

/** Grafana's variables in the place of a duration, as durations that nobody writes. */
const DURATIONS: readonly (readonly [string, string])[] = [
  ["$__rate_interval", "4m1s"],
  ["$__range", "4m2s"],
];

/** Prometheus's own grammar, for expressions of panels. */
export async function panelPromQL(): Promise<PromQLReader> {
  const { parser } = await import("@prometheus-io/lezer-promql");
  return {
    syntaxErrors: (expr) => {
      const text = plain(expr);
      const errors: string[] = [];
      parser.parse(text).iterate({
        enter: (node) => {
          if (node.type.isError) errors.push(`${JSON.stringify(text.slice(node.from, node.to + 10))} in ${expr}`);
        },
      });
      return errors;
    },
    uses: (expr) => {
      const text = plain(expr);
      const uses: { metric: string; matchers: string[]; range?: string; inside?: string }[] = [];
      const enclosing: { name: string; to: number }[] = [];
      let matrix: { range: string; to: number } | undefined;
      parser.parse(text).iterate({
        enter: (node) => {
          const part = text.slice(node.from, node.to);
          if (node.name === "FunctionIdentifier") {
            const call = node.node.parent;
            if (call) enclosing.push({ name: part, to: call.to });
          }
          if (node.name === "MatrixSelector") matrix = { range: /\[([^[\]]*)\]$/.exec(part)?.[1] ?? "", to: node.to };
          if (node.name === "VectorSelector") {
            const inside = enclosing.filter(({ to }) => to > node.from).at(-1)?.name;
            const range = matrix && matrix.to >= node.to ? matrix.range : undefined;
            uses.push({
              metric: /^[a-zA-Z_:][\w:]*/.exec(part)?.[0] ?? "",
              matchers: [],
              ...(range === undefined ? {} : { range: original(range) }),
              // Between a function and a plain selector there may be operators and aggregations, but not before a range.
              ...(inside && range !== undefined ? { inside } : {}),
            });
          }
          if (node.name === "UnquotedLabelMatcher") uses.at(-1)?.matchers.push(part);
        },
      });
      return uses satisfies SelectorUse[];
    },
  };
}

function plain(expr: string): string {
  return DURATIONS.reduce((text, [variable, duration]) => text.replaceAll(variable, duration), expr);
}

function original(range: string): string {
  return DURATIONS.find(([, duration]) => duration === range)?.[0] ?? range;
}
