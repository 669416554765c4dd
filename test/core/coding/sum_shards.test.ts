import { expect, test } from "vitest";
import { sumShards } from "../../../core/coding/sum_shards.ts";
import { patternBytes } from "./golden_vectors.ts";

test("sumShards is the XOR of any number of parts", () => {
  for (const count of [1, 2, 3, 17, 100]) {
    const parts = Array.from({ length: count }, (_, part) => patternBytes(`part ${part}`, 512));
    const output = new Uint8Array(512);
    sumShards(parts, output);
    expect(output).toEqual(output.map((_, at) => parts.reduce((sum, part) => sum ^ part[at]!, 0)));
  }
});

test("sumShards refuses nothing, too much, and a part as output", () => {
  const usage = expect.objectContaining({ kind: "Usage" });
  const part = new Uint8Array(256);
  expect(() => sumShards([], new Uint8Array(256))).toThrow(usage);
  expect(() => sumShards(new Array(256).fill(part), new Uint8Array(256))).toThrow(usage);
  expect(() => sumShards([part], part)).toThrow(usage);
  expect(() => sumShards([part], new Uint8Array(512))).toThrow(usage);
});
