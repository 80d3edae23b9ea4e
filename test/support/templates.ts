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
  humanizeDuration: duration,
  humanize1024: binary,
};

function duration(value: number): string {
  if (value < 1) return `${significant(value * 1000)}ms`;
  if (value < 60) return `${significant(value)}s`;
  const whole = Math.floor(value);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

function binary(value: number): string {
  const prefixes = ["", "ki", "Mi", "Gi", "Ti"];
  const power = Math.min(prefixes.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${significant(value / 1024 ** power)}${prefixes[power]}`;
}

function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}
