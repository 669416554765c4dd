import { describe, expect, test } from "vitest";
import type { Code } from "../../core/coding/code.ts";
import { galoisField } from "../../core/coding/galois_field.ts";
import { identity, type Matrix, rank } from "../../core/coding/matrix.ts";
import { referenceCode } from "../../core/coding/reference_code.ts";
import { createShardMemory } from "../../core/coding/shard_memory.ts";
import { sumShards } from "../../core/coding/sum_shards.ts";
import { WORD_BYTES } from "../../core/coding/word_layout.ts";
import { patternBytes } from "../core/coding/golden_vectors.ts";

/** What {@link testCode} needs to know beyond the code itself. */
export interface CodeUnderTest {
  readonly title: string;
  readonly code: Code;
  /** Erasure patterns tried: all of them when there are no more, else a sample drawn from a fixed seed. */
  readonly patternsMax?: number;
}

/** The conformance suite of {@link Code}: systematic, equal to the reference, rebuilds every pattern that linear algebra allows,
 *  reads only what it says, refuses everything else. */
export function testCode(subject: CodeUnderTest): void {
  const { title, code } = subject;
  const shardCount = code.dataShards + code.parityShards;
  const generator: Matrix = [...identity(code.dataShards), ...code.matrix];
  const field = galoisField(code.blockBytes === 4 * WORD_BYTES ? 4 : 8);
  const all = Array.from({ length: shardCount }, (_, shard) => shard);
  const stripe = makeStripe(code, code.blockBytes * 2);
  /** As many shards as can be lost at once, the first ones that make such a set. */
  const lostMost: number[] = [];
  for (const shard of all) {
    const present = all.filter((other) => other !== shard && !lostMost.includes(other));
    if (lostMost.length < code.parityShards && code.canRebuild(present, all)) lostMost.push(shard);
  }

  describe(`code ${title}`, () => {
    test("parity equals the reference", () => {
      const data = stripe.slice(0, code.dataShards);
      const expected = code.matrix.map(() => new Uint8Array(data[0]!.length));
      referenceCode(field, code.matrix, { inputs: data, outputs: expected });
      for (const [row, parity] of expected.entries()) expectSame(stripe[code.dataShards + row]!, parity);
    });

    test("rebuilds what linear algebra allows and refuses the rest", () => {
      let rebuilt = 0;
      for (const lost of erasurePatterns(shardCount, code.parityShards, subject.patternsMax ?? 4000)) {
        const present = all.filter((shard) => !lost.includes(shard));
        const possible =
          rank(
            field,
            present.map((shard) => generator[shard]!),
          ) === code.dataShards;
        expect(code.canRebuild(present, all)).toBe(possible);
        if (!possible) continue;
        checkRebuild(code, stripe, { present, wanted: lost });
        rebuilt += 1;
      }
      expect(rebuilt).toBeGreaterThan(0);
    });

    test("computes one wanted shard out of several lost ones", () => {
      for (const lost of erasurePatterns(shardCount, code.parityShards, 50)) {
        const present = all.filter((shard) => !lost.includes(shard));
        if (!code.canRebuild(present, lost)) continue;
        for (const shard of lost) checkRebuild(code, stripe, { present, wanted: [shard] });
      }
    });

    test("takes present shards in any order, and outputs come as asked", () => {
      const present = all.filter((shard) => !lostMost.includes(shard)).reverse();
      const wanted = [...lostMost].reverse();
      expect(checkRebuild(code, stripe, { present, wanted }).outputs).toEqual(wanted);
    });

    test("handles every length at a boundary", () => {
      const blocks = [0, 1, 2, 3, 63, 64, 65, 127, 128, 129, 257];
      const present = all.filter((shard) => !lostMost.includes(shard));
      for (const count of blocks) {
        checkRebuild(code, makeStripe(code, count * code.blockBytes), { present, wanted: lostMost });
      }
    });

    test("byte ranges are independent", () => {
      const range = (shard: Uint8Array) => shard.subarray(code.blockBytes, 2 * code.blockBytes);
      const encode = code.rebuild(all.slice(0, code.dataShards), all.slice(code.dataShards));
      const outputs = encode.outputs.map(() => new Uint8Array(code.blockBytes));
      encode.run(
        encode.inputs.map((shard) => range(stripe[shard]!)),
        outputs,
      );
      for (const [index, output] of outputs.entries())
        expectSame(output, range(stripe[encode.outputs[index]!]!));
    });

    test("the sum of parts over disjoint inputs is the whole", () => {
      const whole = code.rebuild(
        all.filter((shard) => !lostMost.includes(shard)),
        lostMost,
      );
      const half = Math.ceil(whole.inputs.length / 2);
      const parts = [whole.inputs.slice(0, half), whole.inputs.slice(half)].map((inputs) => {
        const part = whole.part(inputs);
        expect(part).toMatchObject({ inputs, outputs: whole.outputs });
        const outputs = part.outputs.map(() => new Uint8Array(stripe[0]!.length).fill(0xa5));
        part.run(
          inputs.map((shard) => stripe[shard]!),
          outputs,
        );
        return outputs;
      });
      whole.outputs.forEach((shard, index) => {
        const sum = new Uint8Array(stripe[0]!.length);
        sumShards(
          parts.map((outputs) => outputs[index]!),
          sum,
        );
        expectSame(sum, stripe[shard]!);
      });
      const usage = expect.objectContaining({ kind: "Usage" });
      expect(() => whole.part([whole.inputs[0]!, whole.inputs[0]!])).toThrow(usage);
      expect(() => whole.part([whole.outputs[0]!])).toThrow(usage);
    });

    test("works in place in shard memory, as it does on copies", () => {
      const memory = createShardMemory({ bytes: (shardCount + 1) * (stripe[0]!.length + 512) });
      const { buffers } = memory.lease(shardCount, stripe[0]!.length)!;
      const plan = code.rebuild(
        all.filter((shard) => !lostMost.includes(shard)),
        lostMost,
      );
      for (const shard of plan.inputs) buffers[shard]!.set(stripe[shard]!);
      plan.run(
        plan.inputs.map((shard) => buffers[shard]!),
        plan.outputs.map((shard) => buffers[shard]!),
      );
      for (const shard of [...plan.inputs, ...plan.outputs]) expectSame(buffers[shard]!, stripe[shard]!);
    });

    test("hands back a present shard as a copy, reading that one alone", () => {
      for (const shard of [0, shardCount - 1]) {
        expect(checkRebuild(code, stripe, { present: all, wanted: [shard] }).inputs).toEqual([shard]);
      }
    });

    test("the same pattern gives the same plan", () => {
      expect(code.rebuild(all, [0])).toBe(code.rebuild(all, [0]));
    });

    test("says which shards are missing", () => {
      expect(code.canRebuild([], [0])).toBe(false);
      expect(() => code.rebuild([], [0])).toThrow(expect.objectContaining({ kind: "TooFewBlocks" }));
      const present = all.slice(code.parityShards + 1);
      if (code.canRebuild(present, all)) return;
      expect(() => code.rebuild(present, all)).toThrow(
        expect.objectContaining({
          kind: "TooFewBlocks",
          message: expect.stringContaining(`${present.join(", ")}`),
        }),
      );
    });

    test.each([
      ["negative", [-1], [0]],
      ["too large", [shardCount], [0]],
      ["fractional", [0.5], [0]],
      ["not a number", [Number.NaN], [0]],
      ["present twice", [0, 0], [0]],
      ["wanted twice", [0], [0, 0]],
      ["wanted unknown", [0], [shardCount]],
    ])("refuses shard numbers: %s", (_, present, wanted) => {
      expect(() => code.rebuild(present, wanted)).toThrow(expect.objectContaining({ kind: "Usage" }));
      expect(() => code.canRebuild(present, wanted)).toThrow(expect.objectContaining({ kind: "Usage" }));
    });

    test("refuses buffers that do not fit, and leaves outputs alone", () => {
      const { run } = code.rebuild([0], [0]);
      const block = () => new Uint8Array(code.blockBytes).fill(1);
      const output = new Uint8Array(code.blockBytes).fill(2);
      const double = new Uint8Array(2 * code.blockBytes);
      const usage = expect.objectContaining({ kind: "Usage" });
      expect(() => run([], [output])).toThrow(usage);
      expect(() => run([block(), block()], [output])).toThrow(usage);
      expect(() => run([block()], [])).toThrow(usage);
      expect(() => run([double], [output])).toThrow(usage);
      expect(() => run([block()], [double])).toThrow(usage);
      expect(() => run([block().subarray(1)], [output.subarray(1)])).toThrow(usage);
      expect(() => run([output], [output])).toThrow(usage);
      expect(() =>
        run([double.subarray(0, code.blockBytes)], [double.subarray(64, code.blockBytes + 64)]),
      ).toThrow(usage);
      expect(output.every((byte) => byte === 2)).toBe(true);
    });
  });
}

/** Rebuilds `wanted` from `present` and compares with the whole stripe; the plan reads only present shards and changes no input. */
export function checkRebuild(
  code: Code,
  stripe: readonly Uint8Array[],
  pattern: { readonly present: readonly number[]; readonly wanted: readonly number[] },
) {
  const plan = code.rebuild(pattern.present, pattern.wanted);
  for (const shard of plan.inputs) expect(pattern.present).toContain(shard);
  const inputs = plan.inputs.map((shard) => stripe[shard]!.slice());
  const outputs = plan.outputs.map(() => new Uint8Array(stripe[0]!.length).fill(0xa5));
  plan.run(inputs, outputs);
  plan.outputs.forEach((shard, index) => {
    expectSame(outputs[index]!, stripe[shard]!, `shard ${shard} from ${plan.inputs.join()}`);
  });
  plan.inputs.forEach((shard, index) => {
    expectSame(inputs[index]!, stripe[shard]!, `input ${shard}`);
  });
  return plan;
}

/** Data and parity of one stripe; the data depends on the code's shape only. */
export function makeStripe(code: Code, shardBytes: number): Uint8Array[] {
  const seed = `${code.name} ${code.dataShards}+${code.parityShards}`;
  const data = Array.from({ length: code.dataShards }, (_, shard) =>
    patternBytes(`${seed} shard ${shard}`, shardBytes),
  );
  const encode = code.rebuild(
    [...data.keys()],
    Array.from(code.matrix, (_, row) => code.dataShards + row),
  );
  const parity = encode.outputs.map(() => new Uint8Array(shardBytes));
  encode.run(
    encode.inputs.map((shard) => data[shard]!),
    parity,
  );
  return [...data, ...parity];
}

/** All sets of 1 to `lostMax` shards, or a sample of `patternsMax` of them. */
export function erasurePatterns(shardCount: number, lostMax: number, patternsMax: number): number[][] {
  const patterns: number[][] = [];
  const extend = (pattern: readonly number[], next: number): void => {
    for (let shard = next; shard < shardCount && patterns.length <= patternsMax; shard += 1) {
      const longer = [...pattern, shard];
      patterns.push(longer);
      if (longer.length < lostMax) extend(longer, shard + 1);
    }
  };
  if (lostMax > 0) extend([], 0);
  if (patterns.length <= patternsMax) return patterns;

  const random = seededRandom(shardCount * 1000 + lostMax);
  return Array.from({ length: patternsMax }, () => {
    const shards = Array.from({ length: shardCount }, (_, shard) => shard);
    const count = 1 + Math.floor(random() * lostMax);
    return Array.from({ length: count }, () => shards.splice(Math.floor(random() * shards.length), 1)[0]!);
  });
}

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function expectSame(actual: Uint8Array, expected: Uint8Array, what = "bytes"): void {
  if (Buffer.compare(actual, expected) !== 0) expect.fail(`${what} differ`);
}
