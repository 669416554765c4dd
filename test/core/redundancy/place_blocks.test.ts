import { expect, test } from "vitest";
import { chooseScheme } from "../../../core/redundancy/choose_scheme.ts";
import type { PlacementSpace } from "../../../core/redundancy/failure_domain.ts";
import { formatScheme } from "../../../core/redundancy/parse_scheme.ts";
import { placeBlocks } from "../../../core/redundancy/place_blocks.ts";

const named = (...names: string[]): PlacementSpace[] => names.map((name) => ({ name }));
const base = { seed: 0, schemeText: "ec:2+1" };

test("uses every failure domain once before any twice", () => {
  const spaces = [
    { name: "a1", location: "a" },
    { name: "a2", location: "a" },
    { name: "a3", location: "a" },
    { name: "b", location: "b" },
    { name: "c", location: "c" },
  ];
  for (let seed = 0; seed < 10; seed++) {
    const placement = placeBlocks({ ...base, count: 3, spaces, seed });
    expect(new Set(placement.spaces.map((name) => name[0]))).toEqual(new Set(["a", "b", "c"]));
    expect(placement.domainBlocksMax).toBe(1);
    expect(placement.alternates).toHaveLength(2);
  }
  expect(placeBlocks({ ...base, count: 4, spaces }).domainBlocksMax).toBe(2);
});

test("spreads many objects evenly over more spaces than blocks", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 700; seed++)
    for (const name of placeBlocks({
      ...base,
      count: 3,
      spaces: named("a", "b", "c", "d", "e", "f", "g"),
      seed,
    }).spaces)
      counts.set(name, (counts.get(name) ?? 0) + 1);
  expect([...counts.values()]).toEqual(Array(7).fill(300));
});

test("prefers the location asked for, and takes a suspect or full space last", () => {
  const spaces = [
    { name: "far", location: "x" },
    { name: "near", location: "y" },
    { name: "full", location: "y2", capacityBytes: 100, usedBytes: 99 },
  ];
  expect(placeBlocks({ ...base, count: 1, spaces, affinity: "y" }).spaces).toEqual(["near"]);
  expect(placeBlocks({ ...base, count: 2, spaces }).spaces.toSorted()).toEqual(["far", "near"]);
  expect(placeBlocks({ ...base, count: 2, spaces, suspects: new Set(["far", "near"]) }).spaces[0]).toBe(
    "full",
  );
});

test("refuses to put two blocks on one space", () => {
  expect(() => placeBlocks({ ...base, count: 3, spaces: named("a", "b") })).toThrow(
    "Cannot place 3 blocks of ec:2+1: there are only 2 usable spaces",
  );
});

test.each([
  [1, 10, "none"],
  [2, 10, "rep:2"],
  [3, 10, "rep:2"],
  [4, 10, "rep:3"],
  [1, 1000, "none"],
  [2, 1000, "rep:2"],
  [3, 1000, "ec:2+1"],
  [4, 1000, "ec:2+2"],
  [5, 1000, "ec:3+2"],
  [6, 1000, "ec:4+2"],
  [9, undefined, "ec:4+2"],
])("auto over %d domains and %s bytes is %s", (domains, size, scheme) => {
  const spaces = named(...Array.from({ length: domains }, (_, i) => `s${i}`));
  const facts = { spaces, thresholdBytes: 100, ...(size === undefined ? {} : { size }) };
  expect(formatScheme(chooseScheme({ kind: "auto" }, facts))).toBe(scheme);
});

test("two spaces of one account and location are one domain to auto", () => {
  const spaces = [
    { name: "a", location: "x", account: "1" },
    { name: "b", location: "x", account: "1" },
  ];
  expect(chooseScheme({ kind: "auto" }, { spaces, thresholdBytes: 0 }).kind).toBe("none");
});

test("quick spaces come first where all else is equal, and only there", () => {
  const speedClasses = new Map([
    ["a", 1],
    ["b", 0],
    ["c", 0],
  ]);
  for (let seed = 0; seed < 6; seed++) {
    const placement = placeBlocks({ ...base, count: 2, spaces: named("a", "b", "c"), speedClasses, seed });
    expect(placement.spaces.toSorted()).toEqual(["b", "c"]);
    expect(placement.alternates).toEqual(["a"]);
  }
  const spaces = [
    { name: "b", location: "x" },
    { name: "c", location: "x" },
    { name: "a", location: "y" },
  ];
  expect(placeBlocks({ ...base, count: 2, spaces, speedClasses }).spaces.toSorted()).toContain("a");
  expect(placeBlocks({ ...base, count: 1, spaces, speedClasses, affinity: "y" }).spaces).toEqual(["a"]);
});
