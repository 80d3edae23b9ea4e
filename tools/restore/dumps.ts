/** A dump of a database, or an archive of Grafana's content, as its restore script lists it. */
export interface Dump {
  readonly name: string;
  readonly bytes: number;
  /** When it was begun, in UTC: `2026-03-01 02:30:00`. */
  readonly time: string;
  /** Version of TimescaleDB that it was made with, or number of dashboards. */
  readonly detail: string;
}

/** What a name says, by its groups: the six parts of the time, then the detail. */
export type NamePattern = RegExp;

const TIME = "(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z";
export const DATABASE_DUMP: NamePattern = new RegExp(`^\\S+-${TIME}-pg\\d+-timescaledb-(\\S+)\\.dump$`);
export const GRAFANA_ARCHIVE: NamePattern = new RegExp(`^\\S+-${TIME}-(\\d+)-dashboards\\.tar\\.gz$`);

/** The script's list, newest first; lines that are none are left out. */
export function parseDumps(text: string, pattern: NamePattern): Dump[] {
  return text.split("\n").flatMap((line) => {
    const [, name = "", bytes] = /^(\S+) (\d+)$/.exec(line.trim()) ?? [];
    const [, year, month, day, hours, minutes, seconds, detail] = pattern.exec(name) ?? [];
    if (!detail) return [];
    return [{ name, detail, bytes: Number(bytes), time: `${year}-${month}-${day} ${hours}:${minutes}:${seconds}` }];
  });
}

/** Rows for people, with a heading. */
export function dumpRows(dumps: readonly Dump[], detail: string): string[][] {
  return [
    ["DUMP", "TIME (UTC)", "SIZE", detail],
    ...dumps.map(({ name, time, bytes, detail }) => [name, time, formatBytes(bytes), detail]),
  ];
}

function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}
