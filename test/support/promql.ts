type Parser = typeof import("@prometheus-io/lezer-promql", { with: { "resolution-mode": "import" }})["parser"];

/** One vector selector of an expression. */
export interface Selector {
  readonly metric: string;
  /** Labels that have to be there for the selector to find anything. */
  readonly labels: readonly string[];
}

export interface PromQL {
  /** Where the text is no PromQL. */
  syntaxErrors(expr: string): string[];
  selectors(expr: string): Selector[];
}

/** Prometheus's own grammar. It is a module that only an asynchronous import can load. */
export async function promql(): Promise<PromQL> {
  const { parser } = await import("@prometheus-io/lezer-promql");
  return { syntaxErrors: (expr) => syntaxErrors(parser, expr), selectors: (expr) => selectors(parser, expr) };
}

function syntaxErrors(parser: Parser, expr: string): string[] {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError)
        errors.push(`${JSON.stringify(expr.slice(node.from, node.to + 10))} at ${node.from} in ${expr}`);
    },
  });
  return errors;
}

function selectors(parser: Parser, expr: string): Selector[] {
  const found: { metric: string; labels: string[] }[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      const text = expr.slice(node.from, node.to);
      if (node.name === "VectorSelector") found.push({ metric: "", labels: [] });
      const current = found.at(-1);
      if (!current) return;
      if (node.name === "Identifier" && node.node.parent?.name === "VectorSelector") current.metric = text;
      if (node.name === "UnquotedLabelMatcher" && required(text))
        current.labels.push(text.split(/[=!]/)[0]?.trim() ?? "");
    },
  });
  return found;
}

/** A negative condition, or equality with nothing, holds for series without the label too. */
function required(matcher: string): boolean {
  return /^\w+\s*(=|=~)\s*"[^"]/.test(matcher);
}
