import { afterEach, expect, test } from "vitest";
import { adoptChunk } from "../../../core/bytes/adopt_chunk.ts";
import { setGarbageCollector } from "../../../core/bytes/garbage.ts";
import { giveBack } from "../../../ioswitch/buffer_pool.ts";

afterEach(() => setGarbageCollector(undefined));

test("what is given back is no garbage, what is not is collected", () => {
  let collections = 0;
  setGarbageCollector({ afterBytes: 1000, collect: () => void collections++ });
  for (let count = 0; count < 100; count++) {
    const chunk = new Uint8Array(600);
    adoptChunk(chunk);
    giveBack(chunk);
    expect(chunk.length).toBe(0);
  }
  expect(collections).toBe(0);
  for (let count = 0; count < 4; count++) adoptChunk(new Uint8Array(600));
  expect(collections).toBe(2);
});

test("a part of a larger memory keeps what lies around it", () => {
  const whole = new Uint8Array(1000).fill(7);
  const part = whole.subarray(100, 200);
  adoptChunk(part);
  giveBack(part);
  expect(whole.every((byte) => byte === 7)).toBe(true);
});
