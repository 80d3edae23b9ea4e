import type { PanelUnit } from "../dashboard";
import type { Signal } from "../signal";

/** Grafana's name of each unit. Ratios are between 0 and 1, bytes in powers of 1024. */
export const GRAFANA_UNITS: Readonly<Record<PanelUnit, string>> = {
  ratio: "percentunit",
  seconds: "s",
  milliseconds: "ms",
  bytes: "bytes",
  messages: "short",
  count: "short",
  cores: "short",
  "per second": "cps",
  "bytes per second": "binBps",
  // Millions, not powers of 1024.
  "megabytes per second": "MBs",
  "messages per second": "mps",
  "requests per second": "reqps",
  "operations per second": "ops",
  "rows per second": "rowsps",
  "packets per second": "pps",
  state: "none",
};

/** What a signal is measured in when it is seen as a rule or a panel sees it: a counter as its growth per second. */
export function signalUnit(of: Signal): PanelUnit {
  if (of.type !== "counter") return of.unit;
  switch (of.unit) {
    case "bytes":
      return "bytes per second";
    case "messages":
      return "messages per second";
    // A second per second is a share of the time.
    case "seconds":
      return "ratio";
    default:
      return "per second";
  }
}
