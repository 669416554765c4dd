import fc from "fast-check";
import { expect, test } from "vitest";
import { clampRange, widenRange } from "../../../core/bytes/range.ts";

test("clamps to the size", () => {
  expect(clampRange({ offset: 2, length: 5 }, 10)).toEqual({ offset: 2, length: 5 });
  expect(clampRange({ offset: 8, length: 5 }, 10)).toEqual({ offset: 8, length: 2 });
  expect(clampRange({ offset: 12, length: 5 }, 10)).toEqual({ offset: 10, length: 0 });
  expect(clampRange({ offset: 3, length: Number.MAX_SAFE_INTEGER }, 10)).toEqual({ offset: 3, length: 7 });
});

test("widens to borders: the smallest range that holds the one asked for", () => {
  fc.assert(
    fc.property(
      fc.nat(200),
      fc.nat(200),
      fc.nat(50),
      fc.integer({ min: 1, max: 40 }),
      (offset, length, more, unitBytes) => {
        const size = offset + length + more;
        const wide = widenRange({ offset, length }, { unitBytes, size });
        if (length === 0) {
          expect(wide).toEqual({ offset, length });
          return;
        }
        const end = wide.offset + wide.length;
        expect(wide.offset % unitBytes).toBe(0);
        expect(offset - wide.offset).toBeGreaterThanOrEqual(0);
        expect(offset - wide.offset).toBeLessThan(unitBytes);
        expect(end === size || end % unitBytes === 0).toBe(true);
        expect(end - offset - length).toBeGreaterThanOrEqual(0);
        expect(end - offset - length).toBeLessThan(unitBytes);
      },
    ),
  );
});

test("refuses a range outside of the size", () => {
  expect(() => widenRange({ offset: 5, length: 6 }, { unitBytes: 4, size: 10 })).toThrow("Assertion failed");
});
