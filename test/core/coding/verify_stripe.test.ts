import { describe, expect, test } from "vitest";
import { createCode } from "../../../core/coding/create_code.ts";
import { verifyStripe } from "../../../core/coding/verify_stripe.ts";
import { makeStripe } from "../../suites/test_code.ts";

const code = createCode({ dataShards: 4, parityShards: 2 });

describe("verifyStripe", () => {
  test("finds nothing in an intact stripe", () => {
    for (const shardBytes of [0, 256, 65_536, 65_792, 200_192]) {
      expect(verifyStripe(code, makeStripe(code, shardBytes))).toEqual([]);
    }
  });

  test("one flipped bit of data shows in all parity, one of parity in that alone", () => {
    const stripe = makeStripe(code, 131_328);
    stripe[2]![131_327]! ^= 1;
    expect(verifyStripe(code, stripe)).toEqual([4, 5]);
    stripe[2]![131_327]! ^= 1;
    stripe[5]![70_000]! ^= 128;
    expect(verifyStripe(code, stripe)).toEqual([5]);
  });

  test("refuses shards that do not make a stripe", () => {
    const usage = expect.objectContaining({ kind: "Usage" });
    const stripe = makeStripe(code, 512);
    expect(() => verifyStripe(code, stripe.slice(1))).toThrow(usage);
    expect(() => verifyStripe(code, stripe.with(1, new Uint8Array(256)))).toThrow(usage);
    expect(() =>
      verifyStripe(
        code,
        stripe.map((shard) => shard.subarray(1)),
      ),
    ).toThrow(usage);
  });
});
