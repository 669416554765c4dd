import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { streamSource } from "../../../core/local/stream_source.ts";

describe("streamSource", () => {
  it("passes the bytes on, without empty chunks, once", async () => {
    async function* input() {
      yield new Uint8Array([1]);
      yield new Uint8Array();
      yield new Uint8Array([2, 3]);
    }
    const source = streamSource(input());
    expect(source.reopenable).toBe(false);
    const chunks: number[][] = [];
    for await (const chunk of source.open()) chunks.push([...chunk]);
    expect(chunks).toEqual([[1], [2, 3]]);
    expect(() => source.open()).toThrow(expect.objectContaining({ kind: "Usage" }));
  });

  it("ends at once when it is cancelled while it waits", async () => {
    const stop = new AbortController();
    async function* silent(): AsyncGenerator<Uint8Array> {
      await new Promise(() => {});
    }
    const next = streamSource(silent(), { signal: stop.signal }).open()[Symbol.asyncIterator]().next();
    stop.abort();
    await expect(next).rejects.toMatchObject({ kind: "Cancelled" });
  });

  it("keeps nothing of the chunks that were read, however long the stream is", async () => {
    const chunks: WeakRef<Uint8Array>[] = [];
    async function* input() {
      for (let i = 0; i < 64; i++) {
        const chunk = new Uint8Array(64 * 1024);
        chunks.push(new WeakRef(chunk));
        yield chunk;
        // A turn of the event loop: until then a WeakRef holds what it was made of.
        await setImmediate();
      }
    }
    const stop = new AbortController();
    const stream = streamSource(input(), { signal: stop.signal }).open()[Symbol.asyncIterator]();
    for (let i = 0; i < 64; i++) await stream.next();
    await setImmediate();
    Bun.gc(true);
    expect(chunks.filter((chunk) => chunk.deref() !== undefined).length).toBeLessThan(16);
    await stream.return?.();
  });

  it("passes a failure on and ends the input when the reader stops", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array([1]);
      throw new Error("broken");
    }
    const stream = streamSource(failing()).open()[Symbol.asyncIterator]();
    await stream.next();
    await expect(stream.next()).rejects.toThrow("broken");
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array([1]);
      } finally {
        ended = true;
      }
    }
    for await (const _ of streamSource(endless()).open()) break;
    expect(ended).toBe(true);
  });
});
