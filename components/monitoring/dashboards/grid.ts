/** Columns of Grafana's grid. */
export const COLUMNS = 24;

/** Where a panel stands, in columns and grid rows. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Size {
  /** Columns at least. */
  readonly width: number;
  readonly height: number;
}

/**
 * Places of panels from left to right, line by line, from row `top` on. What a line has left over is shared out among its panels, and they
 * all get the height of its highest, so that nothing overlaps and no hole is left.
 */
export function pack(sizes: readonly Size[], top: number): Place[] {
  let y = top;
  return lines(sizes).flatMap((line) => {
    const places = fill(line, y);
    y += places[0]?.h ?? 0;
    return places;
  });
}

function lines(sizes: readonly Size[]): Size[][] {
  const all: Size[][] = [];
  let used = COLUMNS;
  for (const { width, height } of sizes) {
    const size = { width: Math.min(COLUMNS, Math.max(1, width)), height: Math.max(1, height) };
    if (used + size.width > COLUMNS) {
      all.push([]);
      used = 0;
    }
    all.at(-1)?.push(size);
    used += size.width;
  }
  return all;
}

function fill(line: readonly Size[], y: number): Place[] {
  const h = Math.max(...line.map(({ height }) => height));
  const left = COLUMNS - line.reduce((sum, { width }) => sum + width, 0);
  let x = 0;
  return line.map(({ width }, i) => {
    // The first ones get what cannot be shared out evenly.
    const w = width + Math.floor(left / line.length) + (i < left % line.length ? 1 : 0);
    const place = { x, y, w, h };
    x += w;
    return place;
  });
}
