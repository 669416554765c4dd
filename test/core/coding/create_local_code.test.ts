import { describe, expect, test } from "vitest";
import { createLocalCode, type LocalCodeShape } from "../../../core/coding/create_local_code.ts";
import { LOCAL_16, LOCAL_256 } from "../../../core/coding/local_matrix.ts";
import { checkRebuild, erasurePatterns, makeStripe, testCode } from "../../suites/test_code.ts";

function codeOf(shape: string, options: Pick<LocalCodeShape, "code" | "kernels"> = {}) {
  const [dataShards, localParities, globalParities] = shape.split("+").map(Number) as [
    number,
    number,
    number,
  ];
  return createLocalCode({ dataShards, localParities, globalParities, ...options });
}

testCode({ title: "lrc 4+2+2", code: codeOf("4+2+2", { kernels: "unrolled" }) });
testCode({ title: "lrc 6+2+2", code: codeOf("6+2+2", { kernels: "unrolled" }) });
testCode({ title: "lrc 12+2+2, sampled", code: codeOf("12+2+2", { kernels: "unrolled" }), patternsMax: 60 });
testCode({ title: "lrc 9+3+1, sampled", code: codeOf("9+3+1"), patternsMax: 100 });

describe("createLocalCode", () => {
  test.each(["4+2+2", "5+2+2", "6+2+2", "12+2+2", "9+3+2", "8+4+2", "7+3+1", "6+3+0"])(
    "%s repairs whatever any code with these groups could",
    (shape) => {
      const code = codeOf(shape);
      const globalParities = Number(shape.split("+")[2]);
      const shardCount = code.dataShards + code.parityShards;
      const all = Array.from({ length: shardCount }, (_, shard) => shard);
      const firstGlobal = shardCount - globalParities;
      for (const lost of erasurePatterns(shardCount, Math.min(4, code.parityShards), 100_000)) {
        const beyond = code.groups.reduce((sum, group) => {
          const missing = group.filter((shard) => lost.includes(shard)).length;
          return sum + Math.max(0, missing - 1);
        }, 0);
        const possible = beyond + lost.filter((shard) => shard >= firstGlobal).length <= globalParities;
        const present = all.filter((shard) => !lost.includes(shard));
        if (code.canRebuild(present, all) !== possible) expect.fail(`${shape} without ${lost.join()}`);
      }
    },
  );

  test("one lost shard of a group is read from that group alone", () => {
    const code = codeOf("6+2+2");
    expect(code.groups).toEqual([
      [0, 1, 2, 6],
      [3, 4, 5, 7],
    ]);
    const stripe = makeStripe(code, 512);
    const all = [...stripe.keys()];
    for (const group of code.groups) {
      for (const lost of group) {
        const present = all.filter((shard) => shard !== lost);
        const plan = checkRebuild(code, stripe, { present, wanted: [lost] });
        expect(plan.inputs).toEqual(group.filter((shard) => shard !== lost));
      }
    }
  });

  test("one lost shard in each group: each from its own", () => {
    const code = codeOf("6+2+2");
    const plan = checkRebuild(code, makeStripe(code, 512), {
      present: [0, 1, 3, 4, 6, 7, 8, 9],
      wanted: [2, 5],
    });
    expect(plan.inputs).toEqual([0, 1, 3, 4, 6, 7]);
  });

  test("a local repair needs nothing of the other groups", () => {
    const code = codeOf("4+2+2");
    expect(code.canRebuild([1, 4], [0])).toBe(true);
    expect(code.canRebuild([1, 2, 3, 5], [0])).toBe(false);
  });

  test("names the code by the size of its groups, and caches it", () => {
    expect(codeOf("6+2+2").name).toBe(LOCAL_16);
    expect(codeOf("12+2+2").name).toBe(LOCAL_256);
    expect(codeOf("4+2+2", { code: LOCAL_256 }).blockBytes).toBe(512);
    expect(codeOf("6+2+2")).toBe(codeOf("6+2+2"));
  });

  test.each(["0+1+1", "4+0+2", "2+3+1", "4+2+3", "4+2+-1", "4.5+2+1", "16+1+2", "250+17+2"])(
    "refuses %s",
    (shape) => {
      expect(() => codeOf(shape)).toThrow(expect.objectContaining({ kind: "Usage" }));
    },
  );

  test("refuses names that are unknown or too small for the shape", () => {
    const usage = expect.objectContaining({ kind: "Usage" });
    expect(() => codeOf("12+2+2", { code: LOCAL_16 })).toThrow(usage);
    expect(() => codeOf("4+2+2", { code: "lrc16/9" })).toThrow(usage);
  });
});
