/** A length of time as text, up to 1000 years: a whole number of s, m, h, d, w, mo (calendar months) or y (12 months). */
export type Span = `${number}${"s" | "m" | "h" | "d" | "w" | "mo" | "y"}`;

const DAY = 86_400;

/** Months count as 30 days where lengths are compared, as TimescaleDB counts them. */
const UNITS: Readonly<Record<string, readonly [seconds: number, sql: string]>> = {
  s: [1, "second"],
  m: [60, "minute"],
  h: [3600, "hour"],
  d: [DAY, "day"],
  w: [7 * DAY, "week"],
  mo: [30 * DAY, "month"],
  y: [360 * DAY, "year"],
};

const LONGEST = 1000 * 360 * DAY;

export const SPAN_RULE = "must be a whole number followed by s, m, h, d, w, mo or y, such as 30m, 4h, 7d or 1mo";

/** Seconds, or undefined when the text is no length of time. */
export function spanSeconds(span: string): number | undefined {
  const parsed = parse(span);
  return parsed && parsed.count * parsed.unit[0];
}

/** `INTERVAL '4 hours'` */
export function interval(span: string): string {
  const parsed = parse(span);
  if (!parsed) throw new Error(`${span} is no length of time`);
  const { count, unit } = parsed;
  return `INTERVAL '${count} ${unit[1]}${count === 1 ? "" : "s"}'`;
}

/** The shortest text for at least that many seconds, rounded up to whole seconds. */
export function spanOf(seconds: number): string {
  const whole = Math.ceil(seconds);
  for (const unit of ["d", "h", "m"]) {
    const size = UNITS[unit]?.[0] ?? 1;
    if (whole > 0 && whole % size === 0) return `${whole / size}${unit}`;
  }
  return `${whole}s`;
}

/** Whether its length depends on the calendar. */
export function isCalendar(span: string): boolean {
  return /(mo|y)$/.test(span);
}

function parse(span: unknown) {
  const match = typeof span === "string" ? /^(\d{1,11})(s|m|h|d|w|mo|y)$/.exec(span) : null;
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  const count = Number(match?.[1]);
  return unit && count * unit[0] <= LONGEST ? { count, unit } : undefined;
}
