/** Binary sizes as text, as Kubernetes writes them. */
export type Size = `${number}${"Ki" | "Mi" | "Gi" | "Ti"}`;

/** Durations as text, as Prometheus writes single-unit ones. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

const SIZE: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };
const DURATION: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Bytes, or undefined when the text is no size. */
export function bytes(size: string): number | undefined {
  return parse(size, SIZE);
}

/** Seconds, or undefined when the text is no duration. */
export function seconds(duration: string): number | undefined {
  return parse(duration, DURATION);
}

function parse(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text);
  const unit = match?.[2] ? units[match[2]] : undefined;
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
