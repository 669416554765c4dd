import { expect, test } from "vitest";
import { BoundedCache } from "../../../core/coding/bounded_cache.ts";

test("forgets what was not asked for longest", () => {
  const cache = new BoundedCache<string, string>(2);
  const made: string[] = [];
  const ask = (key: string) =>
    cache.getOrMake(key, () => {
      made.push(key);
      return key;
    });
  for (const key of ["a", "b", "a", "c", "a", "b"]) ask(key);
  expect(made).toEqual(["a", "b", "c", "b"]);
  expect(cache.size).toBe(2);
});

test("keeps nothing where making fails", () => {
  const cache = new BoundedCache<string, string>(2);
  const fail = () => {
    throw new RangeError("no");
  };
  expect(() => cache.getOrMake("a", fail)).toThrow(RangeError);
  expect(cache.size).toBe(0);
  expect(cache.getOrMake("a", () => "made")).toBe("made");
});
