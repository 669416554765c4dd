import { expect, test } from "vitest";
import { isGeneration, newGeneration } from "../../../core/block/generation.ts";

test("is a UUIDv7 with the clock in front", () => {
  const now = new Date(Date.now() + 1000);
  const generation = newGeneration(now);
  expect(generation).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(Number.parseInt(generation.slice(0, 12), 16)).toBe(now.getTime());
  expect(isGeneration(generation)).toBe(true);
});

test("grows without end, also when the clock stands still or goes back", () => {
  const now = Date.now() + 5000;
  const made = Array.from({ length: 10_000 }, (_, turn) =>
    newGeneration(new Date(turn % 3 === 0 ? now - 60_000 : now)),
  );
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(made.length);
});

test("ends randomly, so that folders fill evenly", () => {
  const ends = new Set(Array.from({ length: 2000 }, () => newGeneration().slice(-2)));
  expect(ends.size).toBeGreaterThan(240);
});

test.each(["", "0".repeat(31), "0".repeat(33), "A".repeat(32), "g".repeat(32), `${"0".repeat(31)}\n`])(
  "%j is no generation",
  (text) => {
    expect(isGeneration(text)).toBe(false);
  },
);
