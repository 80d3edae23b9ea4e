const PAIRS: Record<string, string> = { "(": ")", "[": "]", "{": "}" };
const CLOSING = new Set(Object.values(PAIRS));

/**
 * What is visibly wrong with an expression: nothing there, a text that does not end, brackets that do not match. Whether it
 * is PromQL and of the right type is for promtool; this is what a preview can say without it.
 */
export function syntaxError(expr: string): string | undefined {
  if (expr.trim() === "") return "is empty";
  const open: string[] = [];
  for (let i = 0; i < expr.length; i++) {
    const char = expr[i] ?? "";
    if (char === '"' || char === "'" || char === "`") {
      const end = endOfText(expr, i);
      if (end === undefined) return `has a text that does not end, at character ${i + 1}`;
      i = end;
    } else if (char === "#") {
      const end = expr.indexOf("\n", i);
      i = end < 0 ? expr.length : end;
    } else if (PAIRS[char]) {
      open.push(PAIRS[char]);
    } else if (CLOSING.has(char) && open.pop() !== char) {
      return `has a "${char}" that nothing opens, at character ${i + 1}`;
    }
  }
  const missing = open.pop();
  return missing ? `lacks a "${missing}" at its end` : undefined;
}

/** An annotation's template: every `{{` has its `}}`. */
export function templateError(text: string): string | undefined {
  const rest = text.replace(/\{\{.*?\}\}/gs, "");
  return /\{\{|\}\}/.test(rest) ? "has a template {{ … }} that is not closed or not opened" : undefined;
}

function endOfText(expr: string, start: number): number | undefined {
  const quote = expr[start];
  for (let i = start + 1; i < expr.length; i++) {
    if (expr[i] === "\\" && quote !== "`") i++;
    else if (expr[i] === quote) return i;
    else if (expr[i] === "\n" && quote !== "`") return undefined;
  }
  return undefined;
}
