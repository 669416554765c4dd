import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { adoptChunk } from "../../../core/bytes/adopt_chunk.ts";
import type { ByteStream } from "../../../core/bytes/byte_stream.ts";
import type { PutSource } from "../../../core/client.ts";
import { JcsError } from "../../../core/errors.ts";
import { fileSource } from "../../../core/local/file_source.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import type { Layer } from "../../../core/store/layer.ts";
import { freeSlots, giveBack, poisonFreeBuffers } from "../../../ioswitch/buffer_pool.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";
import { createTestClient, type TestClient } from "./test_client.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SPACES = 8;
const SCHEMES = ["none", "rep:3", "ec:2+1", "ec:4+2", "ec:3+3"];
const SIZES = [100 * KIB, MIB, 2 * MIB + 1, 4 * MIB, 5 * MIB + 12_345, 9 * MIB + 7];
/** What went wrong because a fault was injected, or the caller gave up. */
const EXPECTED = ["Cancelled", "TooFewBlocks", "Unreachable", "TimedOut", "Unexpected"];

const newDirectory = temporaryDirectories();
let directory: string;
let world: TestClient;
let random: () => number;
let faultRate: number;
/** What a get had to work around. */
let damaged: JcsError[];

beforeEach(async () => {
  directory = newDirectory();
  world = await createTestClient(SPACES, { stallMs: 60, directory });
  poisonFreeBuffers(true);
});
afterEach(async () => {
  poisonFreeBuffers(false);
  await world.close();
});

const seed = Number(process.env["JCS_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** Reads and writes that break at a random byte, or hang, or give up while they still wait for a chunk. */
const flaky: Layer = (inner) => ({
  ...inner,
  async read(path, options) {
    const stream = await inner.read(path, options);
    const given = random() < 0.5 ? asFromSocket(stream) : stream;
    return random() < faultRate ? broken(given) : given;
  },
  async write(path, body, options) {
    const taken = body instanceof Uint8Array || random() < 0.5 ? body : sent(body);
    if (random() >= faultRate) return await inner.write(path, taken, options);
    const waiting = random() < 0.5;
    return await inner.write(path, broken(taken as ByteStream, waiting), options);
  },
});

/** Chunks as services take them that send what they get: they keep nothing. */
async function* sent(body: ByteStream): ByteStream {
  for await (const chunk of body) {
    const copy = new Uint8Array(chunk);
    giveBack(chunk);
    yield copy;
  }
}

/** Chunks as sockets make them: of odd lengths, their memory gone when the last owner gives it back. */
function asFromSocket(source: ByteStream): AsyncIterableIterator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const ready: Uint8Array[] = [];
  const stream: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      while (ready.length === 0) {
        const result = await iterator.next();
        if (result.done === true) return result;
        for (let at = 0; at < result.value.length; ) {
          const piece = new Uint8Array(result.value.subarray(at, at + 1 + Math.floor(random() * 300 * KIB)));
          at += piece.length;
          adoptChunk(piece);
          ready.push(piece);
        }
        giveBack(result.value);
      }
      return { done: false, value: ready.shift()! };
    },
    async return() {
      ready.splice(0).forEach(giveBack);
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
  return stream;
}

/** An iterator of its own, not a generator: one that is never started would not let go of the source. */
function broken(source: ByteStream, waiting = false): AsyncIterableIterator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let left = Math.floor(random() * 12);
  const hangs = !waiting && random() < 0.3;
  const stream: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      const result = await iterator.next();
      if (result.done || left-- > 0) return result;
      giveBack(result.value);
      if (waiting) iterator.next().then(({ value }) => value && giveBack(value), ignore);
      else await iterator.return?.();
      // Long enough for a reader to lose its patience.
      if (hangs) await new Promise((resolve) => setTimeout(resolve, 100));
      throw new JcsError("Unreachable", "the line is dead");
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
  return stream;
}

function ignore(): void {}

/** A file, or a pipe whose chunks have odd lengths. */
async function sourceOf(bytes: Uint8Array, file: string): Promise<PutSource> {
  await writeFile(file, bytes);
  if (random() < 0.7) return fileSource(file);
  return {
    reopenable: false,
    async *open() {
      for (let at = 0; at < bytes.length; ) {
        const chunk = new Uint8Array(bytes.subarray(at, at + 1 + Math.floor(random() * MIB)));
        at += chunk.length;
        adoptChunk(chunk);
        yield chunk;
      }
    },
  };
}

/** Reads as `get` does: looks at each chunk, then gives it back. Now and then it is slow, or leaves early. */
async function readAndCompare(body: ByteStream, expected: Uint8Array): Promise<void> {
  const leaveAfter = random() < 0.2 ? Math.floor(random() * 6) : Number.POSITIVE_INFINITY;
  const slow = random() < 0.3;
  let position = 0;
  let chunks = 0;
  for await (const chunk of body) {
    if (slow) await setImmediate();
    const same = Buffer.compare(chunk, expected.subarray(position, position + chunk.length)) === 0;
    if (!same) throw new Error(`seed ${seed}: wrong bytes after ${position}`);
    position += chunk.length;
    giveBack(chunk);
    if (++chunks > leaveAfter) return;
  }
  expect(position).toBe(expected.length);
}

function impatient(): AbortSignal | undefined {
  return random() < 0.15 ? AbortSignal.timeout(1 + Math.floor(random() * 40)) : undefined;
}

async function storeAndRead(id: number): Promise<string> {
  const bytes = randomBytesOf(SIZES[Math.floor(random() * SIZES.length)]! + Math.floor(random() * 1000));
  const address = { bucket: "b", package: "p", path: `object ${id}` };
  const scheme = parseScheme(SCHEMES[Math.floor(random() * SCHEMES.length)]!);
  const source = await sourceOf(bytes, join(directory, `source ${id}`));
  const putSignal = impatient();
  try {
    const { object } = await world.client.put({
      address,
      source,
      scheme,
      allowDegraded: random() < 0.5,
      ...(putSignal ? { signal: putSignal } : {}),
    });
    expect(object.generation.hash).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  } catch (error) {
    return outcomeOf(error);
  }
  for (let round = 0; round < 4; round++) {
    const offset = random() < 0.5 ? 0 : Math.floor(random() * bytes.length);
    const length = random() < 0.5 ? bytes.length - offset : Math.floor(random() * (bytes.length - offset));
    const signal = impatient();
    try {
      const { body } = await world.client.get({
        address,
        offset,
        length,
        onEvent: (event) => event.type === "workaround" && damaged.push(event.error),
        ...(signal ? { signal } : {}),
      });
      await readAndCompare(body, bytes.subarray(offset, offset + length));
    } catch (error) {
      outcomeOf(error);
    }
  }
  return "stored";
}

/** Its kind, if it is an error that faults may cause; anything else is thrown. */
function outcomeOf(error: unknown): string {
  if (error instanceof JcsError && EXPECTED.includes(error.kind)) {
    if (!/owns it|a read is under way|SHA-256/.test(error.message)) return error.kind;
  }
  throw error;
}

function randomBytesOf(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = Math.floor(random() * 2 ** 32) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Mulberry32, so that a seed says everything but the timing. */
function createRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each([0, 0.04, 0.15])(
  `no memory is used again while somebody looks at it (faults: %d, seed ${seed})`,
  {
    timeout: 60_000,
  },
  async (rate) => {
    faultRate = rate;
    damaged = [];
    random = createRandom(seed);
    for (const space of world.spaces) world.wrap(space, flaky);
    const outcomes: string[] = [];
    let next = 0;
    const objects = Number(process.env["JCS_TEST_OBJECTS"] ?? 16);
    const worker = async () => {
      while (next < objects) outcomes.push(await storeAndRead(next++));
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    // Nothing here damages a block: what does not match its checksum was overwritten while it was written.
    expect(damaged.filter(({ kind }) => kind === "Corrupt")).toEqual([]);
    // Else it was no test of memory.
    expect(outcomes.filter((outcome) => outcome === "stored").length).toBeGreaterThan(objects / 3);
  },
);

test("readers that leave early leave no memory behind", async () => {
  random = createRandom(seed);
  const bytes = randomBytesOf(700 * KIB);
  const address = { bucket: "b", package: "p", path: "object" };
  const source = await sourceOf(bytes, join(directory, "source"));
  await world.client.put({ address, source, scheme: parseScheme("ec:4+2") });
  const { free } = freeSlots();
  for (let i = 0; i < 100; i++) {
    const { body } = await world.client.get({ address });
    for await (const chunk of body) {
      giveBack(chunk);
      break;
    }
  }
  // A few may be on their way still, or have come to nobody.
  await vi.waitFor(() => expect(freeSlots().free).toBeGreaterThan(free - 8));
});
