import * as readline from "node:readline/promises";

/** Asks a yes/no question; where there is no terminal to ask on, the answer is yes. `usual` is what Enter means. */
export async function confirm(question: string, usual: "yes" | "no" = "yes"): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} ${usual === "yes" ? "[Y/n]" : "[y/N]"} `);
    return /^(y|yes)$/i.test(answer.trim() || usual);
  } finally {
    terminal.close();
  }
}

/** Rows as aligned columns, two spaces between them; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
