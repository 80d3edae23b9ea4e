/** What Prometheus makes of our annotations: `{{ $labels.x }}` and `{{ $value | function }}`. promtool says whether it is right. */
export function expand(template: string, labels: Readonly<Record<string, string>>, value: number): string {
  return template.replace(/\{\{ (.+?) \}\}/g, (_, action: string) => {
    const label = /^\$labels\.(\w+)$/.exec(action)?.[1];
    if (label) return labels[label] ?? "";
    const format = /^\$value \| (\w+)(?: "(.+)")?$/.exec(action);
    const known = FUNCTIONS[format?.[1] ?? ""];
    if (!known) throw new Error(`extend this for {{ ${action} }}`);
    return known(value, format?.[2] ?? "");
  });
}

const FUNCTIONS: Record<string, (value: number, argument: string) => string> = {
  printf: (value, format) => value.toFixed(Number(/^%\.(\d)f$/.exec(format)?.[1])),
  humanizePercentage: (value) => `${significant(value * 100)}%`,
  humanizeDuration: (value) => (value < 1 ? `${significant(value * 1000)}ms` : `${significant(value)}s`),
  humanize1024: (value) => significant(value),
};

function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}
