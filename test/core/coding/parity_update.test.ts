import { describe, expect, test } from "vitest";
import type { Code } from "../../../core/coding/code.ts";
import { createCode } from "../../../core/coding/create_code.ts";
import { createLocalCode } from "../../../core/coding/create_local_code.ts";
import { parityUpdate } from "../../../core/coding/parity_update.ts";
import { makeStripe } from "../../suites/test_code.ts";
import { patternBytes } from "./golden_vectors.ts";

describe("parityUpdate", () => {
  test.each([
    ["4+2", createCode({ dataShards: 4, parityShards: 2 }), [2]],
    ["4+2, two shards", createCode({ dataShards: 4, parityShards: 2 }), [3, 0]],
    ["10+4", createCode({ dataShards: 10, parityShards: 4 }), [7]],
    ["20+3", createCode({ dataShards: 20, parityShards: 3 }), [19, 1, 4]],
    ["lrc 6+2+2", createLocalCode({ dataShards: 6, localParities: 2, globalParities: 2 }), [1]],
  ] as const)("gives what encoding anew would: %s", (_, code, changed) => {
    const before = makeStripe(code, 1024);
    const after = before.slice(0, code.dataShards);
    for (const shard of changed) after[shard] = patternBytes(`changed ${shard}`, 1024);
    const expected = encode(code, after);
    const update = parityUpdate(code, changed);
    const newParity = update.parity.map(() => new Uint8Array(1024));
    update.run({
      before: changed.map((shard) => before[shard]!),
      after: changed.map((shard) => after[shard]!),
      oldParity: update.parity.map((shard) => before[shard]!),
      newParity,
    });
    update.parity.forEach((shard, index) => {
      expect(newParity[index]).toEqual(expected[shard - code.dataShards]);
    });
    for (let row = 0; row < code.parityShards; row += 1) {
      if (!update.parity.includes(code.dataShards + row))
        expect(expected[row]).toEqual(before[code.dataShards + row]);
    }
  });

  test("leaves out the parity of other groups", () => {
    const code = createLocalCode({ dataShards: 6, localParities: 2, globalParities: 2 });
    expect(parityUpdate(code, [1]).parity).toEqual([6, 8, 9]);
    expect(parityUpdate(code, [1])).toBe(parityUpdate(code, [1]));
  });

  test("refuses what is no set of data shards", () => {
    const code = createCode({ dataShards: 4, parityShards: 2 });
    for (const changed of [[], [4], [-1], [0.5], [1, 1]]) {
      expect(() => parityUpdate(code, changed)).toThrow(expect.objectContaining({ kind: "Usage" }));
    }
  });
});

function encode(code: Code, data: readonly Uint8Array[]): Uint8Array[] {
  const plan = code.rebuild(
    [...data.keys()],
    Array.from(code.matrix, (_, row) => code.dataShards + row),
  );
  const parity = plan.outputs.map(() => new Uint8Array(data[0]!.length));
  plan.run(data, parity);
  return parity;
}
