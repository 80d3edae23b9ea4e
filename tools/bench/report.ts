/** One line of the result: a ratio against a baseline of the same run, and what it has to stay under. */
export interface Row {
  readonly benchmark: string;
  readonly measured: string;
  readonly ratio: number;
  /** Target of the project; a benchmark never fails a build. */
  readonly target?: number;
}

export function formatReport(rows: readonly Row[]): string {
  const cells = rows.map((r) => [
    r.benchmark,
    r.measured,
    r.ratio.toFixed(2),
    r.target === undefined ? "" : `≤ ${r.target}`,
    r.target === undefined ? "" : r.ratio <= r.target ? "met" : "MISSED",
  ]);
  const table = [["benchmark", "measured", "ratio", "target", ""], ...cells];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => [...(row[column] ?? "")].length))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
