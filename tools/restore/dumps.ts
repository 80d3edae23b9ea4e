/** A dump as the restore script lists it. */
export interface Dump {
  readonly name: string;
  readonly bytes: number;
  /** When it was begun, in UTC: `2026-03-01 02:30:00`. */
  readonly time: string;
  /** Version of TimescaleDB that it was made with. */
  readonly version: string;
}

const LINE = /^(\S+-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-pg\d+-timescaledb-(\S+)\.dump) (\d+)$/;

/** The script's list, newest first; lines that are none are left out. */
export function parseDumps(text: string): Dump[] {
  return text.split("\n").flatMap((line) => {
    const [, name, year, month, day, hours, minutes, seconds, version, bytes] = LINE.exec(line.trim()) ?? [];
    if (!name || !version) return [];
    return [{ name, version, bytes: Number(bytes), time: `${year}-${month}-${day} ${hours}:${minutes}:${seconds}` }];
  });
}

/** Rows for people, with a heading. */
export function dumpRows(dumps: readonly Dump[]): string[][] {
  return [
    ["DUMP", "TIME (UTC)", "SIZE", "TIMESCALEDB"],
    ...dumps.map(({ name, time, bytes, version }) => [name, time, formatBytes(bytes), version]),
  ];
}

function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}
