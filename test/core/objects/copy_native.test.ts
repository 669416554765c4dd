import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import { fromBytes } from "../../../core/bytes/from_bytes.ts";
import { JcsError } from "../../../core/errors.ts";
import type { NativeClient } from "../../../core/native_client.ts";
import type { Layer } from "../../../core/store/layer.ts";
import type { Store } from "../../../core/store/store.ts";
import { createTestClient, type TestClient } from "./test_client.ts";

let bench: TestClient;
let native: NativeClient;
let source: Store;
let target: Store;

beforeEach(async () => {
  bench = await createTestClient(2);
  if (bench.client.native === undefined) throw new Error("Cannot test: there is no native client");
  native = bench.client.native;
  source = await bench.store("s0");
  target = await bench.store("s1");
});
afterEach(() => bench.close());

const from = { space: "s0", path: "a" };
const to = { space: "s1", path: "b" };
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = async (store: Store, path: string) =>
  new TextDecoder().decode(await collect(await store.read(path), { bytesMax: 1e7 }));
/** A layer that does something else in place of some operations. */
const instead =
  (change: (inner: Store) => Partial<Store>): Layer =>
  (inner) => ({ ...inner, ...change(inner) });

describe("what a service says it cannot copy in this case", () => {
  const refused: Layer = ({ move: _, ...inner }) => ({
    ...inner,
    async copy() {
      throw new JcsError("Unsupported", "Cannot copy: the object is encrypted");
    },
  });

  it("passes through this process, and the source of a move goes when the target is there", async () => {
    await source.write("a", bytes("x"));
    bench.wrap("s0", refused);
    expect(await native.copy(from, { space: "s0", path: "b" })).toBe("through");
    expect(await native.move(from, { space: "s0", path: "c" })).toBe("through");
    for (const path of ["b", "c"]) expect(await textOf(source, path)).toBe("x");
    await expect(source.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
  });

  it("stays an error when it is another one", async () => {
    await source.write("a", bytes("x"));
    bench.wrap("s0", ({ move: _, ...inner }) => ({
      ...inner,
      async copy() {
        throw new JcsError("NoSpace", "Cannot copy: the service is full");
      },
    }));
    await expect(native.move(from, { space: "s0", path: "b" })).rejects.toMatchObject({ kind: "NoSpace" });
    expect(await textOf(source, "a")).toBe("x");
  });
});

describe("a move through this process", () => {
  it("takes metadata and type along and removes the source", async () => {
    await source.write("a", bytes("x"), { metadata: { colour: "blue" }, contentType: "text/plain" });
    expect(await native.move(from, to)).toBe("through");
    expect(await target.stat("b")).toMatchObject({ metadata: { colour: "blue" }, contentType: "text/plain" });
    await expect(source.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
  });

  it("keeps a source that may be the target, reached in another way", async () => {
    await source.write("a", bytes("x"));
    // As a server reached by two services: no tags, and times to the second.
    const second = new Date(1_000_000);
    const plain: Layer = instead((inner) => ({
      stat: async (path, options) => {
        const { kind, size = 0 } = await inner.stat(path, options);
        return { path, kind, size, modifiedAt: second };
      },
    }));
    bench.wrap("s0", plain);
    bench.wrap("s1", (inner) => ({
      ...plain({ ...source, info: inner.info }),
      write: async (_, body) => source.write("a", body),
    }));
    await expect(native.move(from, { space: "s1", path: "a" })).rejects.toMatchObject({
      kind: "ConditionFailed",
      message: expect.stringContaining("cannot be told from the target"),
    });
    expect(await textOf(source, "a")).toBe("x");
  });

  it("keeps a source that was changed meanwhile", async () => {
    await source.write("a", bytes("old"));
    bench.wrap(
      "s1",
      instead((inner) => ({
        async write(path, body, options) {
          const meta = await inner.write(path, body, options);
          await source.write("a", bytes("new"));
          return meta;
        },
      })),
    );
    await expect(native.move(from, to)).rejects.toMatchObject({
      kind: "ConditionFailed",
      message: expect.stringContaining("changed while it was moved"),
    });
    expect(await textOf(source, "a")).toBe("new");
    expect(await textOf(target, "b")).toBe("old");
  });

  it("keeps the source when the target cannot be written, and lets go of it", async () => {
    await source.write("a", bytes("x"));
    let closed = 0;
    bench.wrap(
      "s0",
      instead((inner) => ({
        async read(path, options) {
          const stream = await inner.read(path, options);
          const iterator = stream[Symbol.asyncIterator]();
          return {
            [Symbol.asyncIterator]: () => ({
              next: () => iterator.next(),
              async return() {
                closed++;
                return { done: true as const, value: undefined };
              },
            }),
          } as typeof stream;
        },
      })),
    );
    bench.wrap(
      "s1",
      instead(() => ({
        write: async () => {
          throw new JcsError("NoSpace", "Cannot write: full");
        },
      })),
    );
    await expect(native.move(from, to)).rejects.toMatchObject({ kind: "NoSpace", where: { space: "s1" } });
    expect(await textOf(source, "a")).toBe("x");
    expect(closed).toBeGreaterThan(0);
  });
});

describe("a copy", () => {
  it("is done again from the start when a large one broke, unless the target must be absent", async () => {
    const content = new Uint8Array(3 * 1024 * 1024).fill(7);
    await source.write("a", content);
    let writes = 0;
    bench.wrap(
      "s1",
      instead((inner) => ({
        async write(path, body, options) {
          if (writes++ > 0) return await inner.write(path, body, options);
          for await (const _ of body as AsyncIterable<Uint8Array>) break;
          throw new JcsError("Unreachable", "Cannot write: reset", { retry: "later" });
        },
      })),
    );
    let told = 0;
    await native.copy(from, to, { onBytes: (count) => (told += count) });
    const copied = await collect(await target.read("b"), { bytesMax: 1e7 });
    expect(Buffer.compare(copied, content)).toBe(0);
    expect({ writes, told }).toEqual({ writes: 2, told: content.length });
    await target.remove("b");
    writes = 0;
    await expect(native.copy(from, to, { ifAbsent: true })).rejects.toMatchObject({ kind: "Unreachable" });
    expect(writes).toBe(1);
  });

  it("inside one space spares the bytes, and looks first when the target must be absent", async () => {
    await source.write("a", bytes("x"));
    const inside = { space: "s0", path: "b" };
    expect(await native.copy(from, inside, { ifAbsent: true })).toBe("inside");
    await expect(native.copy(from, inside, { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    await expect(native.move(from, inside, { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    expect(await textOf(source, "a")).toBe("x");
  });

  it("gets another type only by passing through", async () => {
    await source.write("a", bytes("x"), { contentType: "text/plain" });
    const inside = { space: "s0", path: "b" };
    expect(await native.copy(from, inside, { contentType: "text/html" })).toBe("through");
    expect(await source.stat("b")).toMatchObject({ contentType: "text/html" });
    await expect(native.copy(from, inside, { storageClass: "COLD" })).rejects.toMatchObject({
      kind: "Unsupported",
    });
  });

  it("where the service cannot move is a copy inside it, and the source goes afterwards", async () => {
    await source.write("a", bytes("x"));
    bench.wrap("s0", ({ move: _, ...inner }) => inner);
    expect(await native.move(from, { space: "s0", path: "b" })).toBe("inside");
    expect(await textOf(source, "b")).toBe("x");
    await expect(source.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
  });

  it("onto itself is refused, however its path is spelled", async () => {
    await source.write("a", bytes("x"));
    for (const path of ["a", "/a"])
      await expect(native.move(from, { space: "s0", path })).rejects.toMatchObject({ kind: "Usage" });
    expect(await textOf(source, "a")).toBe("x");
  });
});

it("a body that nobody takes is cancelled", async () => {
  let ended = false;
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: true, value: undefined }),
      async return() {
        ended = true;
        return { done: true, value: undefined };
      },
    }),
  };
  await expect(native.write({ space: "s0", path: "jcs/x" }, body)).rejects.toMatchObject({ kind: "Usage" });
  expect(ended).toBe(true);
  const unknown = { space: "nowhere", path: "x" };
  await expect(native.write(unknown, fromBytes(bytes("x")))).rejects.toMatchObject({ kind: "NotFound" });
});
