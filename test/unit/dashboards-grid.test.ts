import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COLUMNS, type Place, pack } from "../../components/monitoring/dashboards/grid";

const size = fc.record({ width: fc.integer({ min: 1, max: COLUMNS }), height: fc.integer({ min: 1, max: 20 }) });
const sizes = fc.array(size, { maxLength: 30 });

const apart = (a: Place, b: Place) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

describe("places on the grid", () => {
  it("do not overlap, stay within the columns, and are as large as asked for at least", () => {
    fc.assert(
      fc.property(sizes, fc.nat(100), (all, top) => {
        const places = pack(all, top);
        expect(places).toHaveLength(all.length);
        places.forEach((place, i) => {
          expect(place.x).toBeGreaterThanOrEqual(0);
          expect(place.x + place.w).toBeLessThanOrEqual(COLUMNS);
          expect(place.y).toBeGreaterThanOrEqual(top);
          expect(place.w).toBeGreaterThanOrEqual(all[i]?.width ?? 0);
          expect(place.h).toBeGreaterThanOrEqual(all[i]?.height ?? 0);
          expect(places.slice(i + 1).every((other) => apart(place, other))).toBe(true);
        });
      }),
    );
  });

  it("leave no hole: every line is full, and begins where the one above ends", () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const places = pack(all, 0);
        let end = 0;
        for (const y of new Set(places.map((place) => place.y))) {
          const line = places.filter((place) => place.y === y);
          expect(y).toBe(end);
          expect(line.reduce((sum, { w }) => sum + w, 0)).toBe(COLUMNS);
          expect(new Set(line.map(({ h }) => h)).size).toBe(1);
          end += line[0]?.h ?? 0;
        }
      }),
    );
  });

  it("keep the order of reading", () => {
    expect(
      pack(
        [
          { width: 12, height: 8 },
          { width: 8, height: 6 },
          { width: 8, height: 4 },
        ],
        1,
      ),
    ).toEqual([
      { x: 0, y: 1, w: 14, h: 8 },
      { x: 14, y: 1, w: 10, h: 8 },
      { x: 0, y: 9, w: 24, h: 4 },
    ]);
  });

  it("hold what is wider than the grid", () => {
    expect(pack([{ width: 99, height: 0 }], 0)).toEqual([{ x: 0, y: 0, w: COLUMNS, h: 1 }]);
  });
});
