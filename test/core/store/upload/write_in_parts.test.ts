import { describe, expect, test } from "vitest";
import { JcsError } from "../../../../core/errors.ts";
import type { ObjectMeta, UploadedPart } from "../../../../core/store/store.ts";
import { type PartWriter, writeInParts } from "../../../../core/store/upload/write_in_parts.ts";
import { pattern, testBody } from "../../../suites/store_bench.ts";

const place = { info: { service: "s", name: "", workDirectory: "/" }, operation: "write", path: "a" };
const lost = () => new JcsError("Unreachable", "Cannot write: no connection", { retry: "later" });

/** A service that notes what it is asked for, and keeps the bytes of the object that is complete. */
function service(changes: Partial<PartWriter<string>> = {}) {
  const asked: string[] = [];
  const arrived = new Map<number, Uint8Array>();
  const object = (bytes: Uint8Array): ObjectMeta => ({ path: "a", kind: "file", size: bytes.length });
  const writer: PartWriter<string> = {
    onceBytesMax: 10,
    partsMax: 4,
    concurrency: 2,
    partBytes: () => 10,
    async put(bytes) {
      asked.push(`put ${bytes.length}`);
      return object(bytes);
    },
    async begin() {
      asked.push("begin");
      return "id";
    },
    async send(_upload, { number, bytes }): Promise<UploadedPart> {
      arrived.set(number, bytes.slice());
      return { number, etag: `${number}`, size: bytes.length };
    },
    async complete(_upload, parts, { again }) {
      asked.push(`complete ${parts.map(({ etag }) => etag)}${again ? " again" : ""}`);
      return object(Buffer.concat(parts.map(({ number }) => arrived.get(number) ?? new Uint8Array(0))));
    },
    async abort(upload) {
      asked.push(`abort ${upload}`);
    },
    ...changes,
  };
  return { asked, arrived, writer };
}

describe("writeInParts", () => {
  test("sends a small body at once and a larger one in parts, as bytes and as a stream", async () => {
    for (const stream of [false, true]) {
      for (const [bytes, expected] of [
        [0, ["put 0"]],
        [10, ["put 10"]],
        [11, ["begin", "complete 1,2"]],
        [40, ["begin", "complete 1,2,3,4"]],
      ] as const) {
        const { asked, arrived, writer } = service();
        const content = pattern(bytes);
        const body = stream ? testBody([content.subarray(0, 7), content.subarray(7)]).stream : content;
        expect(await writeInParts(place, { body }, writer)).toMatchObject({ size: bytes });
        expect(asked).toEqual(expected);
        const numbers = [...arrived.keys()].sort();
        if (bytes > 10)
          expect(Buffer.concat(numbers.map((number) => arrived.get(number) ?? content))).toEqual(
            Buffer.from(content),
          );
      }
    }
  });

  test("throws the parts away when there are too many, a part or the end fails, or the source does", async () => {
    const never = async () => {
      throw new JcsError("NoSpace", "Cannot write: full");
    };
    const error = new Error("the source broke");
    for (const [body, changes, thrown] of [
      [pattern(41), {}, { kind: "Unsupported", message: expect.stringContaining("more than 4 parts") }],
      [pattern(20), { send: never }, { kind: "NoSpace" }],
      [pattern(20), { complete: never }, { kind: "NoSpace" }],
      [testBody([pattern(25)], { error }).stream, {}, error],
    ] as const) {
      const { asked, writer } = service(changes);
      await expect(writeInParts(place, { body }, writer)).rejects.toMatchObject(thrown);
      expect(asked).toEqual(["begin", "abort id"]);
    }
  });

  test("says that the end is tried again, and tries again at once only what a stream cannot give anew", async () => {
    let failures = 1;
    const { asked, writer } = service();
    const { complete } = writer;
    const losing = service({
      async complete(upload, parts, options) {
        const meta = await complete(upload, parts, options);
        if (failures-- > 0) throw lost();
        return meta;
      },
    });
    await writeInParts(place, { body: pattern(20) }, losing.writer);
    expect(asked).toEqual(["complete 1,2", "complete 1,2 again"]);

    for (const [body, ifAbsent, tries] of [
      [() => pattern(5), false, 1],
      [() => testBody([pattern(5)]).stream, false, 2],
      [() => testBody([pattern(5)]).stream, true, 1],
    ] as const) {
      let puts = 0;
      const { writer: once } = service({
        async put() {
          if (++puts === 1) throw lost();
          return { path: "a", kind: "file" };
        },
      });
      const written = writeInParts(place, { body: body(), ifAbsent }, once);
      if (tries === 1) await expect(written).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
      else await written;
      expect(puts).toBe(tries);
    }
  });

  test("refuses bytes that are not as many as was said, and a checksum of parts, before anything is asked", async () => {
    const { asked, writer } = service();
    const checksum = { algorithm: "md5", value: pattern(16) } as const;
    const summed = writeInParts(place, { body: pattern(20), checksum }, writer);
    await expect(summed).rejects.toMatchObject({ kind: "Unsupported" });
    const written = writeInParts(place, { body: pattern(5), size: 6 }, writer);
    await expect(written).rejects.toMatchObject({ kind: "ConditionFailed" });
    expect(asked).toEqual([]);
  });
});
