import fc from "fast-check";
import { expect, test } from "vitest";
import { Pipe } from "../../ioswitch/pipe.ts";

const chunk = (bytes: number) => new Uint8Array(bytes);

/** Whether `promise` has settled once all microtasks that are due have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test("holds at most the bound, and one chunk of any size", async () => {
  const pipe = new Pipe(10);
  expect(await pipe.write(chunk(100))).toBe(true);
  const second = pipe.write(chunk(1));
  expect(await isSettled(second)).toBe(false);
  expect((await pipe.next()).value).toHaveLength(100);
  expect(await second).toBe(true);
  expect(await pipe.write(chunk(9))).toBe(true);
  expect(await isSettled(pipe.write(chunk(1)))).toBe(false);
  expect(pipe.bytesWritten).toBe(110);
  expect(pipe.bytesRead).toBe(100);
});

test("end waits until everything was read", async () => {
  const pipe = new Pipe(10);
  await pipe.write(chunk(1));
  const ended = pipe.end();
  await pipe.next();
  expect(await isSettled(ended)).toBe(false);
  expect(await pipe.next()).toEqual({ done: true, value: undefined });
  await ended;
  expect(await pipe.next()).toEqual({ done: true, value: undefined });
});

test("a consumer that gives up releases the producer", async () => {
  const pipe = new Pipe(1);
  const ends: string[] = [];
  pipe.onClose = (end) => ends.push(end);
  await pipe.write(chunk(1));
  const waiting = pipe.write(chunk(1));
  await pipe.return();
  expect(await waiting).toBe(false);
  expect(await pipe.write(chunk(1))).toBe(false);
  await pipe.end();
  expect(ends).toEqual(["cancelled"]);
});

test("a consumer that stops after the last byte has read everything", async () => {
  const pipe = new Pipe(10);
  const ends: string[] = [];
  pipe.onClose = (end) => ends.push(end);
  await pipe.write(chunk(1));
  const ended = pipe.end();
  await pipe.next();
  await pipe.return();
  await ended;
  expect(ends).toEqual(["read"]);
});

test("a failure reaches a waiting reader, a later reader, and a waiting writer", async () => {
  const waitingReader = new Pipe(1);
  const reading = waitingReader.next();
  waitingReader.fail(new Error("broken"));
  await expect(reading).rejects.toThrow("broken");
  const full = new Pipe(1);
  await full.write(chunk(1));
  const writing = full.write(chunk(1));
  full.fail(new Error("broken"));
  expect(await writing).toBe(false);
  await expect(full.next()).rejects.toThrow("broken");
  await full.end();
});

test("misuse is an error: second consumer, overlapping reads and writes, writing after the end", async () => {
  const pipe = new Pipe(1);
  pipe[Symbol.asyncIterator]();
  expect(() => pipe[Symbol.asyncIterator]()).toThrow("exactly one consumer");
  const reading = pipe.next();
  await expect(pipe.next()).rejects.toThrow("a read is under way");
  await pipe.write(chunk(1));
  await reading;
  await pipe.write(chunk(1));
  const waiting = pipe.write(chunk(1));
  await expect(pipe.write(chunk(1))).rejects.toThrow("a write is under way");
  await expect(pipe.end()).rejects.toThrow("a write is under way");
  await pipe.next();
  await waiting;
  void pipe.end();
  await expect(pipe.write(chunk(1))).rejects.toThrow("it was ended");
});

test("empty chunks are not passed on", async () => {
  const pipe = new Pipe(1);
  expect(await pipe.write(chunk(0))).toBe(true);
  expect(await isSettled(pipe.next())).toBe(false);
});

test("a producer that never waits still lets the event loop turn", async () => {
  const pipe = new Pipe(1);
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  const reading = (async () => {
    for await (const _ of pipe) if (turned) break;
  })();
  while (await pipe.write(chunk(1)));
  await reading;
  expect(turned).toBe(true);
});

test("every byte arrives in order, whatever the chunks and the bound", async () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      lengths,
      fc.integer({ min: 0, max: 100 }),
      fc.boolean(),
      async (sizes, bufferBytes, slow) => {
        const pipe = new Pipe(bufferBytes);
        let next = 0;
        const producing = (async () => {
          for (const size of sizes) await pipe.write(Uint8Array.from({ length: size }, () => next++));
          await pipe.end();
        })();
        const read: number[] = [];
        for await (const part of pipe) {
          read.push(...part);
          expect(pipe.bytesWritten - pipe.bytesRead).toBeLessThanOrEqual(Math.max(bufferBytes, 50));
          if (slow) await new Promise((resolve) => setImmediate(resolve));
        }
        await producing;
        expect(read).toEqual(Array.from({ length: next }, (_, at) => at & 255));
      },
    ),
    { numRuns: 50 },
  );
});
