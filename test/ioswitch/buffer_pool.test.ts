import { expect, test } from "vitest";
import {
  adoptBuffer,
  freeSlots,
  giveBack,
  isPooled,
  poisonFreeBuffers,
  shareBuffer,
  takeBuffer,
} from "../../ioswitch/buffer_pool.ts";

const KIB = 1024;

test("gives memory out again only when its last owner has given it back", () => {
  const { free } = freeSlots();
  const chunk = takeBuffer(100 * KIB);
  expect(chunk.length).toBe(100 * KIB);
  const left = chunk.subarray(0, 10);
  const right = chunk.subarray(10);
  shareBuffer(chunk, 1);
  giveBack(left);
  expect(freeSlots().free).toBe(free - 1);
  giveBack(right);
  expect(freeSlots().free).toBe(free);
  expect(takeBuffer(100 * KIB).byteOffset).toBe(chunk.byteOffset);
  giveBack(chunk);
});

test("finds out who gives back what nobody owns", () => {
  const chunk = takeBuffer(64 * KIB);
  giveBack(chunk);
  expect(() => giveBack(chunk)).toThrow("nobody owns it");
});

test("buffers in use never overlap, and when the pool is empty there is ordinary memory", () => {
  const { free, total } = freeSlots();
  const taken = Array.from({ length: total + 5 }, () => takeBuffer(1024 * KIB));
  expect(taken.filter(isPooled)).toHaveLength(free);
  taken.forEach((chunk, i) => {
    chunk.fill(i);
  });
  expect(taken.every((chunk, i) => chunk.every((byte) => byte === i))).toBe(true);
  for (const chunk of taken) giveBack(chunk);
  expect(freeSlots().free).toBe(free);
});

test.each([0, 1, 1000, 32 * KIB - 1, 1024 * KIB + 1])("%d bytes are not worth a slot", (bytes) => {
  const { free } = freeSlots();
  const chunk = takeBuffer(bytes);
  expect(chunk.length).toBe(bytes);
  expect(isPooled(chunk)).toBe(false);
  giveBack(chunk);
  giveBack(chunk);
  expect(freeSlots().free).toBe(free);
});

test("poisons free memory when a test wants it", () => {
  poisonFreeBuffers(true);
  try {
    const chunk = takeBuffer(64 * KIB);
    giveBack(chunk.subarray(5, 6));
    expect(chunk.every((byte) => byte === 0xdb)).toBe(true);
  } finally {
    poisonFreeBuffers(false);
  }
});

test("adopted memory is freed by its last owner, and at no other time", () => {
  const freed: number[] = [];
  const chunk = new Uint8Array(100 * KIB).fill(7);
  adoptBuffer(chunk, (bytes) => freed.push(bytes));
  expect(isPooled(chunk)).toBe(false);
  const left = chunk.subarray(0, 10);
  const right = chunk.subarray(10);
  shareBuffer(chunk, 1);
  giveBack(left);
  expect(freed).toEqual([]);
  expect(right.every((byte) => byte === 7)).toBe(true);
  giveBack(right);
  expect(freed).toEqual([100 * KIB]);
  expect([chunk.length, left.length, right.length]).toEqual([0, 0, 0]);
  giveBack(right);
  expect(freed).toHaveLength(1);
});

test("memory that nobody adopted stays whole, whoever gives it back", () => {
  const chunk = new Uint8Array(100 * KIB).fill(7);
  giveBack(chunk);
  giveBack(chunk.subarray(5));
  expect(chunk.every((byte) => byte === 7)).toBe(true);
});
