import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tolerance } from "../../../core/redundancy/tolerance.ts";

describe("tolerance", () => {
  it.each([
    [["a"], 1, 0],
    [["a", "b", "c"], 1, 2],
    [["a", "b", "c", "d", "e", "f"], 4, 2],
    [["a", "a", "a", "b", "c", "d"], 4, 0],
    [["a", "a", "b", "b", "c", "c"], 4, 1],
    [["a", "b", "c", "d"], 4, 0],
    [["a", "b", "c"], 4, undefined],
    [[], 1, undefined],
  ])("%j with %i needed: %s", (groups, needed, expected) => expect(tolerance(groups, needed)).toBe(expected));

  it("is what trying every set of groups gives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 8 }),
        fc.nat(8),
        (groups, more) => {
          const needed = more + 1;
          const names = [...new Set(groups)];
          const survives = (lost: readonly string[]) =>
            groups.filter((group) => !lost.includes(group)).length >= needed;
          const subsets = (size: number) =>
            Array.from({ length: 2 ** names.length }, (_, bits) =>
              names.filter((_, index) => bits & (1 << index)),
            ).filter((lost) => lost.length === size);
          let expected: number | undefined;
          for (let size = 0; size <= names.length && subsets(size).every(survives); size++) expected = size;
          expect(tolerance(groups, needed)).toBe(expected);
        },
      ),
    );
  });
});
