import { expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import { fromBytes } from "../../../core/bytes/from_bytes.ts";
import { type ErrorKind, JcsError, type Retry } from "../../../core/errors.ts";
import { ATTEMPTS_MAX } from "../../../core/limits.ts";
import { repeatTransfer } from "../../../core/objects/repeat_transfer.ts";

function failing(times: number, kind: ErrorKind = "Unreachable", retry: Retry = "later") {
  let tries = 0;
  return {
    tries: () => tries,
    async work() {
      if (tries++ < times) throw new JcsError(kind, "Cannot", { retry });
      return tries;
    },
  };
}

test("what failed for a while is done again, a few times", async () => {
  const twice = failing(2);
  expect(await repeatTransfer(twice.work, { delayMs: 0 })).toBe(3);
  const always = failing(99);
  await expect(repeatTransfer(always.work, { delayMs: 0 })).rejects.toMatchObject({ kind: "Unreachable" });
  expect(always.tries()).toBe(ATTEMPTS_MAX);
});

test.each([
  ["Unreachable", "never", {}],
  ["Unreachable", "exhausted", {}],
  ["ConditionFailed", "later", {}],
  ["Unreachable", "later", { once: true }],
  ["Unreachable", "later", { signal: AbortSignal.abort() }],
] as const)("%s with retry %s and %j is not done again", async (kind, retry, options) => {
  const work = failing(1, kind, retry);
  await expect(repeatTransfer(work.work, { delayMs: 0, ...options })).rejects.toMatchObject({ kind });
  expect(work.tries()).toBe(1);
});

test("an interrupt ends the wait", async () => {
  const stop = new AbortController();
  const work = async () => {
    setImmediate(() => stop.abort());
    throw new JcsError("Throttled", "Cannot", { retry: "later", retryAfterMs: 60_000 });
  };
  await expect(repeatTransfer(work, { signal: stop.signal })).rejects.toMatchObject({ kind: "Cancelled" });
});

test("bytes that pass again are told once", async () => {
  const told: number[] = [];
  const lengths = [30, 50];
  const bytes = await repeatTransfer(
    async (counted) => {
      const length = lengths.shift() ?? 0;
      const stream = counted(fromBytes(new Uint8Array(length), { chunkBytes: 20 }));
      const taken = await collect(stream, { bytesMax: 100 });
      if (length === 30) throw new JcsError("Unreachable", "Cannot", { retry: "later" });
      return taken.length;
    },
    { delayMs: 0, onBytes: (count) => told.push(count) },
  );
  expect(bytes).toBe(50);
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(50);
});
