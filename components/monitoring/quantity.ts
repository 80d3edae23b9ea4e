/** What a number counts. Ratios are between 0 and 1. */
export type Quantity = "ratio" | "seconds" | "milliseconds" | "bytes" | "messages" | "count" | "per second";

/** A number for people: `0.9` as a ratio is `90 %`. */
export function formatQuantity(value: number, unit: Quantity): string {
  switch (unit) {
    case "ratio":
      return `${trim(value * 100)} %`;
    case "seconds":
      return formatSeconds(value);
    case "milliseconds":
      return `${trim(value)} ms`;
    case "bytes":
      return formatBytes(value);
    case "messages":
      return `${trim(value)} messages`;
    case "count":
      return trim(value);
    case "per second":
      return `${trim(value)}/s`;
  }
}

/** Prometheus's template that formats `$value` in the same way. */
export function valueTemplate(unit: Quantity): string {
  switch (unit) {
    case "ratio":
      return "{{ $value | humanizePercentage }}";
    case "seconds":
      return "{{ $value | humanizeDuration }}";
    case "bytes":
      return "{{ $value | humanize1024 }}B";
    case "milliseconds":
      return '{{ $value | printf "%.0f" }} ms';
    case "messages":
      return '{{ $value | printf "%.0f" }} messages';
    case "count":
      return '{{ $value | printf "%.0f" }}';
    case "per second":
      return '{{ $value | printf "%.2f" }}/s';
  }
}

function formatSeconds(value: number): string {
  const steps: [number, string][] = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ];
  const step = steps.find(([size]) => value >= size && value % size === 0);
  return step ? `${value / step[0]} ${step[1]}` : `${trim(value)} s`;
}

function formatBytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = value <= 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${trim(value / 1024 ** power)} ${units[power]}`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(3)));
}
